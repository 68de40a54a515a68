package profiler

import (
	"bytes"
	"encoding/json"
	"fmt"
	"sort"
	"strings"
)

// Params holds the values of a subject's params by name. The params of a case are int64, float64 or
// string; after builtin.Case.Resolve they are complete and within their bounds.
type Params map[string]any

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

// A Fault says what is wrong with one field of an input, for the person who entered it.
type Fault struct {
	Field   string `json:"field"`
	Message string `json:"message"`
}

// Faults holds all faults of an input.
type Faults []Fault

func (f Faults) Error() string {
	var s []string
	for _, fault := range f {
		s = append(s, fault.Field+": "+fault.Message)
	}
	return strings.Join(s, "; ")
}

// For returns the message of the first fault of a field, or "".
func (f Faults) For(field string) string {
	for _, fault := range f {
		if fault.Field == field {
			return fault.Message
		}
	}
	return ""
}

// String writes the params as name=value pairs, joined by commas and sorted by name. The command line
// and the -params flag of the benchmarks accept this form.
func (p Params) String() string {
	var s []string
	for name, v := range p {
		s = append(s, fmt.Sprintf("%s=%v", name, v))
	}
	sort.Strings(s)
	return strings.Join(s, ",")
}

// ParseAssignments parses name=value pairs into values for builtin.Case.Resolve.
func ParseAssignments(pairs []string) (map[string]any, error) {
	raw := map[string]any{}
	for _, pair := range pairs {
		name, value, ok := strings.Cut(pair, "=")
		if !ok || name == "" {
			return nil, fmt.Errorf("%q does not have the form name=value", pair)
		}
		raw[name] = value
	}
	return raw, nil
}
