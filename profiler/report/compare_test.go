package report

import (
	"slices"
	"strings"
	"testing"

	"heaplab/profiler"
)

func TestVerdict(t *testing.T) {
	around := func(center float64) []float64 { // spreads by 2 %
		return []float64{center * 0.99, center * 0.995, center, center * 1.005, center * 1.01, center * 1.002}
	}
	exactly := func(v float64) []float64 { return []float64{v, v, v, v, v, v} }
	for _, test := range []struct {
		name, unit    string
		before, after []float64
		want          Verdict
	}{
		{"time halved", profiler.NsPerOp, around(1000), around(500), Better},
		{"time doubled", profiler.NsPerOp, around(1000), around(2000), Worse},
		{"time moved by less than the floor", profiler.NsPerOp, around(1000), around(1030), Same},
		{"time as before", profiler.NsPerOp, around(1000), around(1001), Same},
		{"too few rounds for times", profiler.NsPerOp, around(1000)[:3], around(500)[:3], Unclear},
		{"times all over", profiler.NsPerOp, []float64{900, 1500, 1000, 2000, 1200, 990}, []float64{1000, 1400, 800, 2200, 990, 1100}, Unclear},
		{"bytes halved, one round", profiler.BytesPerOp, []float64{1 << 20}, []float64{1 << 19}, Better},
		{"bytes up", profiler.BytesPerOp, exactly(1 << 20), exactly(2 << 20), Worse},
		{"bytes within 0.1 %", profiler.BytesPerOp, exactly(1_000_000), exactly(1_000_900), Same},
		{"bytes within 64", profiler.BytesPerOp, exactly(10), exactly(70), Same},
		{"bytes within their own spread", profiler.BytesPerOp, []float64{1000, 3000, 2000}, []float64{3200, 3300, 3100}, Unclear},
		{"bytes halved but for an outlier", profiler.BytesPerOp, []float64{1e6, 1e6, 9e6}, exactly(5e5), Unclear},
		{"bytes from nothing", profiler.BytesPerOp, exactly(0), exactly(4096), Worse},
		{"bytes to nothing", profiler.BytesPerOp, exactly(4096), exactly(0), Better},
		{"live heap within 64 KiB", profiler.LiveHeap, exactly(200_000), exactly(240_000), Same},
		{"live heap, as it was", profiler.LiveHeap, exactly(1 << 30), exactly(1 << 30), Same},
		{"nothing at all", profiler.GCCycles, exactly(0), exactly(0), Same},
		{"next to nothing", profiler.GCCycles, exactly(0), []float64{0, 0, 0, 0.001, 0, 0}, Same},
		{"no change, three rounds", profiler.LiveHeap, exactly(1 << 30)[:3], exactly(1 << 30)[:3], Same},
	} {
		t.Run(test.name, func(t *testing.T) {
			got := compareOne(test.unit, test.before, test.after)
			if got.Verdict != test.want {
				t.Errorf("verdict = %s, want %s (%+v)", got.Verdict, test.want, got)
			}
		})
	}
}

func compareOne(unit string, before, after []float64) Comparison {
	d := profiler.Design{Variants: []profiler.VariantInfo{{Name: "a"}, {Name: "b"}}, Primary: []string{unit}}
	s := profiler.Samples{}
	s[profiler.Series{Variant: "a", Unit: unit}] = before
	s[profiler.Series{Variant: "b", Unit: unit}] = after
	return compareVariants(d, "", s, nil)[0]
}

// Six primary comparisons need smaller p-values than one: with the smallest p-value that four
// rounds can give, 2/70, they decide nothing.
func TestPrimaryUnitsAreOneFamily(t *testing.T) {
	slow, fast := []float64{100, 101, 102, 103}, []float64{50, 51, 52, 53}
	d := profiler.Design{Variants: []profiler.VariantInfo{{Name: "a"}, {Name: "b"}}, Primary: []string{profiler.NsPerOp, profiler.LiveHeap}}
	s := profiler.Samples{}
	for _, unit := range []string{profiler.NsPerOp, profiler.LiveHeap, profiler.GCCycles} {
		scale := 1.0
		if unit == profiler.LiveHeap {
			scale = 1 << 30
		}
		for i := range slow {
			add(s, "a", unit, slow[i]*scale)
			add(s, "b", unit, fast[i]*scale)
		}
	}
	want := map[string]Verdict{profiler.NsPerOp: Unclear, profiler.LiveHeap: Unclear, profiler.GCCycles: Better}
	for _, got := range compareVariants(d, "", s, nil) {
		if got.Verdict != want[got.Unit] {
			t.Errorf("%s: verdict = %s, want %s", got.Unit, got.Verdict, want[got.Unit])
		}
	}
}

func TestCompareOrder(t *testing.T) {
	d := profiler.Design{Variants: []profiler.VariantInfo{{Name: "base"}, {Name: "b"}, {Name: "a"}}, Primary: []string{profiler.NsPerOp}}
	s := profiler.Samples{}
	for _, v := range d.Variants {
		for _, unit := range []string{"zeta", profiler.BytesPerOp, profiler.NsPerOp, profiler.PeakRSS} {
			add(s, v.Name, unit, 1)
		}
	}
	add(s, "a", "alone", 1)
	var got []string
	for _, comparison := range compareVariants(d, "", s, nil) {
		got = append(got, comparison.Variant+" "+comparison.Unit)
	}
	want := []string{"b ns/op", "b B/op", "b peak-RSS-bytes", "b zeta", "a ns/op", "a B/op", "a peak-RSS-bytes", "a zeta"}
	if !slices.Equal(got, want) {
		t.Errorf("order = %q, want %q", got, want)
	}
}

// The family has four comparisons. Holm's method decides none of them unless the smallest possible
// p-value, 2/C(2n, n), is at most 5 %/4. That takes 5 rounds.
func TestDecides(t *testing.T) {
	d := profiler.Design{Variants: []profiler.VariantInfo{{}, {}, {}}, Primary: []string{profiler.BytesPerOp, profiler.NsPerOp, profiler.LiveHeap}}
	const exact, intervals = "one round is enough", "Confidence intervals need at least 6"
	for _, test := range []struct {
		count int
		want  []string
	}{
		{1, []string{exact, "1 round cannot decide times and sizes", intervals}},
		{4, []string{exact, "4 rounds can decide at most 1 comparison of times and sizes. This experiment has 4: use 5 rounds.", intervals}},
		{5, []string{exact, "5 rounds can decide all 4 comparisons", intervals}},
		{6, []string{exact, "6 rounds can decide all 4 comparisons"}},
	} {
		got := Decides(profiler.Experiment{Design: d, Config: profiler.Config{Count: test.count}})
		if len(got) != len(test.want) {
			t.Errorf("Decides with %d = %q", test.count, got)
			continue
		}
		for i, want := range test.want {
			if !strings.Contains(got[i], want) {
				t.Errorf("sentence %d with %d = %q, want %q", i, test.count, got[i], want)
			}
		}
	}
	if got := roundsFor(4); got != 5 {
		t.Errorf("4 comparisons need %d rounds", got)
	}
}

// add appends values to a series of the row "".
func add(s profiler.Samples, variant, unit string, values ...float64) {
	key := profiler.Series{Variant: variant, Unit: unit}
	s[key] = append(s[key], values...)
}
