package profiler

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"sort"
	"strconv"
	"strings"
)

// Types of a Param. They are part of the API.
const (
	Int    = "int"
	Number = "number"
	Choice = "choice"
)

// A Param is one knob of a case.
type Param struct {
	Name    string   `json:"name"`
	Type    string   `json:"type" enum:"int,number,choice"`
	Default any      `json:"default"` // int64, float64 or string by Type
	Min     float64  `json:"min" doc:"of numbers"`
	Max     float64  `json:"max" doc:"of numbers"`
	Choices []string `json:"choices,omitempty"`
	Help    string   `json:"help"`
}

// Params are the values of a case's params by name: int64, float64 or string. Those that
// Resolve returned are complete and within their bounds.
type Params map[string]any

// Int returns the int param of that name.
func (p Params) Int(name string) int { return int(p[name].(int64)) }

// Number returns the number param of that name.
func (p Params) Number(name string) float64 { return p[name].(float64) }

// Text returns the choice param of that name.
func (p Params) Text(name string) string { return p[name].(string) }

// UnmarshalJSON reads whole numbers as int64 and others as float64.
func (p *Params) UnmarshalJSON(b []byte) error {
	var raw map[string]any
	d := json.NewDecoder(bytes.NewReader(b))
	d.UseNumber()
	if err := d.Decode(&raw); err != nil {
		return err
	}
	for name, v := range raw {
		n, ok := v.(json.Number)
		if !ok {
			continue
		}
		if whole, err := n.Int64(); err == nil {
			raw[name] = whole
		} else if f, err := n.Float64(); err == nil {
			raw[name] = f
		}
	}
	*p = raw
	return nil
}

// A Fault is what is wrong with one field of an input, as a sentence for who filled it in.
type Fault struct {
	Field   string `json:"field"`
	Message string `json:"message"`
}

// Faults are all faults of an input; as an error they are its sentences.
type Faults []Fault

func (f Faults) Error() string {
	var s []string
	for _, fault := range f {
		s = append(s, fault.Field+": "+fault.Message)
	}
	return strings.Join(s, "; ")
}

// For returns the message for a field, or "".
func (f Faults) For(field string) string {
	for _, fault := range f {
		if fault.Field == field {
			return fault.Message
		}
	}
	return ""
}

// Resolve checks raw values, which may be text from a form or decoded JSON, against the
// case's params, and fills in the defaults of those that are missing or empty text. The
// field of a fault is the param's name.
func (c *Case) Resolve(raw map[string]any) (Params, Faults) {
	var faults Faults
	p := Params{}
	for _, param := range c.Params {
		v, given := raw[param.Name]
		if !given || v == "" {
			p[param.Name] = param.Default
			continue
		}
		value, err := param.parse(v)
		if err != nil {
			faults = append(faults, Fault{param.Name, err.Error()})
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

// unknown reports the raw values that no param asks for.
func (c *Case) unknown(raw map[string]any) Faults {
	var names, faults = []string{}, Faults(nil)
	for _, param := range c.Params {
		names = append(names, param.Name)
	}
	for name := range raw {
		if !slices.Contains(names, name) {
			msg := fmt.Sprintf("case %s has no such param; it has %s", c.Name, strings.Join(names, ", "))
			faults = append(faults, Fault{name, msg})
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

// String writes the params as k=v pairs joined by commas, sorted by name: the form that
// the command line and the benchmarks' -params flag read.
func (p Params) String() string {
	var s []string
	for name, v := range p {
		s = append(s, fmt.Sprintf("%s=%v", name, v))
	}
	sort.Strings(s)
	return strings.Join(s, ",")
}

// ParseAssignments reads k=v pairs into raw values for Resolve.
func ParseAssignments(pairs []string) (map[string]any, error) {
	raw := map[string]any{}
	for _, pair := range pairs {
		name, value, ok := strings.Cut(pair, "=")
		if !ok || name == "" {
			return nil, fmt.Errorf("%q is not of the form name=value", pair)
		}
		raw[name] = value
	}
	return raw, nil
}
