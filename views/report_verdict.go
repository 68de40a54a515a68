package views

import (
	"slices"

	"heaplab/profiler"
	"heaplab/profiler/report"
)

// A kpi is one of the main numbers of a verdict.
type kpi struct {
	Title         string
	Before, After string
	Comparison    report.Comparison
}

// kpis returns at most four metrics of a variant: the primary ones, time, and what became worse. It leaves
// out values that a warning says not to compare.
func kpis(r report.Report, after string) []kpi {
	var shown []report.Comparison
	for _, c := range r.Comparisons {
		if c.Variant == after && !c.Reason.Incomparable() && (c.Primary || profiler.IsLead(c.Unit, profiler.RoleTime)) {
			shown = append(shown, c)
		}
	}
	for _, c := range report.Costs(r, after) {
		if !slices.ContainsFunc(shown, func(s report.Comparison) bool { return s.Unit == c.Unit }) {
			shown = append(shown, c)
		}
	}
	var out []kpi
	for _, c := range shown[:min(len(shown), 4)] {
		out = append(out, kpi{
			Title:      profiler.LookupUnit(c.Unit).Title,
			Before:     report.CenterText(r, r.Variants[0].Name, c.Unit, c.Baseline),
			After:      report.CenterText(r, c.Variant, c.Unit, c.Value),
			Comparison: c,
		})
	}
	return out
}
