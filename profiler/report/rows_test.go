package report

import (
	"math"
	"slices"
	"testing"

	"heaplab/profiler"

	"github.com/google/go-cmp/cmp"
)

// sweptRuns returns a sweep of two variants at three values. Variant b takes half the memory of a.
// From the second value on, both take twice the time; at the third, they take half the memory.
func sweptRuns() (profiler.Experiment, []profiler.Run) {
	d := profiler.Design{Subject: "case:c", Variants: []profiler.VariantInfo{{Name: "a"}, {Name: "b"}}, Primary: []string{profiler.PeakRSS}}
	e := profiler.Experiment{Design: d, Kind: profiler.KindSweep, State: profiler.Done, Config: profiler.Config{Count: 6}, Sweep: &profiler.Sweep{Over: "gogc", Values: []string{"200", "100", "50"}}}
	memory := map[string]float64{"a": 200 << 20, "b": 100 << 20}
	var runs []profiler.Run
	for _, task := range e.Plan() {
		m, ns := memory[task.Variant]+float64(task.Round)*4096, 1000+float64(task.Round)
		row := slices.Index(e.Rows(), task.Row)
		if row > 0 {
			ns *= 2
		}
		if row == 2 {
			m /= 2
		}
		runs = append(runs, profiler.Run{Task: task, Calls: int64(10*row + task.Round), Measurements: []profiler.Measurement{{Unit: profiler.PeakRSS, Value: m}, {Unit: profiler.NsPerOp, Value: ns}}})
	}
	return e, runs
}

// verdicts writes each comparison as its variant, unit and verdict.
func verdicts(comparisons []Comparison) []string {
	out := []string{}
	for _, c := range comparisons {
		out = append(out, c.Variant+" "+c.Unit+" "+string(c.Verdict))
	}
	return out
}

func TestRowsOfSweep(t *testing.T) {
	e, runs := sweptRuns()
	r := NewReport(e, runs, nil)
	if len(r.Rows) != 3 || len(r.Comparisons) != 6 || r.Comparisons[0].Row != "GOGC=200" || len(r.Variants) != 2 || len(r.Variants[0].Samples) != 0 {
		t.Fatalf("report has %d rows, %d comparisons and variants %+v", len(r.Rows), len(r.Comparisons), r.Variants)
	}
	along := [][]string{
		{},
		{"a peak-RSS-bytes same", "a ns/op worse", "b peak-RSS-bytes same", "b ns/op worse"},
		{"a peak-RSS-bytes better", "a ns/op worse", "b peak-RSS-bytes better", "b ns/op worse"},
	}
	for i := range r.Rows {
		p := &r.Rows[i]
		if calls := p.Variants[1].Calls; len(calls) != 6 || calls[5] != int64(10*i+5) {
			t.Errorf("calls in row %d: %v", i, calls)
		}
		if p.Value != e.Sweep.Values[i] || len(p.Variants) != 2 {
			t.Errorf("row %d is %s with %d variants", i, p.Value, len(p.Variants))
		}
		if diff := cmp.Diff([]string{"b peak-RSS-bytes better", "b ns/op same"}, verdicts(p.Comparisons)); diff != "" {
			t.Errorf("comparisons in row %d (-want +got):\n%s", i, diff)
		}
		if diff := cmp.Diff(along[i], verdicts(p.Along)); diff != "" {
			t.Errorf("along to row %d (-want +got):\n%s", i, diff)
		}
	}
	last := &r.Rows[2]
	if got := last.Sample("b", profiler.NsPerOp); len(got) != 6 || got[0] != 2000 || got[5] != 2010 {
		t.Errorf("times of b in the last row = %v, want those of its six rounds", got)
	}
	if got := last.Sample("z", profiler.NsPerOp); got != nil {
		t.Errorf("times of no variant = %v", got)
	}
	if got := last.AlongOf("b", profiler.PeakRSS); got == nil || math.Abs(float64(got.Delta)+50) > 1e-9 {
		t.Errorf("memory of b along = %+v, want half", got)
	}
	if got := last.AlongOf("b", profiler.LiveHeap); got != nil {
		t.Errorf("along in another unit = %+v", got)
	}
}

func TestRowsOfRunningSweep(t *testing.T) {
	e, runs := sweptRuns()
	e.State = profiler.Running
	r := NewReport(e, runs[:7], nil)
	for i, want := range []int{2, 2, 1} { // the reversed round begins with the last row
		p := &r.Rows[i]
		if got := len(p.Sample("a", profiler.NsPerOp)) + len(p.Sample("b", profiler.NsPerOp)); len(p.Comparisons)+len(p.Along) > 0 || got < want {
			t.Errorf("row %d has %d values, comparisons %v and %v", i, got, p.Comparisons, p.Along)
		}
	}
}

// The comparisons of one variant along a sweep are a family: more values need smaller p-values.
func TestAlongFamily(t *testing.T) {
	e := profiler.Experiment{
		Kind: profiler.KindSweep, State: profiler.Done,
		Design: profiler.Design{Variants: []profiler.VariantInfo{{Name: "a"}}},
	}
	for _, test := range []struct {
		values []string
		want   Verdict
	}{{[]string{"1", "2"}, Worse}, {[]string{"1", "2", "3"}, Unclear}} { // the smallest p-value of four rounds is 2/70; doubled, it is over 5%
		e.Sweep = &profiler.Sweep{Over: "n", Values: test.values}
		samples := profiler.Samples{}
		for i, row := range e.Rows() {
			factor := float64(min(i+1, 2))
			samples[profiler.Series{Variant: "a", Row: row, Unit: profiler.NsPerOp}] = []float64{100 * factor, 101 * factor, 102 * factor, 103 * factor}
		}
		for i, row := range newRows(e, e.Rows(), samples, nil)[1:] {
			if got := row.AlongOf("a", profiler.NsPerOp); got == nil || got.Verdict != test.want {
				t.Errorf("row %d of %d: %+v, want %s", i+1, len(test.values), got, test.want)
			}
		}
	}
}

func TestFrontier(t *testing.T) {
	nan, inf := math.NaN(), math.Inf(1)
	for _, test := range []struct {
		name  string
		pairs [][2]float64
		want  []bool
	}{
		{"none", nil, []bool{}},
		{"one", [][2]float64{{1, 1}}, []bool{true}},
		{"a trade", [][2]float64{{1, 3}, {2, 2}, {3, 1}}, []bool{true, true, true}},
		{"one worse in both", [][2]float64{{1, 1}, {2, 2}}, []bool{true, false}},
		{"one as good and worse", [][2]float64{{1, 1}, {1, 2}, {2, 1}}, []bool{true, false, false}},
		{"equal ones", [][2]float64{{1, 1}, {1, 1}}, []bool{true, true}},
		{"not finite", [][2]float64{{nan, 0}, {0, inf}, {5, 5}}, []bool{false, false, true}},
	} {
		t.Run(test.name, func(t *testing.T) {
			if got := Frontier(test.pairs); !slices.Equal(got, test.want) {
				t.Errorf("frontier = %v, want %v", got, test.want)
			}
		})
	}
}

func TestGeoMean(t *testing.T) {
	of := func(pairs ...[2]profiler.Float) (out []Comparison) {
		for _, p := range pairs {
			out = append(out, Comparison{Baseline: Interval{Center: p[0]}, Value: Interval{Center: p[1]}})
		}
		return out
	}
	for _, test := range []struct {
		name        string
		comparisons []Comparison
		mean        float64 // NaN: undefined
		skipped     int
	}{
		{"none", nil, math.NaN(), 0},
		{"one", of([2]profiler.Float{4, 1}), 0.25, 0},
		{"halved and doubled", of([2]profiler.Float{1, 2}, [2]profiler.Float{10, 5}), 1, 0},
		{"from nothing and to nothing", of([2]profiler.Float{0, 2}, [2]profiler.Float{2, 0}, [2]profiler.Float{1, 8}), 8, 2},
		{"undefined", of([2]profiler.Float{profiler.Undefined(), 2}), math.NaN(), 1},
	} {
		t.Run(test.name, func(t *testing.T) {
			mean, skipped := GeoMean(test.comparisons)
			same(t, "mean", mean, test.mean)
			if skipped != test.skipped {
				t.Errorf("skipped %d, want %d", skipped, test.skipped)
			}
		})
	}
}
