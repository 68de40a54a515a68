package profiler

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// A Sweep is one setting or param of an experiment that takes several values in turn. Each
// is a point, at which every variant is measured.
type Sweep struct {
	Over   string   `json:"over" doc:"a setting (gogc, gomemlimit, gomaxprocs) or the name of a param"`
	Values []string `json:"values" doc:"in the order in which they were given"`
}

// SweepSettings are the settings that a sweep can go over, besides the case's params. No
// param has one of these names.
var SweepSettings = []string{"gogc", "gomemlimit", "gomaxprocs"}

// Bounds of how many values a sweep has. More than the upper one could not be told apart in
// its chart, and their comparisons not be decided together.
const (
	minPoints = 2
	maxPoints = 8
)

// ParseSweep reads "GOGC=25,50,100,200" or "batch=8,16,32". Whether there is such a setting
// or param, and whether it takes the values, Experiment.CheckSweep says.
func ParseSweep(s string) (*Sweep, error) {
	over, list, ok := strings.Cut(s, "=")
	over = strings.TrimSpace(over)
	if !ok || over == "" {
		return nil, fmt.Errorf("must be of the form GOGC=25,50,100,200 or batch=8,16,32")
	}
	if lower := strings.ToLower(over); slices.Contains(SweepSettings, lower) {
		over = lower
	}
	sweep := &Sweep{Over: over}
	for value := range strings.FieldsFuncSeq(list, func(r rune) bool { return r == ',' || r == ' ' }) {
		if slices.Contains(sweep.Values, value) {
			return nil, fmt.Errorf("holds the value %s twice", value)
		}
		sweep.Values = append(sweep.Values, value)
	}
	if n := len(sweep.Values); n < minPoints || n > maxPoints {
		return nil, fmt.Errorf("must have %d to %d values, separated by commas", minPoints, maxPoints)
	}
	return sweep, nil
}

// String writes a sweep so that ParseSweep reads it.
func (s *Sweep) String() string { return s.Title() + "=" + strings.Join(s.Values, ",") }

// Title is what a sweep goes over, as people write it: settings like the environment
// variables of the same name, params as they are.
func (s *Sweep) Title() string {
	if s.IsSetting() {
		return strings.ToUpper(s.Over)
	}
	return s.Over
}

// IsSetting reports whether a sweep goes over a setting; otherwise over a param.
func (s *Sweep) IsSetting() bool { return slices.Contains(SweepSettings, s.Over) }

// Points is at how many values an experiment measures: one, unless it is a sweep.
func (e *Experiment) Points() int {
	if e.Sweep == nil {
		return 1
	}
	return len(e.Sweep.Values)
}

// At returns the params and settings at one point of e, or what is wrong with them; a
// fault's field is "sweep" where the point's value is to blame.
func (e *Experiment) At(c *Case, point int) (Params, Config, Faults) {
	if e.Sweep == nil {
		p, faults := c.Resolve(e.Params)
		return p, e.Config, faults
	}
	config, params, value := e.Config, maps.Clone(e.Params), e.Sweep.Values[point]
	switch e.Sweep.Over {
	case "gogc":
		config.GOGC = value
	case "gomemlimit":
		config.GOMEMLIMIT = value
	case "gomaxprocs":
		config.GOMAXPROCS, _ = strconv.Atoi(value) // 0, where it is no number, is refused by Check
	default:
		if params == nil {
			params = Params{}
		}
		params[e.Sweep.Over] = value
	}
	resolved, faults := c.Resolve(params)
	if e.Sweep.IsSetting() {
		for _, fault := range config.Check(0) {
			if fault.Field == e.Sweep.Over {
				faults = append(faults, fault)
			}
		}
	}
	for i := range faults {
		faults[i] = Fault{"sweep", fmt.Sprintf("%s=%s: %s", e.Sweep.Title(), value, faults[i].Message)}
	}
	return resolved, config, faults
}

// CheckSweep returns what is wrong with the values of a sweep; nothing where there is none.
func (e *Experiment) CheckSweep(c *Case) Faults {
	if e.Sweep == nil {
		return nil
	}
	if p, wrong := c.Resolve(e.Params); wrong == nil && !c.counts(p, e.Sweep.Over) {
		return Faults{{"sweep", fmt.Sprintf("%s makes no difference with these params: sweep over another, or choose the params with which it does", e.Sweep.Over)}}
	}
	var faults Faults
	seen := map[string]string{} // values by what they come to
	for point, value := range e.Sweep.Values {
		p, config, wrong := e.At(c, point)
		faults = append(faults, wrong...)
		if len(wrong) > 0 {
			continue
		}
		if size, err := ParseSize(config.GOMEMLIMIT); err == nil {
			config.GOMEMLIMIT = FormatSize(size)
		}
		if missing := c.For(e.Params).missing(c.For(p)); missing != "" {
			faults = append(faults, Fault{"sweep", fmt.Sprintf("variant %s is not there at every value: launch an experiment for each and compare those", missing)})
			break
		}
		comes := fmt.Sprint(p, config)
		if other, ok := seen[comes]; ok {
			faults = append(faults, Fault{"sweep", fmt.Sprintf("%s and %s are the same value", other, value)})
		}
		seen[comes] = value
	}
	return faults
}
