package profiler

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// A Sweep varies one setting or param of an experiment. Every variant is measured at each value.
type Sweep struct {
	Over   string   `json:"over" doc:"a setting (gogc, gomemlimit, gomaxprocs) or the name of a param"`
	Values []string `json:"values" doc:"in the order of the launch"`
}

// SweepSettings lists the settings that a sweep can vary, besides the subject's params. No param may
// have one of these names.
var SweepSettings = []string{"gogc", "gomemlimit", "gomaxprocs"}

// Bounds of the number of values of a sweep. With more, the chart would be unreadable and too many
// comparisons would share the correction for multiple tests.
const (
	minValues = 2
	maxValues = 8
)

// ParseSweep parses a sweep such as "GOGC=25,50,100,200" or "batch=8,16,32". It does not check that
// the setting or param exists and accepts the values.
func ParseSweep(s string) (*Sweep, error) {
	over, list, ok := strings.Cut(s, "=")
	over = strings.TrimSpace(over)
	if !ok || over == "" {
		return nil, fmt.Errorf("must have the form GOGC=25,50,100,200 or batch=8,16,32")
	}
	if lower := strings.ToLower(over); slices.Contains(SweepSettings, lower) {
		over = lower
	}
	sweep := &Sweep{Over: over}
	for value := range strings.FieldsFuncSeq(list, func(r rune) bool { return r == ',' || r == ' ' }) {
		if slices.Contains(sweep.Values, value) {
			return nil, fmt.Errorf("has the value %s twice", value)
		}
		sweep.Values = append(sweep.Values, value)
	}
	if n := len(sweep.Values); n < minValues || n > maxValues {
		return nil, fmt.Errorf("must have %d to %d values, separated by commas", minValues, maxValues)
	}
	return sweep, nil
}

// String writes a sweep in the form that ParseSweep parses.
func (s *Sweep) String() string { return s.Title() + "=" + strings.Join(s.Values, ",") }

// Title returns the name of the setting or param for people. Settings are in upper case, like the
// environment variables.
func (s *Sweep) Title() string {
	if s.IsSetting() {
		return strings.ToUpper(s.Over)
	}
	return s.Over
}

// IsSetting reports whether the sweep varies a setting rather than a param.
func (s *Sweep) IsSetting() bool { return slices.Contains(SweepSettings, s.Over) }

// Config returns the settings at a value of the sweep, and the faults of that value. If the sweep varies a param, the
// settings do not change.
func (s *Sweep) Config(c Config, value string) (Config, Faults) {
	switch s.Over {
	case "gogc":
		c.GOGC = value
	case "gomemlimit":
		c.GOMEMLIMIT = value
		if size, err := ParseSize(value); err == nil {
			c.GOMEMLIMIT = FormatSize(size) // 1024KiB is 1MiB
		}
	case "gomaxprocs":
		c.GOMAXPROCS, _ = strconv.Atoi(value) // Check rejects 0, which text gives
	default:
		return c, nil
	}
	return c, slices.DeleteFunc(c.Check(0), func(f Fault) bool { return f.Field != s.Over })
}

// Rows returns the names of the sweep's rows, such as "GOGC=50".
func (s *Sweep) Rows() []string {
	rows := make([]string, len(s.Values))
	for i, value := range s.Values {
		rows[i] = s.Title() + "=" + value
	}
	return rows
}

// Value returns the value of the row with that name, or "".
func (s *Sweep) Value(row string) string {
	if i := slices.Index(s.Rows(), row); i >= 0 {
		return s.Values[i]
	}
	return ""
}
