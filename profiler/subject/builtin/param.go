package builtin

import (
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"sort"
	"strconv"
	"strings"

	"heaplab/profiler"
)

// Types of a Param. They are part of the API.
const (
	Int    = "int"
	Number = "number"
	Choice = "choice"
)

// A Param is a parameter of a case.
type Param struct {
	Name    string   `json:"name"`
	Type    string   `json:"type" enum:"int,number,choice"`
	Default any      `json:"default"` // int64, float64 or string by Type
	Min     float64  `json:"min" doc:"of numbers"`
	Max     float64  `json:"max" doc:"of numbers"`
	Choices []string `json:"choices,omitempty"`
	Help    string   `json:"help"`
}

// Resolve checks the values of the case's params and converts them to their types. The values may be
// text from a form or decoded JSON. A missing or empty value gets its default. The field of a fault
// is the name of the param.
func (c *Case) Resolve(raw map[string]any) (profiler.Params, profiler.Faults) {
	var faults profiler.Faults
	p := profiler.Params{}
	for _, param := range c.Params {
		v, given := raw[param.Name]
		if !given || v == "" {
			p[param.Name] = param.Default
			continue
		}
		value, err := param.parse(v)
		if err != nil {
			faults = append(faults, profiler.Fault{Field: param.Name, Message: err.Error()})
			continue
		}
		p[param.Name] = value
	}
	faults = append(faults, c.unknown(raw)...)
	if len(faults) == 0 && c.Check != nil {
		faults = c.Check(p)
	}
	if len(faults) > 0 {
		return nil, faults
	}
	return p, nil
}

// Matches reports whether the stored params of an experiment mean params, which Resolve returned. A
// param that is not stored has its default, because the default of a new param keeps the old
// behaviour. A stored param that the case no longer has selected different work.
func (c *Case) Matches(stored, params profiler.Params) bool {
	for name := range stored {
		if _, ok := params[name]; !ok {
			return false
		}
	}
	for _, param := range c.Params {
		value, err := param.Default, error(nil)
		if v, ok := stored[param.Name]; ok {
			value, err = param.parse(v)
		}
		if err != nil || value != params[param.Name] {
			return false
		}
	}
	return true
}

// unknown returns a fault for every value without a param.
func (c *Case) unknown(raw map[string]any) profiler.Faults {
	var names []string
	var faults profiler.Faults
	for _, param := range c.Params {
		names = append(names, param.Name)
	}
	for name := range raw {
		if !slices.Contains(names, name) {
			msg := fmt.Sprintf("case %s has no param %.40q; it has %s", c.Name, name, strings.Join(names, ", "))
			faults = append(faults, profiler.Fault{Field: name, Message: msg})
		}
	}
	sort.Slice(faults, func(i, j int) bool { return faults[i].Field < faults[j].Field })
	return faults
}

func (p *Param) parse(v any) (any, error) {
	text := fmt.Sprint(v)
	switch n := v.(type) {
	case float64:
		text = strconv.FormatFloat(n, 'f', -1, 64)
	case json.Number:
		text = n.String()
	}
	text = strings.TrimSpace(text)
	if p.Type == Choice {
		if !slices.Contains(p.Choices, text) {
			return nil, fmt.Errorf("must be one of %s", strings.Join(p.Choices, ", "))
		}
		return text, nil
	}
	f, err := strconv.ParseFloat(text, 64)
	if err != nil || math.IsNaN(f) || math.IsInf(f, 0) {
		return nil, fmt.Errorf("must be a %s", p.word())
	}
	if f < p.Min || f > p.Max {
		return nil, fmt.Errorf("must be from %v to %v", format(p.Min), format(p.Max))
	}
	if p.Type == Number {
		return f, nil
	}
	if f != math.Trunc(f) {
		return nil, fmt.Errorf("must be a %s", p.word())
	}
	return int64(f), nil
}

func (p *Param) word() string {
	if p.Type == Int {
		return "whole number"
	}
	return "number"
}

func format(f float64) string { return strconv.FormatFloat(f, 'f', -1, 64) }
