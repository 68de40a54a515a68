package integer

import (
	"fmt"
	"math"
	"testing"

	"heaplab/profiler"
	"heaplab/profiler/cases/casetest"
	"heaplab/profiler/cases/testbed"
)

var integer = New(testbed.ImageData)

// Outputs stay close to float64's, on trained weights and on images that were not trained on.
func TestOutputs(t *testing.T) {
	if casetest.RaceEnabled {
		t.Skip("takes a minute with the race detector; smaller fits run the same code")
	}
	for _, test := range []struct {
		params map[string]any
		least  float64 // accuracy
	}{
		{map[string]any{"filters": 8, "image": 20}, 0.95},
		{map[string]any{"filters": 8, "image": 20, "classes": 200, "epochs": 3}, 0.6},
	} {
		t.Run(fmt.Sprint(test.params), func(t *testing.T) {
			p, _ := integer.Resolve(test.params)
			in := casetest.Prepare(t, &integer, p)
			want := casetest.Metrics(t, &integer, "float64", in)
			if want[profiler.MaxAbsErr] != 0 || want[profiler.Accuracy] < test.least {
				t.Errorf("float64: %v", want)
			}
			for name, bound := range map[string]float64{"float32": 1e-5, "int8": 1e-2, "int8-activations": 1e-2} {
				got := casetest.Metrics(t, &integer, name, in)
				if err := got[profiler.MaxAbsErr]; err == 0 || err >= bound {
					t.Errorf("%s has an error of %v", name, err)
				}
				if off := got[profiler.Accuracy] - want[profiler.Accuracy]; math.Abs(off) > 0.01 {
					t.Errorf("%s: the accuracy %v has an error of %v", name, got[profiler.Accuracy], off)
				}
				if off := got[profiler.Loss] - want[profiler.Loss]; math.Abs(off) > 0.01 {
					t.Errorf("%s: the loss %v has an error of %v", name, got[profiler.Loss], off)
				}
			}
		})
	}
}

// The article's model has 72,864 weights of 42 outputs, and as many biases as outputs.
func TestSizes(t *testing.T) {
	if casetest.RaceEnabled {
		t.Skip("takes a minute with the race detector; smaller fits run the same code")
	}
	p, _ := integer.Resolve(map[string]any{"examples": 32, "epochs": 1})
	in := casetest.Prepare(t, &integer, p)
	want := map[string]float64{
		"float64": 8 * (72864 + 42), "float32": 4 * (72864 + 42),
		"int8": 72864 + 4*42 + 4*42, "int8-activations": 72864 + 4*42 + 4*42,
	}
	for name, size := range want {
		if got := casetest.Metrics(t, &integer, name, in)[profiler.ModelBytes]; got != size {
			t.Errorf("%s has %v bytes, want %v", name, got, size)
		}
	}
	for _, prediction := range integer.Predict(p) {
		ratio := want["float64"] / want[prediction.Variant]
		if prediction.Unit == profiler.ModelBytes && float64(prediction.Ratio) != ratio {
			t.Errorf("%s is predicted to take %v times less, not %v", prediction.Variant, prediction.Ratio, ratio)
		}
	}
}

// A model that is large beside a process holds and allocates what is predicted.
func TestMemory(t *testing.T) {
	p, _ := integer.Resolve(map[string]any{"filters": 32, "image": 20, "classes": 400, "batch": 16, "examples": 32, "epochs": 1})
	casetest.CheckRatios(t, &integer, casetest.Prepare(t, &integer, p), 0.03)
}

// Every variant is in the table of formats, in the same order.
func TestFormatsHaveVariants(t *testing.T) {
	if len(formats) != len(integer.Variants) {
		t.Fatalf("%d formats of %d variants", len(formats), len(integer.Variants))
	}
	for i, f := range formats {
		if integer.Variants[i].Name != f.name {
			t.Errorf("variant %d is %s, its format %s", i, integer.Variants[i].Name, f.name)
		}
	}
}

func TestRejectsLargeBatches(t *testing.T) {
	if _, faults := integer.Resolve(map[string]any{"batch": 33, "examples": 32}); faults.For("batch") == "" {
		t.Errorf("faults = %v", faults)
	}
}
