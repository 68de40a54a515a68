package views

import (
	"math"

	"heaplab/profiler"
	"heaplab/profiler/report"
	"heaplab/profiler/words"
)

// A strip shows the samples of one metric: a row of dots for each variant, on one scale from 0.
type strip struct {
	Unit profiler.Unit
	Rows []stripRow
}

// A stripRow is one variant's values in the order of the runs; At is in percent.
type stripRow struct {
	Variant string
	Role    string
	At      []float64
	Latest  string // latest value; the median once the experiment has ended
}

// strips returns the primary metrics of a report that have a value.
func strips(r report.Report) []strip {
	units, variants := r.Primary, r.Variants
	if r.Sweep != nil {
		units, variants = report.SweepUnits(r), atPoints(r)
	}
	var out []strip
	for _, unit := range units {
		s := strip{Unit: profiler.LookupUnit(unit)}
		largest, values := 0.0, 0
		for _, v := range variants {
			for _, value := range v.Samples[unit] {
				largest = math.Max(largest, value)
				values++
			}
		}
		if values == 0 {
			continue
		}
		for i, v := range variants {
			row := stripRow{Variant: v.Name, Role: role(r, i%len(r.Variants), report.LastVariant(r)), Latest: words.None}
			for _, value := range v.Samples[unit] {
				at := 0.0
				if largest > 0 {
					at = math.Max(value, 0) / largest * full
				}
				row.At = append(row.At, at)
				row.Latest = words.Value(unit, value)
			}
			if r.State.Terminal() && len(v.Samples[unit]) > 0 {
				row.Latest = words.Value(unit, float64(report.NewInterval(v.Samples[unit]).Center))
			}
			s.Rows = append(s.Rows, row)
		}
		out = append(out, s)
	}
	return out
}

// atPoints returns the variants of a sweep at each of its values.
func atPoints(r report.Report) []report.VariantReport {
	var out []report.VariantReport
	for _, p := range r.Rows {
		for _, v := range p.Variants {
			v.Name += ", " + p.Value
			out = append(out, v)
		}
	}
	return out
}
