package child

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"
)

// flat returns n equal moments, 10 ms apart.
func flat(n int) []moment {
	moments := make([]moment, n)
	for i := range moments {
		moments[i] = moment{at: time.Duration(i) * 10 * time.Millisecond, heap: 1 << 20, live: 1 << 19, anon: 1 << 22, file: 1 << 21}
	}
	return moments
}

func TestLargestTriangles(t *testing.T) {
	noisy := func(n int) []moment {
		random, moments := rand.New(rand.NewPCG(uint64(n), 1)), flat(n)
		for i := range moments {
			moments[i].heap += random.Int64N(1 << 20)
			moments[i].anon += random.Int64N(1 << 24)
		}
		return moments
	}
	spike := func(n, at int, raise func(*moment)) []moment {
		moments := flat(n)
		raise(&moments[at])
		return moments
	}
	heap, file := func(m *moment) { m.heap <<= 4 }, func(m *moment) { m.file = 0 }
	for _, test := range []struct {
		name    string
		moments []moment
		n, want int   // requested and picked
		include []int // moments that must be picked
	}{
		{"none", nil, 400, 0, nil},
		{"one", flat(1), 400, 1, []int{0}},
		{"few", noisy(7), 400, 7, []int{0, 1, 2, 3, 4, 5, 6}},
		{"as many as requested", noisy(400), 400, 400, []int{0, 399}},
		{"one more", noisy(401), 400, 400, []int{0, 400}},
		{"many", noisy(4096), 400, 400, []int{0, 4095}},
		{"no change", flat(1000), 10, 10, []int{0, 999}},
		{"three", noisy(1000), 3, 3, []int{0, 999}},
		{"only the ends", noisy(1000), 2, 2, []int{0, 999}},
		{"a spike of the heap", spike(4096, 1234, heap), 400, 400, []int{0, 1234, 4095}},
		{"a dip of file pages", spike(4096, 3001, file), 400, 400, []int{0, 3001, 4095}},
		{"a spike at the start", spike(1000, 1, heap), 10, 10, []int{0, 1, 999}},
		{"a spike before the end", spike(1000, 998, heap), 10, 10, []int{0, 998, 999}},
	} {
		t.Run(test.name, func(t *testing.T) {
			got := largestTriangles(test.moments, test.n)
			if len(got) != test.want {
				t.Errorf("%d moments were picked, want %d", len(got), test.want)
			}
			for _, i := range test.include {
				if !slices.Contains(got, i) {
					t.Errorf("moment %d is missing from %v", i, got)
				}
			}
			for i := 1; i < len(got); i++ {
				if got[i] <= got[i-1] {
					t.Errorf("moment %d comes after %d", got[i], got[i-1])
				}
			}
		})
	}
}

// A small series keeps its peak beside a large one.
func TestSmallSeriesKeepPeaks(t *testing.T) {
	moments := flat(4000)
	for i := range moments {
		moments[i].anon = int64(i%2) << 34
	}
	moments[2222].live *= 3
	if got := largestTriangles(moments, keptMoments); !slices.Contains(got, 2222) {
		t.Error("the peak of the live heap is missing")
	}
}

func TestNewTimeline(t *testing.T) {
	moments := flat(3)
	moments[2].at += 1234567 * time.Nanosecond
	got := newTimeline(moments)
	if got.Samples != 3 || !slices.Equal(got.T, []float64{0, 10, 21.235}) {
		t.Errorf("samples = %d at %v ms, want 3 at 0, 10 and 21.235", got.Samples, got.T)
	}
	many := newTimeline(flat(5000))
	if many.Samples != 5000 || len(many.T) != keptMoments || math.Abs(many.T[keptMoments-1]-49990) > 1e-6 {
		t.Errorf("%d samples gave %d points, the last at %v ms", many.Samples, len(many.T), many.T[len(many.T)-1])
	}
}
