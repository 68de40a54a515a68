package report

import (
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"heaplab/profiler"
)

func TestVerdict(t *testing.T) {
	around := func(center float64) []float64 { // spreads by 2%
		return []float64{center * 0.99, center * 0.995, center, center * 1.005, center * 1.01, center * 1.002}
	}
	exactly := func(v float64) []float64 { return []float64{v, v, v, v, v, v} }
	apart := func(v float64) []float64 { return []float64{v, v * 1.0001, v * 1.0002} }
	for _, test := range []struct {
		name, unit    string
		before, after []float64
		want          Verdict
		reason        Reason
	}{
		{"time halved", profiler.NsPerOp, around(1000), around(500), Better, ""},
		{"time doubled", profiler.NsPerOp, around(1000), around(2000), Worse, ""},
		{"time moved by less than the floor", profiler.NsPerOp, around(1000), around(1030), Same, ""},
		{"time moved by about the floor", profiler.NsPerOp, around(1000), around(1045), Unclear, WithinFloor},
		{"time as before", profiler.NsPerOp, around(1000), around(1001), Same, ""},
		{"too few rounds for times", profiler.NsPerOp, around(1000)[:3], around(500)[:3], Unclear, TooFewRounds},
		{"times far apart are tested too", profiler.NsPerOp, apart(1000), apart(500), Unclear, TooFewRounds},
		{"times all over", profiler.NsPerOp, []float64{900, 1500, 1000, 2000, 1200, 990}, []float64{1000, 1400, 800, 2200, 990, 1100}, Unclear, NotSignificant},
		{"a short time moved by half", profiler.WallTime, around(1e6), around(1.5e6), Unclear, WithinFloor},
		{"an unknown unit is tested", "rows/s", apart(1000), apart(500), Unclear, TooFewRounds},
		{"bytes halved, one round", profiler.BytesPerOp, []float64{1 << 20}, []float64{1 << 19}, Better, ""},
		{"bytes up", profiler.BytesPerOp, exactly(1 << 20), exactly(2 << 20), Worse, ""},
		{"bytes within 0.1 %", profiler.BytesPerOp, exactly(1_000_000), exactly(1_000_900), Same, ""},
		{"bytes within 64", profiler.BytesPerOp, exactly(10), exactly(70), Unclear, WithinFloor},
		{"bytes within 16", profiler.BytesPerOp, exactly(10), exactly(24), Same, ""},
		{"equal medians with spread", profiler.BytesPerOp, []float64{100, 456, 340_000}, []float64{200, 456, 250_000}, Unclear, WithinSpread},
		{"counts far apart, three rounds", profiler.GCCycles, exactly(0.02)[:3], exactly(0.04)[:3], Unclear, TooFewRounds},
		{"whole MiB that are equal", profiler.TraceLive, exactly(2 << 20), exactly(2 << 20), Unclear, WithinFloor},
		{"whole MiB far apart", profiler.TraceLive, exactly(20 << 20)[:3], exactly(40 << 20)[:3], Worse, ""},
		{"bytes within their own spread", profiler.BytesPerOp, []float64{1000, 3000, 2000}, []float64{3200, 3300, 3100}, Unclear, WithinSpread},
		{"bytes halved but for an outlier", profiler.BytesPerOp, []float64{1e6, 1e6, 9e6}, exactly(5e5), Unclear, WithinSpread},
		{"bytes from nothing", profiler.BytesPerOp, exactly(0), exactly(4096), Worse, ""},
		{"bytes to nothing", profiler.BytesPerOp, exactly(4096), exactly(0), Better, ""},
		{"live heap up by a fifth, less than 64 KiB", profiler.LiveHeap, exactly(200_000), exactly(240_000), Unclear, WithinFloor},
		{"live heap, as it was", profiler.LiveHeap, exactly(1 << 30), exactly(1 << 30), Same, ""},
		{"live heap within 1 %", profiler.LiveHeap, exactly(1 << 30), exactly(1<<30 + 9<<20), Same, ""},
		{"live heap up by 3 %", profiler.LiveHeap, exactly(1 << 30), exactly(1<<30 + 32<<20), Worse, ""},
		{"RSS within 5%, not 2 %", profiler.PeakRSS, exactly(100 << 20), exactly(104 << 20), Unclear, WithinFloor},
		{"a quarter of the live heap, three rounds", profiler.LiveHeap, apart(7.66 * (1 << 20)), apart(1.95 * (1 << 20)), Better, ""},
		{"a quarter of the live heap, two rounds", profiler.LiveHeap, apart(7.66 * (1 << 20))[:2], apart(1.95 * (1 << 20))[:2], Unclear, TooFewRounds},
		{"a quarter of the live heap, with spread", profiler.LiveHeap, around(7.66 * (1 << 20))[:3], around(1.95 * (1 << 20))[:3], Unclear, TooFewRounds},
		{"far apart, but less than 64 KiB", profiler.LiveHeap, apart(60_000), apart(10_000), Unclear, WithinFloor},
		{"nothing at all", profiler.GCCycles, exactly(0), exactly(0), Same, ""},
		{"next to nothing", profiler.GCCycles, exactly(0), []float64{0, 0, 0, 0.001, 0, 0}, Same, ""},
		{"no change, two rounds", profiler.LiveHeap, exactly(1 << 30)[:2], exactly(1 << 30)[:2], Unclear, TooFewRounds},
		{"no change, three rounds", profiler.LiveHeap, exactly(1 << 30)[:3], exactly(1 << 30)[:3], Same, ""},
		{"the heap goal doubled", profiler.HeapGoal, around(4 << 20), around(8 << 20), Changed, ""},
		{"file-backed memory doubled", profiler.PeakFile, around(400 << 20), around(800 << 20), Changed, ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			got := compareOne(test.unit, test.before, test.after)
			if got.Verdict != test.want || got.Reason != test.reason {
				t.Errorf("%s %s, want %s %s (%+v)", got.Verdict, got.Reason, test.want, test.reason, got)
			}
		})
	}
}

// However large the noise floor is, only an interval within the margin is the same.
func TestNoiseIsNoAllClear(t *testing.T) {
	noise := &Calibration{Floors: map[string]float64{profiler.NsPerOp: 2.76}}
	d := profiler.Design{Variants: []profiler.VariantInfo{{Name: "a"}, {Name: "b"}}, Primary: []string{profiler.NsPerOp}}
	for _, test := range []struct {
		name   string
		after  []float64
		want   Verdict
		reason Reason
	}{
		{"three times slower", []float64{154, 155, 156, 157, 158, 159}, Unclear, TooNoisy},
		{"all over", []float64{40, 60, 20, 70, 45, 55}, Unclear, TooNoisy},
		{"within the margin", []float64{51.6, 51.7, 51.8, 51.6, 51.7, 51.8}, Same, ""},
	} {
		s := profiler.Samples{}
		add(s, "a", profiler.NsPerOp, 51.5, 51.6, 51.7, 51.8, 51.9, 51.7)
		add(s, "b", profiler.NsPerOp, test.after...)
		got := compareVariants(d, "", s, noise)[0]
		if test.name == "three times slower" {
			test.reason = WithinFloor // significant
		}
		if got.Verdict != test.want || got.Reason != test.reason {
			t.Errorf("%s: %s %s, want %s %s", test.name, got.Verdict, got.Reason, test.want, test.reason)
		}
	}
}

// Two samples of one distribution are rarely far apart, also if it has two narrow clusters.
func TestSamplesFarApartByChance(t *testing.T) {
	random := rand.New(rand.NewPCG(3, 4))
	u := profiler.LookupUnit(profiler.LiveHeap)
	for name, draw := range map[string]func() float64{
		"uniform":       random.Float64,
		"normal":        func() float64 { return 10 + random.NormFloat64() },
		"heavy tail":    func() float64 { return 1 / random.Float64() },
		"two clusters":  func() float64 { return float64(1 + random.IntN(2)) },
		"four clusters": func() float64 { return float64(1 + random.IntN(4)) },
	} {
		const tries = 20_000
		for rounds, most := range map[int]float64{3: 2.0 / 64, 4: 2.0 / 256, 6: 2.0 / 4096} {
			found := 0
			before, after := make([]float64, rounds), make([]float64, rounds)
			for range tries {
				for i := range rounds {
					before[i], after[i] = draw(), draw()
				}
				if basis(u, before, after) == ByDistance {
					found++
				}
			}
			if share := float64(found) / tries; share > most+0.004 { // more than two standard errors
				t.Errorf("%s, %d rounds: %.4f of the samples are far apart, want at most %.4f", name, rounds, share, most)
			}
		}
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
	d := profiler.Design{Variants: []profiler.VariantInfo{{Name: "a"}, {Name: "b"}}, Primary: []string{profiler.NsPerOp, profiler.PeakRSS}}
	s := profiler.Samples{}
	for _, unit := range []string{profiler.NsPerOp, profiler.PeakRSS, profiler.GCCycles} {
		scale := 1.0
		if unit == profiler.PeakRSS {
			scale = 1 << 30
		}
		for i := range slow {
			add(s, "a", unit, slow[i]*scale)
			add(s, "b", unit, fast[i]*scale)
		}
	}
	want := map[string]Verdict{profiler.NsPerOp: Unclear, profiler.PeakRSS: Unclear, profiler.GCCycles: Better}
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
