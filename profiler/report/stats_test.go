package report

import (
	"math"
	"slices"
	"testing"

	"heaplab/profiler"

	"github.com/aclements/go-moremath/stats"
)

func TestNewInterval(t *testing.T) {
	for _, test := range []struct {
		name           string
		values         []float64
		center, lo, hi float64 // NaN: undefined
	}{
		{"none", nil, math.NaN(), math.NaN(), math.NaN()},
		{"five values are too few", []float64{5, 1, 4, 2, 3}, 3, math.NaN(), math.NaN()},
		{"six", []float64{6, 1, 5, 2, 4, 3}, 3.5, 1, 6},
		{"ten leave out the ends", []float64{1, 2, 3, 4, 5, 6, 7, 8, 9, 10}, 5.5, 2, 9},
	} {
		t.Run(test.name, func(t *testing.T) {
			in := slices.Clone(test.values)
			got := NewInterval(in)
			same(t, "center", got.Center, test.center)
			same(t, "lo", got.Lo, test.lo)
			same(t, "hi", got.Hi, test.hi)
			if !slices.Equal(in, test.values) {
				t.Error("the values were reordered")
			}
		})
	}
}

// same checks that got is want. NaN stands for every undefined value.
func same(t *testing.T, name string, got profiler.Float, want float64) {
	t.Helper()
	if !got.Finite() && math.IsNaN(want) {
		return
	}
	if math.Abs(float64(got)-want) > 1e-9 || !got.Finite() || math.IsNaN(want) {
		t.Errorf("%s = %v, want %v", name, got, want)
	}
}

func TestRelativeShift(t *testing.T) {
	before := []float64{100, 101, 102, 103, 104, 105}
	for _, test := range []struct {
		name   string
		after  []float64
		lo, hi float64
	}{
		{"three are too few", []float64{1, 2, 3}, math.NaN(), math.NaN()},
		// Of 36 ordered ratios the 6th and the 31st: the critical U for 6 and 6 is 5.
		{"halved", []float64{50, 50, 50, 50, 50, 50}, 50./105 - 1, 50./100 - 1},
		{"equal", before, 102./105 - 1, 105./102 - 1},
	} {
		t.Run(test.name, func(t *testing.T) {
			b := before
			if len(test.after) < len(b) {
				b = b[:len(test.after)]
			}
			lo, hi := relativeShift(b, test.after)
			same(t, "lo", lo, test.lo)
			same(t, "hi", hi, test.hi)
		})
	}
	if lo, hi := relativeShift([]float64{0, 1, 2, 3, 4, 5}, before); lo.Finite() || hi.Finite() {
		t.Errorf("change from zero = %v to %v, want none", lo, hi)
	}
}

// The critical values of U at 5%, two-sided, from the published tables (Hollander, Wolfe,
// Chicken, table A.6): the interval ends at the next rank.
func TestCriticalRank(t *testing.T) {
	for _, test := range []struct{ n1, n2, want int }{
		{3, 3, 0}, {4, 4, 1}, {5, 5, 3}, {6, 6, 6}, {8, 8, 14}, {10, 10, 24}, {15, 15, 65}, {20, 20, 127}, // by the approximation; exactly 128
	} {
		if got := criticalRank(test.n1, test.n2); got != test.want {
			t.Errorf("criticalRank(%d, %d) = %d, want %d", test.n1, test.n2, got, test.want)
		}
	}
	if got := criticalRank(60, 60); got < 1400 || got > 1450 {
		t.Errorf("criticalRank(60, 60) = %d, want what the normal approximation gives, 1427", got)
	}
}

func TestHolm(t *testing.T) {
	got := holm([]profiler.Float{0.04, profiler.Undefined(), 0.01, 0.03})
	for i, want := range []float64{0.06, math.NaN(), 0.03, 0.06} {
		same(t, "p", got[i], want)
	}
}

func TestMaxComparisons(t *testing.T) {
	for n, want := range map[int]int{1: 0, 3: 0, 4: 1, 5: 6, 6: 23, 36: math.MaxInt32, profiler.MaxCount: math.MaxInt32} {
		if got := maxComparisons(n); got != want {
			t.Errorf("maxComparisons(%d) = %d, want %d", n, got, want)
		}
	}
	if p := smallestP(6); math.Abs(p-2./924) > 1e-12 {
		t.Errorf("smallestP(6) = %v, want 2/924", p)
	}
}

// Above exactLimit p-values are approximate. Near the significance level they must be close to the
// exact ones.
func TestApproximateP(t *testing.T) {
	for _, n := range []int{exactLimit + 1, 20, 30} {
		compared := 0
		for shift := range n {
			before, after := make([]float64, n), make([]float64, n)
			for i := range n {
				before[i], after[i] = float64(i), float64(i+shift)+0.5
			}
			exact := exactP(before, after)
			if exact < 0.001 || exact > 0.2 {
				continue
			}
			compared++
			if got, _ := uTest(before, after); math.Abs(float64(got)-exact) > 0.003 {
				t.Errorf("n = %d, shifted by %d: p = %v, exactly %v", n, shift, got, exact)
			}
		}
		if compared < 3 {
			t.Errorf("n = %d: %d shifts tested", n, compared)
		}
	}
}

// The library uses the same approximation for more than 50 values.
func TestApproximatePWithTies(t *testing.T) {
	for _, shift := range []int{0, 1, 3, 40} {
		before, after := make([]float64, 60), make([]float64, 55)
		for i := range before {
			before[i] = float64(i / 4)
		}
		for i := range after {
			after[i] = float64((i + shift) / 4)
		}
		want, err := stats.MannWhitneyUTest(before, after, stats.LocationDiffers)
		if err != nil {
			t.Fatal(err)
		}
		if got := approximateP(before, after); math.Abs(got-want.P) > 1e-12 {
			t.Errorf("shifted by %d: p = %v, want %v", shift, got, want.P)
		}
	}
	if got := approximateP(make([]float64, 20), make([]float64, 30)); got != 1 {
		t.Errorf("p of equal values = %v", got)
	}
}

// exactP returns the two-sided p-value of the U test for samples without ties.
func exactP(before, after []float64) float64 {
	above := 0
	for _, b := range before {
		for _, a := range after {
			if b > a {
				above++
			}
		}
	}
	u := min(above, len(before)*len(after)-above)
	return 2 * stats.UDist{N1: len(before), N2: len(after)}.CDF(float64(u))
}
