package views

import (
	"math"

	"heaplab/profiler"
)

// A strip is the samples of one metric as they arrive: a row of dots for each variant, on
// one scale from 0.
type strip struct {
	Unit profiler.Unit
	Rows []stripRow
}

// A stripRow is one variant's values in the order of the runs; At is in percent.
type stripRow struct {
	Variant string
	Role    string
	At      []float64
	Latest  string // value; of an experiment that has ended the median
}

// strips are the primary metrics of a report of which there is any value yet.
func strips(r profiler.Report) []strip {
	units, variants := r.Primary, r.Variants
	if r.Sweep != nil {
		units, variants = []string{profiler.NsPerOp, profiler.PeakRSS}, atPoints(r)
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
			row := stripRow{Variant: v.Name, Role: role(r, i%len(r.Variants), lastVariant(r)), Latest: none}
			for _, value := range v.Samples[unit] {
				at := 0.0
				if largest > 0 {
					at = math.Max(value, 0) / largest * full
				}
				row.At = append(row.At, at)
				row.Latest = Value(unit, value)
			}
			if profiler.Terminal(r.State) && len(v.Samples[unit]) > 0 {
				row.Latest = Value(unit, float64(profiler.NewInterval(v.Samples[unit]).Center))
			}
			s.Rows = append(s.Rows, row)
		}
		out = append(out, s)
	}
	return out
}

// atPoints are the variants of a sweep at each of its values.
func atPoints(r profiler.Report) []profiler.VariantReport {
	var out []profiler.VariantReport
	for _, p := range r.Points {
		for _, v := range p.Variants {
			v.Name += ", " + p.Value
			out = append(out, v)
		}
	}
	return out
}

// lastVariant is the one that is a case's point, or "" where there is none.
func lastVariant(r profiler.Report) string {
	if len(r.Variants) == 0 {
		return ""
	}
	return r.Variants[len(r.Variants)-1].Name
}
