package report

import (
	"math"
	"math/rand/v2"
	"reflect"
	"slices"
	"testing"
	"time"

	"heaplab/profiler"
)

func TestNoiseFloor(t *testing.T) {
	pairs := func(values ...float64) []float64 { return slices.Repeat(values, CalibrationRounds) }
	var drifting []float64
	for i := range CalibrationRounds {
		drifting = append(drifting, float64(100+10*i), float64(100+10*i))
	}
	none := math.NaN()
	for _, test := range []struct {
		name          string
		values        []float64
		exact, tested float64 // of units of either kind; NaN: none
	}{
		{"always the same", pairs(7, 7), 0, 0},
		{"a tenth apart in every round", pairs(100, 110), 0.1, 0.1},
		// Of 36 differences within 100, 110, … 150, whose median is 125, the 6th is −30.
		{"drift between rounds", drifting, 0, 30. / 125},
		{"six rounds", slices.Repeat([]float64{100, 105}, 6), 0.05, 0.05},
		{"an extra run", append(slices.Repeat([]float64{100, 105}, 6), 9000), 0.05, 0.05},
		{"too few rounds", slices.Repeat([]float64{100, 105}, 5), none, none},
		{"mostly zero", append(pairs(0, 0)[:20], 1, 1, 1, 1), none, none},
		{"below zero", pairs(-1, 1, 2), none, none},
		{"one value", []float64{100}, none, none},
		{"no value", nil, none, none},
	} {
		t.Run(test.name, func(t *testing.T) {
			for unit, want := range map[string]float64{profiler.BytesPerOp: test.exact, profiler.NsPerOp: test.tested} {
				got, ok := noiseFloor(profiler.LookupUnit(unit), test.values)
				if ok != !math.IsNaN(want) || ok && math.Abs(got-want) > 0.02*want+1e-9 {
					t.Errorf("floor of %s = %v, %v; want %v", unit, got, ok, want)
				}
			}
		})
	}
}

func TestNewCalibration(t *testing.T) {
	random := rand.New(rand.NewPCG(3, 4))
	var times []float64
	for range 2 * CalibrationRounds {
		times = append(times, 1000+20*random.NormFloat64())
	}
	baseline := map[string][]float64{profiler.NsPerOp: times, profiler.BytesPerOp: slices.Repeat([]float64{64}, len(times)), profiler.GCCycles: make([]float64, len(times))}
	e := profiler.Experiment{ID: 9, Finished: time.Unix(1, 0)}
	got := newCalibration(e, baseline)
	if got.Experiment != 9 || !got.At.Equal(e.Finished) || got.Runs != len(times) || got.Same {
		t.Errorf("calibration = %+v", got)
	}
	if _, ok := got.Floors[profiler.GCCycles]; ok || got.Floors[profiler.BytesPerOp] != 0 || len(got.Floors) != 2 {
		t.Errorf("floors = %v, want one of 0 for bytes and none for what never was", got.Floors)
	}
	// Values spread by 2%; medians of six by 1%, and their differences by 1.4%.
	if floor := got.Floors[profiler.NsPerOp]; floor < 0.014 || floor > 0.08 {
		t.Errorf("floor of times = %v", floor)
	}
	if again := newCalibration(e, baseline); !reflect.DeepEqual(again, got) {
		t.Errorf("computed again it is %+v, not %+v", again, got)
	}
}

func TestFloor(t *testing.T) {
	noise := &Calibration{Floors: map[string]float64{profiler.NsPerOp: 0.12, profiler.PeakRSS: 0.001, profiler.BytesPerOp: 0.0004, profiler.AllocsPerOp: 0.02, profiler.LiveHeap: 0}}
	for _, test := range []struct {
		unit     string
		noise    *Calibration
		floor    float64
		measured bool
	}{
		{profiler.NsPerOp, nil, 0.05, false},
		{profiler.NsPerOp, noise, 0.12, true},
		{profiler.PeakRSS, noise, 0.001, true},
		{profiler.LiveHeap, noise, 0, true},
		{profiler.GCCPU, noise, 0.05, false},
		{profiler.BytesPerOp, nil, 0.001, false},
		{profiler.BytesPerOp, noise, 0.001, false},
		{profiler.AllocsPerOp, noise, 0.02, true},
		{"a metric of the case", noise, 0.05, false},
	} {
		floor, measured := test.noise.floor(profiler.LookupUnit(test.unit))
		if floor != test.floor || measured != test.measured {
			t.Errorf("floor of %s with %v = %v, measured %v; want %v, %v", test.unit, test.noise, floor, measured, test.floor, test.measured)
		}
	}
}

// A change below the measured floor is never better, worse or the same, however small its p-value is.
func TestNoVerdictBelowMeasuredFloor(t *testing.T) {
	d := profiler.Design{Variants: []profiler.VariantInfo{{Name: "a"}, {Name: "b"}}, Primary: []string{profiler.NsPerOp}}
	noise := &Calibration{Floors: map[string]float64{profiler.NsPerOp: 0.2}}
	for _, test := range []struct {
		name  string
		scale float64 // of the second variant
		noise *Calibration
		want  Verdict
	}{
		{"a tenth slower, by the stated floor", 1.1, nil, Worse},
		{"a tenth slower", 1.1, noise, Unclear},
		{"a tenth faster", 0.9, noise, Unclear},
		{"just within", 1.199, noise, Unclear},
		{"just beyond", 1.201, noise, Worse},
		{"far beyond", 0.5, noise, Better},
	} {
		t.Run(test.name, func(t *testing.T) {
			s := profiler.Samples{}
			for i := range profiler.MaxCount {
				v := 1000 + float64(i)*1e-6
				add(s, "a", profiler.NsPerOp, v)
				add(s, "b", profiler.NsPerOp, v*test.scale)
			}
			got := compareVariants(d, "", s, test.noise)[0]
			if got.PAdjusted > 1e-12 || got.Verdict != test.want || got.FloorMeasured != (test.noise != nil) {
				t.Errorf("verdict = %s at p = %v, floor measured %v; want %s", got.Verdict, got.PAdjusted, got.FloorMeasured, test.want)
			}
		})
	}
}
