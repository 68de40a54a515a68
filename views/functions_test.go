package views

import (
	"strings"
	"testing"

	"heaplab/profiler"
	"heaplab/profiler/heap"
	"heaplab/profiler/report"
	"heaplab/profiler/report/reporttest"
	"heaplab/profiler/words"
)

func TestFunctions(t *testing.T) {
	table := functions(flameOf(reporttest.Comparison(), "resize"))
	var got []string
	for _, row := range table.Rows {
		got = append(got, row.Name+" "+row.Chip+" "+row.Class)
	}
	want := []string{
		"(*Dense).Forward gone less", "(*Dense).Backward gone less", "NewMatrix[…] gone less",
		"softmax gone less", "(*Adam).Update gone less", "(*buffers).grow new more", "(*Rand).Perm 0% same",
	}
	if strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("rows\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	first, grow := table.Rows[0], table.Rows[5]
	if full := table.Rows[2].Full; full != "heaplab/profiler/model.NewMatrix[...]" {
		t.Errorf("the whole name is %q", full)
	}
	if first.Package != "heaplab/profiler/model." || first.Flat.delta() != -524_288 || first.Objects.before != 4 {
		t.Errorf("first row %+v", first)
	}
	if !near(first.X, 4) || !near(first.Width, 46) || grow.X != 50 || !near(grow.Width, 46*1984.0/524_288) {
		t.Errorf("delta bars: %v %v, %v %v", first.X, first.Width, grow.X, grow.Width)
	}
	sum := 0.0
	for _, row := range table.Rows {
		sum += row.Flat.delta()
	}
	if !near(sum, table.Total.Flat.delta()) {
		t.Errorf("the rows change by %v, all functions by %v", sum, table.Total.Flat.delta())
	}
}

func TestFunctionsEdges(t *testing.T) {
	if got := functions(nil); len(got.Rows) != 0 {
		t.Error("rows without profiles")
	}
	r := reporttest.Comparison()
	r.Profiles = r.Profiles[:1]
	if got := functions(flameOf(r, "preallocated")); len(got.Rows) != 0 {
		t.Error("rows with one profile only")
	}
	// Medians of an earlier version that exceed the profile are explained.
	r = reporttest.Comparison()
	r.Profiles[2] = reporttest.AllocsProfile("preallocated", 1000)
	table := functions(flameOf(r, "preallocated"))
	if want := "buffer: 384 B of preallocated against 0 B here."; !strings.HasSuffix(table.Medians, want) || table.Total.Chip != words.None {
		t.Errorf("%q with chip %q, want …%q", table.Medians, table.Total.Chip, want)
	}
	r.Comparisons = append(r.Comparisons, report.Comparison{Variant: "preallocated", Unit: profiler.FirstOp})
	if got := functions(flameOf(r, "preallocated")).Medians; got != "" {
		t.Errorf("medians without the first operation are explained: %q", got)
	}
	if got := functions(flameOf(reporttest.Comparison(), "preallocated")).Medians; got != "" {
		t.Errorf("equal medians are explained: %q", got)
	}
	var many []heap.Function
	for i := range 40 {
		many = append(many, reporttest.Function("p.f"+strings.Repeat("x", i), int64(1000*(40-i)), 1))
	}
	r.Profiles = []report.ProfileReport{reporttest.AllocsProfile("fresh", 1, many...), reporttest.AllocsProfile("preallocated", 1, many[:1]...)}
	table = functions(flameOf(r, "preallocated"))
	if len(table.Rows) != shownFunctions || table.More != 10 || table.MoreDelta >= 0 {
		t.Errorf("%d rows, %d more with %v", len(table.Rows), table.More, table.MoreDelta)
	}
}
