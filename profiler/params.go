package profiler

import (
	"bytes"
	"encoding/json"
	"fmt"
	"sort"
	"strings"
)

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
