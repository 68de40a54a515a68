package heap

import (
	"fmt"

	"github.com/google/pprof/profile"
)

// A Growth is the change of the memory in use while a profile was taken. It may be negative.
type Growth struct {
	Objects int64 `json:"objects"`
	Space   int64 `json:"space"`
}

// oddShare is the share of the positive values of a type below which its negative values are taken for mistakes. The
// Go runtime wrote some (golang/go#19311, golang/go#67584).
const oddShare = 0.01

// signs holds the sums of the positive and of the negative values of each type.
type signs struct {
	positive, negative [4]float64
	count              int  // of negative values
	older              bool // a stack has more objects in use than it allocated
}

func (c *columns) signs(samples []*profile.Sample) (s signs, err error) {
	for _, sample := range samples {
		v, err := c.values(sample)
		if err != nil {
			return s, err
		}
		const rounding = 2 // objects
		s.older = s.older || v.InuseObjects > v.AllocObjects+rounding
		for i, n := range [4]int64{v.AllocObjects, v.AllocSpace, v.InuseObjects, v.InuseSpace} {
			if n < 0 {
				s.negative[i] -= float64(n)
				s.count++
			} else {
				s.positive[i] += float64(n)
			}
		}
	}
	return s, nil
}

// odd reports whether the negative values of type i are few enough to be mistakes.
func (s *signs) odd(i int) bool { return s.negative[i] <= oddShare*s.positive[i] }

// isDelta reports whether a profile seems to be the difference of two profiles of one Go process, such as that of
// /debug/pprof/heap?seconds=30. Its in-use values are the change of the memory in use, so no stack has more in use
// than it allocated. Other profiles that state a duration, such as those of agents that run all the time, have the
// whole memory in use.
func isDelta(prof *profile.Profile, s signs) bool {
	if len(prof.SampleType) != len(sampleTypes) || !s.odd(0) || !s.odd(1) {
		return false
	}
	for i, t := range prof.SampleType {
		if t.Type != string(sampleTypes[i]) {
			return false
		}
	}
	return !s.older && (prof.DurationNanos > 0 || !s.odd(2) || !s.odd(3))
}

// takeNegatives handles the negative values of a profile. It drops the in-use types of a delta and returns their
// sums. It returns how many negative values must be taken for 0. The error is a Fault.
func (c *columns) takeNegatives(prof *profile.Profile) (growth *Growth, odd int, err error) {
	s, err := c.signs(prof.Sample)
	if err != nil {
		return nil, 0, err
	}
	if isDelta(prof, s) {
		growth = &Growth{Objects: int64(s.positive[2] - s.negative[2]), Space: int64(s.positive[3] - s.negative[3])}
		c.of[2], c.of[3] = nil, nil
		s, err = c.signs(prof.Sample)
	}
	for i, t := range sampleTypes {
		if !s.odd(i) {
			return nil, 0, Fault(fmt.Sprintf("has negative values of %s: it is the difference of two profiles, as go tool pprof -diff_base makes it; import those two profiles instead", t))
		}
	}
	return growth, s.count, err
}

// nonNegative returns v with 0 instead of negative values.
func (v Values) nonNegative() Values {
	return Values{max(v.AllocObjects, 0), max(v.AllocSpace, 0), max(v.InuseObjects, 0), max(v.InuseSpace, 0)}
}
