package heap

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/google/pprof/profile"
)

// sampled draws a sample of objects of one size as the runtime does, and returns the estimate that a profile gives.
func sampled(r *rand.Rand, objects int, size, period float64) Values {
	p := -math.Expm1(-size / period)
	recorded := 0
	for range objects {
		if r.Float64() < p {
			recorded++
		}
	}
	n := float64(recorded) / p
	return Values{AllocObjects: int64(n), AllocSpace: int64(n * size)}
}

// The error of a difference covers it about as often as two standard deviations of a normal distribution do, for
// objects of any size.
func TestErrorsCoverSampling(t *testing.T) {
	const period, trials = 512 << 10, 2000
	r := rand.New(rand.NewPCG(1, 2))
	for _, test := range []struct {
		size    float64
		objects int
	}{{4 << 10, 8000}, {64 << 10, 500}, {256 << 10, 200}, {1 << 20, 200}} {
		covered, objectsCovered := 0, 0
		for range trials {
			a, b := sampled(r, test.objects, test.size, period), sampled(r, test.objects, test.size, period)
			ea, eb := ErrorsOf(a, period), ErrorsOf(b, period)
			if math.Abs(float64(a.AllocSpace-b.AllocSpace)) <= math.Hypot(ea.Of(AllocSpace), eb.Of(AllocSpace)) {
				covered++
			}
			if math.Abs(float64(a.AllocObjects-b.AllocObjects)) <= math.Hypot(ea.Of(AllocObjects), eb.Of(AllocObjects))+1 {
				objectsCovered++
			}
		}
		for _, n := range []int{covered, objectsCovered} {
			if share := float64(n) / trials; share < 0.92 || share > 0.99 {
				t.Errorf("objects of %v bytes: the error covers %.1f%% of the differences, want about 95%%", test.size, 100*share)
			}
		}
	}
}

// Of objects much larger than the period all are recorded; small ones have the error of a Poisson process.
func TestErrorsOf(t *testing.T) {
	const mib, period = 1 << 20, 512 << 10
	for _, test := range []struct {
		name   string
		values Values
		period int64
		want   int64 // error of the bytes
	}{
		{"20 buffers of 4.5 MiB", Values{AllocObjects: 20, AllocSpace: 90 * mib}, period, 468_877}, // 2·√(V·s/(e⁹ − 1))
		{"small objects", Values{AllocObjects: 1 << 22, AllocSpace: 64 * mib}, period, 2 * 5_931_641},
		{"no number of objects", Values{AllocSpace: 64 * mib}, period, 2 * 5_931_641},
		{"every allocation", Values{AllocObjects: 1 << 22, AllocSpace: 64 * mib}, 1, 0},
		{"unknown period", Values{AllocObjects: 1 << 22, AllocSpace: 64 * mib}, 0, 0},
	} {
		got := ErrorsOf(test.values, test.period).AllocSpace
		if math.Abs(float64(got-test.want)) > 0.001*float64(test.want) {
			t.Errorf("%s: error %d, want %d", test.name, got, test.want)
		}
	}
}

// Errors of functions and paths are those of their samples, each with its own size. Other, Own and the whole graph
// have the error of their parts.
func TestErrorsOfDigest(t *testing.T) {
	p := newProfile(stack{[]string{"large", "main"}, 0}, stack{[]string{"small", "main"}, 0})
	p.PeriodType, p.Period = &profile.ValueType{Type: "space", Unit: "bytes"}, 512<<10
	p.Sample[0].Value = []int64{20, 80 << 20, 20, 80 << 20}
	p.Sample[1].Value = []int64{64 << 10, 4 << 20, 16 << 10, 1 << 20}
	d, err := NewDigest(p)
	if err != nil {
		t.Fatal(err)
	}
	large, small := ErrorsOf(Values{20, 80 << 20, 20, 80 << 20}, d.Period), ErrorsOf(Values{64 << 10, 4 << 20, 16 << 10, 1 << 20}, d.Period)
	whole := math.Hypot(large.Of(AllocSpace), small.Of(AllocSpace))
	encoded, err := d.Encode()
	if err != nil {
		t.Fatal(err)
	}
	decoded, err := Decode(encoded)
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range []*Digest{d, decoded} {
		diff := NewDiff(d, d)
		g := diff.Graph(Selection{Type: AllocSpace})
		main := g.Callees.Children[0]
		for name, got := range map[string][2]float64{
			"total":          {d.Error.Of(AllocSpace), whole},
			"cum of main":    {diff.Functions[diff.Function("main")].Cum(AllocSpace).BeforeError, whole},
			"flat of main":   {diff.Functions[diff.Function("main")].Flat(AllocSpace).AfterError, 0},
			"flat of large":  {diff.Functions[diff.Function("large")].Flat(AllocSpace).AfterError, large.Of(AllocSpace)},
			"frame of all":   {g.Callees.AfterError, whole},
			"own of main":    {main.Own.AfterError, 0},
			"churn of small": {diff.Functions[diff.Function("small")].Flat(ChurnSpace).AfterError, ErrorsOf(Values{48 << 10, 3 << 20, 0, 0}, d.Period).Of(AllocSpace)},
		} {
			if math.Abs(got[0]-got[1]) > 2e-3*got[1]+2000 {
				t.Errorf("error of %s: %v, want %v", name, got[0], got[1])
			}
		}
	}
}

// A digest that an earlier version stored has no errors. They are computed from the mean sizes.
func TestErrorsOfEarlierDigest(t *testing.T) {
	p := newProfile(stack{[]string{"f", "main"}, 0})
	p.PeriodType, p.Period = &profile.ValueType{Type: "space", Unit: "bytes"}, 512<<10
	p.Sample[0].Value = []int64{1 << 16, 4 << 20, 1 << 14, 1 << 20}
	d, err := NewDigest(p)
	if err != nil {
		t.Fatal(err)
	}
	want := slices.Clone(d.Functions)
	for i := range d.Functions {
		d.Functions[i].FlatError, d.Functions[i].CumError = Errors{}, Errors{}
	}
	d.Period = 0 // does not store errors
	earlier, err := d.Encode()
	if err != nil {
		t.Fatal(err)
	}
	decoded, err := Decode(earlier)
	if err != nil {
		t.Fatal(err)
	}
	decoded.Period = 512 << 10
	decoded.takeErrors(&stored{})
	if !slices.Equal(decoded.Functions, want) || decoded.Error != want[0].FlatError {
		t.Errorf("functions %+v, want %+v", decoded.Functions, want)
	}
}
