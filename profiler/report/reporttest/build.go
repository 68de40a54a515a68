package reporttest

import (
	"slices"
	"strings"
	"time"

	"heaplab/profiler"
	"heaplab/profiler/heap"
	"heaplab/profiler/report"
)

// params are those of the case with its defaults.
func params() profiler.Params {
	return profiler.Params{"batch": int64(64), "width": int64(256), "rate": 0.01, "optimizer": "adam"}
}

// Interval makes the interval of six values.
func Interval(center, lo, hi float64) report.Interval {
	return report.Interval{Center: profiler.Float(center), Lo: profiler.Float(lo), Hi: profiler.Float(hi), N: 6}
}

// Exactly makes the interval of six equal values.
func Exactly(v float64) report.Interval { return Interval(v, v, v) }

// Against makes the comparison of a variant with the baseline.
func Against(unit, variant string, before, after report.Interval, p float64, verdict report.Verdict) report.Comparison {
	u := profiler.LookupUnit(unit)
	c := report.Comparison{
		Unit: unit, Variant: variant, Baseline: before, Value: after, P: profiler.Float(p), Verdict: verdict,
		Floor:     profiler.Float(100 * max(u.Floor, u.FloorAbs/float64(before.Center))),
		Margin:    profiler.Float(100 * max(u.Margin, u.MarginAbs/float64(before.Center))),
		Basis:     report.ByTest,
		PAdjusted: profiler.Undefined(), Change: after.Center - before.Center, ChangeLo: after.Lo - before.Hi, ChangeHi: after.Hi - before.Lo,
		Delta: 100 * (after.Center/before.Center - 1), DeltaLo: 100 * (after.Lo/before.Hi - 1), DeltaHi: 100 * (after.Hi/before.Lo - 1),
	}
	c.Primary = slices.Contains(primary, unit)
	if u.Exact {
		c.P, c.Basis = profiler.Undefined(), report.BySize
	}
	switch {
	case verdict == report.Unclear && p < 0.05:
		c.Reason = report.WithinFloor
	case verdict == report.Unclear:
		c.Reason = report.NotSignificant
	}
	return c
}

// Fit makes a fit of eight epochs.
func Fit(weights string, total uint64) *profiler.Fit {
	fit := &profiler.Fit{Weights: weights, TotalAlloc: total}
	for i, loss := range []float64{2.1874, 1.4021, 0.9382, 0.6840, 0.5127, 0.4119, 0.3510, 0.3127} {
		fit.Epochs = append(fit.Epochs, profiler.Epoch{Loss: loss, Accuracy: []float64{0.312, 0.548, 0.701, 0.792, 0.848, 0.881, 0.902, 0.914}[i]})
	}
	return fit
}

// AllocsProfile makes an exact profile of calls operations that has the given functions.
func AllocsProfile(variant string, calls int64, functions ...heap.Function) report.ProfileReport {
	p := report.ProfileReport{
		Variant: variant, Kind: profiler.Allocs, URL: "/api/v1/experiments/42/profiles/" + variant + ".pb.gz?kind=allocs",
		Bytes: 4211, SHA256: strings.Repeat("ab", 32), Calls: calls,
		Summary: profiler.Summary{Functions: functions},
	}
	for _, f := range functions {
		p.Summary.Totals.AllocSpace += f.Flat.AllocSpace
		p.Summary.Totals.AllocObjects += f.Flat.AllocObjects
	}
	space := p.Summary.Totals.AllocSpace
	p.SelfCheck = &profiler.SelfCheck{Calls: calls, TotalAlloc: space, AllocSpace: space, OK: true}
	return p
}

// Function makes a function that allocates space bytes in objects, and calls nothing.
func Function(name string, space, objects int64) heap.Function {
	v := heap.Values{AllocSpace: space, AllocObjects: objects}
	return heap.Function{Name: name, Flat: v, Cum: v}
}

// Timeline makes a timeline that rises from 8 MiB by step in every sample, and falls back to it every
// period samples.
func Timeline(samples, period int, step int64) *profiler.Timeline {
	t := &profiler.Timeline{Interval: 5 * time.Millisecond, Samples: samples, Cost: 0.0004, Ops: 120, Mark: float64(samples-1) * 5}
	for i := range samples {
		inUse := int64(8<<20) + int64(i%period)*step
		t.T = append(t.T, float64(i)*5)
		t.Heap = append(t.Heap, inUse)
		t.Live = append(t.Live, 8<<20)
		t.Anon = append(t.Anon, 20<<20)
		t.File = append(t.File, 12<<20)
	}
	return t
}

// Around makes six values whose median is v.
func Around(v float64) []float64 {
	return []float64{v * 0.98, v * 0.99, v, v * 1.01, v * 1.02, v}
}

// WithSamples adds samples that fit the comparisons of r, and the numbers of operations of their runs.
func WithSamples(r report.Report) report.Report {
	sample := func(i report.Interval) []float64 {
		lo, center, hi := float64(i.Lo), float64(i.Center), float64(i.Hi)
		return []float64{center, hi, lo, center, center, (center + hi) / 2}
	}
	for i := range r.Variants {
		v := &r.Variants[i]
		v.Samples, v.Calls = map[string][]float64{}, []int64{100, 101, 102, 103, 104, 105}
		for _, c := range r.Comparisons {
			switch {
			case i == 0:
				v.Samples[c.Unit] = sample(c.Baseline)
			case c.Variant == v.Name:
				v.Samples[c.Unit] = sample(c.Value)
			}
		}
	}
	return r
}
