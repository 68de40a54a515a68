package views

import (
	"math"
	"net/url"

	"heaplab/profiler"
	"heaplab/profiler/heap"
	"heaplab/profiler/report"
	"heaplab/profiler/words"
)

// shownFunctions is the number of functions in a report.
const shownFunctions = 30

// shownImported is the same for an import, whose processes have many more functions.
const shownImported = 12

// A functionTable is the table of functions in a report: functions that allocate something themselves,
// largest change first.
type functionTable struct {
	Type      heap.Type // of the values
	Counts    string    // what they count
	Whole     bool      // of a whole process, not per operation
	WarmUp    bool      // the operations came after a warm-up
	Sampled   bool      // small changes may be chance
	Reading   reading
	Rows      []topRow
	Total     topRow
	Medians   string  // why the medians of the benchmark differ from Total, see onceOnly, or ""
	More      int     // functions that are not shown
	MoreDelta float64 // the sum of their changes, in bytes
}

// flame returns the page of the profiles for the report, or nil.
func (p ReportPage) flame() *ProfilePage {
	if p.Flame == nil {
		return nil
	}
	flame := *p.Flame
	flame.File = p.File
	return &flame
}

// kindChoices returns the kinds of profile that the functions and the graph of a report can show.
func (p ReportPage) kindChoices() []choice {
	if p.Flame == nil || p.File {
		return nil
	}
	var all []choice
	for _, kind := range p.Flame.Kinds {
		text, help := kindWords(kind)
		query := url.Values{"after": {p.Flame.Query.After}, "kind": {string(kind)}}
		all = append(all, choice{text, p.urlOf(query) + "#fn-h", help, kind == p.Flame.Query.Kind})
	}
	return all
}

// functions returns the table of two profiles. It is empty if they cannot be shown.
func functions(p *ProfilePage) functionTable {
	if p == nil || p.Missing != "" || p.Diff == nil || p.Diff.Before == (heap.Values{}) && p.Diff.After == (heap.Values{}) {
		return functionTable{}
	}
	top := newTop(p.unlimited())
	t := functionTable{
		Type: p.Query.Type, Counts: p.counts(p.Query.Type), Whole: p.Query.Per != PerOp, Sampled: max(p.Sides[0].Period, p.Sides[1].Period) > 1,
		WarmUp: p.Report.Source != profiler.SubjectGoBench, Reading: newReading(*p), Total: top.Total,
	}
	shown := shownFunctions
	if !p.Report.Measured() {
		shown, t.Total.Class = shownImported, "same" // values of a whole process are not tested
	}
	for _, row := range top.Rows {
		switch {
		case row.Flat == (sides{}):
		case len(t.Rows) < shown:
			t.Rows = append(t.Rows, row)
		default:
			t.More++
			t.MoreDelta += row.Flat.delta()
		}
	}
	if t.Medians = p.oncePerRun(); t.Medians != "" && t.Total.Flat.after == 0 {
		t.Total.Chip = words.None // some is left, but not in every operation
	}
	placeRows(t.Rows)
	return t
}

// onceOnly says where the medians of a benchmark exceed its profile. It is for reports of earlier versions,
// whose medians include the first operation; the profile begins after it.
func onceOnly(r report.Report, after string, total sides) string {
	c := r.Comparison(after, profiler.BytesPerOp)
	if c == nil || r.Comparison(after, profiler.FirstOp) != nil {
		return ""
	}
	var parts []string
	for _, side := range []struct {
		name            string
		median, profile float64
	}{
		{r.Variants[0].Name, float64(c.Baseline.Center), total.before},
		{after, float64(c.Value.Center), total.after},
	} {
		if side.median-side.profile > math.Max(64, side.profile/10) {
			parts = append(parts, words.Bytes(side.median)+" of "+words.Plain(side.name)+" against "+words.Bytes(side.profile)+" here")
		}
	}
	if len(parts) == 0 {
		return ""
	}
	return "The benchmark medians also include one-time allocations, such as growing a buffer: " + words.List(parts) + "."
}
