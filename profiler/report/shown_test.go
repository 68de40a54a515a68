package report

import (
	"slices"
	"strings"
	"testing"

	"heaplab/profiler"
)

func TestChosen(t *testing.T) {
	r := Report{Variants: []VariantReport{{Name: "fresh"}, {Name: "resize"}, {Name: "pool"}}}
	if got := Chosen(r, "resize"); got != "pool" {
		t.Errorf("without comparisons: %q, want the last variant", got)
	}
	r.Comparisons = []Comparison{{Variant: "resize"}}
	if got := Chosen(r, "pool"); got != "resize" {
		t.Errorf("of a variant without comparisons: %q", got)
	}
	r.Comparisons = append(r.Comparisons, Comparison{Variant: "pool"})
	for asked, want := range map[string]string{"": "pool", "resize": "resize", "fresh": "pool"} {
		if got := Chosen(r, asked); got != want {
			t.Errorf("asked for %q: %q, want %q", asked, got, want)
		}
	}
	if got := Chosen(Report{}, "x"); got != "" {
		t.Errorf("without variants: %q", got)
	}
}

func TestMainComparisons(t *testing.T) {
	r := reportOf(
		outcome{unit: profiler.BytesPerOp, primary: true}, outcome{unit: profiler.NsPerOp}, outcome{unit: profiler.GCCycles}, outcome{unit: profiler.PeakRSS},
	)
	r.Comparisons = append(r.Comparisons, Comparison{Variant: "other", Unit: profiler.NsPerOp})
	var units []string
	for _, c := range MainComparisons(r, "after") {
		units = append(units, c.Unit)
	}
	if want := []string{profiler.BytesPerOp, profiler.NsPerOp, profiler.PeakRSS}; !slices.Equal(units, want) {
		t.Errorf("units %q, want %q", units, want)
	}
}

func TestRowWarnings(t *testing.T) {
	rows := []RowReport{
		{Comparisons: []Comparison{{Warnings: []string{"few"}}}, Along: []Comparison{{Warnings: []string{"wide"}}}},
		{Comparisons: []Comparison{{Warnings: []string{"few", "odd"}}}},
	}
	if got, want := RowWarnings(rows), []string{"wide", "few", "odd"}; !slices.Equal(got, want) {
		t.Errorf("warnings %q, want %q", got, want)
	}
}

func TestLabelText(t *testing.T) {
	r := Report{Labels: map[string]string{"batch": "8", "width": "2"}, Sweep: &profiler.Sweep{Over: "batch"}}
	if got := LabelText(r); got != "width=2" || len(r.Labels) != 2 {
		t.Errorf("labels %q of %v", got, r.Labels)
	}
}

func TestEndedHeading(t *testing.T) {
	for _, test := range []struct {
		state profiler.State
		runs  int
		want  string
	}{
		{profiler.Failed, 5, "failed after 5 runs"},
		{profiler.Failed, 0, "failed"},
		{profiler.Canceled, 1, "was canceled after 1 run"},
		{profiler.Interrupted, 5, "server stopped"},
		{profiler.Running, 5, "has not ended"},
	} {
		if got := EndedHeading(Report{State: test.state, RunsDone: test.runs}); !strings.Contains(got, test.want) {
			t.Errorf("%s after %d: %q lacks %q", test.state, test.runs, got, test.want)
		}
	}
}
