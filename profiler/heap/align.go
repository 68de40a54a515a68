package heap

import (
	"slices"

	"github.com/google/pprof/profile"
)

// Align changes two heap profiles so that one can be subtracted from the other. If their sample types differ, it
// keeps those that both have, in the order, with the names and in the units of Go. The error is a Fault.
func Align(before, after *profile.Profile) error {
	if !slices.EqualFunc(before.SampleType, after.SampleType, equalType) {
		if err := keepCommon(before, after); err != nil {
			return err
		}
	}
	if a, b := before.PeriodType, after.PeriodType; a == nil || b == nil || !equalType(a, b) {
		period := max(samplingPeriod(before), samplingPeriod(after))
		for _, p := range []*profile.Profile{before, after} {
			p.PeriodType, p.Period = &profile.ValueType{Type: "space", Unit: "bytes"}, period
		}
	}
	return nil
}

func equalType(a, b *profile.ValueType) bool { return a.Type == b.Type && a.Unit == b.Unit }

// keepCommon replaces the sample types of two profiles by those that both have.
func keepCommon(before, after *profile.Profile) error {
	b, err := newColumns(before)
	if err != nil {
		return err
	}
	a, err := newColumns(after)
	if err != nil {
		return err
	}
	both := Common(b.present(), a.present(), b.names, a.names)
	var common []Type
	for _, t := range sampleTypes {
		if slices.Contains(both, t) {
			common = append(common, t)
		}
	}
	if len(common) == 0 {
		return Fault("has no sample type in common with the other")
	}
	for p, c := range map[*profile.Profile]*columns{before: &b, after: &a} {
		if err := c.convert(p, common); err != nil {
			return err
		}
	}
	return nil
}

// convert replaces the sample types of a profile by types, which it has.
func (c *columns) convert(p *profile.Profile, types []Type) error {
	for _, sample := range p.Sample {
		v, err := c.values(sample)
		if err != nil {
			return err
		}
		sample.Value = sample.Value[:0:0]
		for _, t := range types {
			sample.Value = append(sample.Value, v.Of(t))
		}
	}
	p.SampleType, p.DefaultSampleType = nil, ""
	for _, t := range types {
		unit := "bytes"
		if t.CountsObjects() {
			unit = "count"
		}
		p.SampleType = append(p.SampleType, &profile.ValueType{Type: string(t), Unit: unit})
	}
	return nil
}
