package builtin

import "heaplab/profiler"

// A Handle declares a param of a case with its Go type. Code refers to a param by its handle, so that
// a misspelt name does not compile.
type Handle interface{ Param() Param }

// ParamsOf returns the params of handles, in their order.
func ParamsOf(handles ...Handle) []Param {
	var params []Param
	for _, h := range handles {
		params = append(params, h.Param())
	}
	return params
}

// A Setting is the name of a param with a value.
type Setting struct {
	name  string
	value any
}

// Values returns the values of settings by name, for a Preset or a Test.
func Values(settings ...Setting) map[string]any {
	values := map[string]any{}
	for _, s := range settings {
		values[s.name] = s.value
	}
	return values
}

// An IntParam is the handle of an int param.
type IntParam struct{ param Param }

// NewInt declares an int param with a default and bounds.
func NewInt(name string, value, least, most int64, help string) IntParam {
	return IntParam{Param{Name: name, Type: Int, Default: value, Min: float64(least), Max: float64(most), Help: help}}
}

// Param returns the param of the handle.
func (h IntParam) Param() Param { return h.param }

// Of returns the value in params that Resolve returned.
func (h IntParam) Of(p profiler.Params) int { return int(p[h.param.Name].(int64)) }

// Is returns the setting with that value.
func (h IntParam) Is(value int) Setting { return Setting{h.param.Name, int64(value)} }

// AtLeast returns the param with another lower bound.
func (h IntParam) AtLeast(least int) IntParam {
	h.param.Min = float64(least)
	return h
}

// A NumberParam is the handle of a number param.
type NumberParam struct{ param Param }

// NewNumber declares a number param with a default and bounds.
func NewNumber(name string, value, least, most float64, help string) NumberParam {
	return NumberParam{Param{Name: name, Type: Number, Default: value, Min: least, Max: most, Help: help}}
}

// Param returns the param of the handle.
func (h NumberParam) Param() Param { return h.param }

// Of returns the value in params that Resolve returned.
func (h NumberParam) Of(p profiler.Params) float64 { return p[h.param.Name].(float64) }

// Is returns the setting with that value.
func (h NumberParam) Is(value float64) Setting { return Setting{h.param.Name, value} }

// A ChoiceParam is the handle of a choice param.
type ChoiceParam struct{ param Param }

// NewChoice declares a choice param with a default.
func NewChoice(name, value string, choices []string, help string) ChoiceParam {
	return ChoiceParam{Param{Name: name, Type: Choice, Default: value, Choices: choices, Help: help}}
}

// Param returns the param of the handle.
func (h ChoiceParam) Param() Param { return h.param }

// Of returns the value in params that Resolve returned.
func (h ChoiceParam) Of(p profiler.Params) string { return p[h.param.Name].(string) }

// Is returns the setting with that value.
func (h ChoiceParam) Is(value string) Setting { return Setting{h.param.Name, value} }

// WithChoices returns the param with more choices after its own.
func (h ChoiceParam) WithChoices(choices ...string) ChoiceParam {
	h.param.Choices = append(append([]string{}, h.param.Choices...), choices...)
	return h
}
