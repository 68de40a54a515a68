package training

import (
	"math"
	"runtime"
	"testing"

	"heaplab/profiler"
	"heaplab/profiler/cases/casetest"
	"heaplab/profiler/cases/testbed"
	"heaplab/profiler/subject/builtin"
)

var training = New(testbed.ImageData)

func TestMemory(t *testing.T) {
	p, faults := training.Resolve(map[string]any{"filters": 16, "image": 64, "batch": 8, "examples": 96, "epochs": 1})
	if len(faults) > 0 {
		t.Fatal(faults)
	}
	casetest.CheckRatios(t, &training, builtin.Input{Params: p}, 0.01)
}

// Fits in one type of numbers end with weights that are equal to the bit, whatever the other
// techniques and the number of processors. The other type gives other weights.
func TestFitsAgree(t *testing.T) {
	p, faults := training.Resolve(map[string]any{"batch": 16, "filters": 6, "image": 16, "examples": 70, "epochs": 3})
	if len(faults) > 0 {
		t.Fatal(faults)
	}
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(0))
	want := map[string]string{} // by the type of numbers
	types := map[string]string{
		"plain": "float64", "preallocated": "float64", "without-float32": "float64",
		"float32": "float32", "without-preallocation": "float32", "all": "float32",
	}
	for _, procs := range []int{1, 3} {
		runtime.GOMAXPROCS(procs)
		for _, v := range training.Variants {
			fit, err := v.Fit(builtin.Input{Params: p}, testbed.Unwatched)
			if err != nil {
				t.Fatal(err)
			}
			of := types[v.Name]
			if want[of] == "" {
				want[of] = fit.Weights
			}
			if fit.Weights != want[of] {
				t.Errorf("%s on %d processors: weights %s, want %s", v.Name, procs, fit.Weights, want[of])
			}
		}
	}
	if want["float32"] == want["float64"] {
		t.Error("both types give the same weights")
	}
}

func TestPictures(t *testing.T) {
	levels := []uint8{0, 51, 255, 102, 204, 153}
	want := []float64{102 / 255., 204 / 255., 153 / 255.}
	kept := &bytePictures[float64]{levels, 3, make([]float64, 6)}
	for name, images := range map[string]pictures[float64]{
		"numbers": newNumberPictures[float64](levels, 3), "fresh": &bytePictures[float64]{levels, 3, nil}, "kept": kept,
	} {
		got := images.part(1, 2)
		if len(got) != len(want) {
			t.Fatalf("%s: %d numbers, want %d", name, len(got), len(want))
		}
		for i := range want {
			if got[i] != want[i] {
				t.Errorf("%s: number %d is %v, want %v", name, i, got[i], want[i])
			}
		}
	}
	if &kept.part(0, 1)[0] != &kept.part(1, 2)[0] {
		t.Error("with a buffer, parts are in two places")
	}
}

// Levels survive the conversion to numbers of each type and back.
func TestLevels(t *testing.T) {
	for level := range 256 {
		for _, number := range []float32{numberOf[float32](uint8(level)), float32(numberOf[float64](uint8(level)))} {
			if got := levelsOf([]float32{number})[0]; int(got) != level {
				t.Errorf("level %d came back as %d", level, got)
			}
		}
	}
}

// float32 does not change the loss by a hundredth.
func TestLearns(t *testing.T) {
	if casetest.RaceEnabled || testing.Short() {
		t.Skip("takes long; smaller fits run the same code")
	}
	p, _ := training.Resolve(nil)
	last := func(name string) profiler.Epoch {
		fit, err := training.Variant(name).Fit(builtin.Input{Params: p}, testbed.Unwatched)
		if err != nil {
			t.Fatal(err)
		}
		return fit.Epochs[len(fit.Epochs)-1]
	}
	plain, all := last("plain"), last("all")
	if plain.Accuracy <= 0.9 || math.Abs(plain.Loss-all.Loss) > 0.01*plain.Loss {
		t.Errorf("plain ended at %+v, with everything at %+v", plain, all)
	}
}
