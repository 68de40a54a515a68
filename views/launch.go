package views

import (
	"fmt"
	"net/url"
	"strconv"
	"strings"

	"heaplab/profiler"
	"heaplab/profiler/subject/builtin"
	"heaplab/profiler/subject/imported"
	"heaplab/profiler/words"

	"github.com/a-h/templ"
)

// previewLine is the summary beside the button, for narrow screens that show the preview above it.
func previewLine(p LaunchPreview) string {
	return fmt.Sprintf("%s, about %s, %s of memory each", words.Group(strconv.Itoa(p.Runs))+" processes", words.About(p.Duration), words.Bytes(float64(p.Memory)))
}

// runKinds says what the processes measure, if it is known.
func runKinds(p LaunchPreview) string {
	if p.Measuring == 0 {
		return ""
	}
	product := words.Plural(p.Rounds, "round") + " × " + words.Plural(p.Variants, "variant")
	if p.Rows > 1 {
		product += " × " + words.Plural(p.Rows, "value")
	}
	if rest := p.Runs - p.Measuring; rest > 0 {
		return fmt.Sprintf(" (%s, and %d for profiles and fits)", product, rest)
	}
	return " (" + product + ")"
}

// presetURL returns the address of the launch form with the params of a preset.
func presetURL(c builtin.Case, preset builtin.Preset) string {
	return paramsURL(c.Name, preset.Params)
}

// LargeURL returns the address of the launch form with the preset of c that uses realistic sizes. It
// returns "" if c has none, or if stored params of an experiment are already those of the preset.
func LargeURL(c builtin.Case, stored profiler.Params) string {
	for _, preset := range c.Presets {
		if preset.Scale != builtin.Large {
			continue
		}
		if params, faults := c.Resolve(preset.Params); faults != nil || c.Matches(stored, params) {
			return ""
		}
		return presetURL(c, preset)
	}
	return ""
}

// paramsURL returns the address of the launch form of a case with some params.
func paramsURL(name string, params map[string]any) string {
	query := url.Values{"case": {name}}
	for param, value := range params {
		query.Set("param."+param, fmt.Sprint(value))
	}
	return "/experiments/new?" + query.Encode()
}

// fieldAttributes connect an input with its label, help and fault.
func fieldAttributes(f Form, name string) templ.Attributes {
	id := fieldID(name)
	a := templ.Attributes{"id": id, "name": name, "aria-describedby": id + "-help"}
	if f.Faults.For(name) != "" {
		a["aria-invalid"] = "true"
		a["aria-describedby"] = id + "-fault " + id + "-help"
	}
	return a
}

func hasField(p LaunchPage, name string) bool {
	switch name {
	case "count", "benchtime", "gogc", "gomemlimit", "gomaxprocs", "time_limit", "memory_limit", "over", "values", "note", "tags":
		return true
	}
	for _, param := range p.Case.Params {
		if name == "param."+param.Name {
			return true
		}
	}
	return false
}

func fieldID(name string) string { return "f-" + strings.ReplaceAll(name, ".", "-") }

func fieldLabel(name string) string {
	switch name {
	case "count":
		return "Rounds"
	case "benchtime":
		return "Length of a round"
	case "gogc", "gomemlimit", "gomaxprocs":
		return strings.ToUpper(name)
	case "time_limit", "memory_limit":
		return words.UpperFirst(strings.ReplaceAll(name, "_", " "))
	case imported.FieldBaselineCount:
		return "Baseline count"
	case imported.FieldVariantCount:
		return "Variant count"
	case imported.FieldCountUnit:
		return "Unit of the counts"
	case "param.package", "param.before", "param.after":
		return words.UpperFirst(strings.TrimPrefix(name, "param."))
	case "param.bench":
		return "Benchmarks"
	case "note", "tags", "case", "params", "over", "values", "kind", "title", profiler.ImportBaseline, profiler.ImportVariant:
		return words.UpperFirst(name)
	case profiler.ImportBinary(profiler.ImportBaseline):
		return "Baseline program"
	case profiler.ImportBinary(profiler.ImportVariant):
		return "Variant program"
	}
	return strings.TrimPrefix(name, "param.")
}

func faultHeading(n int) string {
	if n == 1 {
		return "Correct one value"
	}
	return fmt.Sprintf("Correct %d values", n)
}

func roundsText(count string) string {
	if n, err := strconv.Atoi(strings.TrimSpace(count)); err == nil {
		return words.Plural(n, "round")
	}
	return "that many rounds"
}

func inputMode(param builtin.Param) string {
	if param.Type == builtin.Int {
		return "numeric"
	}
	return "decimal"
}

// bounds says which values a param can have.
func bounds(param builtin.Param) string {
	if param.Type == builtin.Choice {
		return strings.Join(param.Choices, ", ")
	}
	text := "from " + words.ExactNumber(param.Min) + " to " + words.ExactNumber(param.Max)
	if param.Type == builtin.Int {
		return "a whole number " + text
	}
	return "a number " + text
}
