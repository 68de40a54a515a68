package pruning

import (
	"math"
	"testing"

	"heaplab/profiler"
	"heaplab/profiler/cases/casetest"
	"heaplab/profiler/cases/testbed"
	"heaplab/profiler/subject/builtin"
)

var pruning = New(testbed.ImageData)

// Formats of the same pruned weights give the same outputs, and take the predicted bytes.
func TestFormats(t *testing.T) {
	p, faults := pruning.Resolve(map[string]any{"filters": 8, "image": 20, "classes": 200, "examples": 64, "epochs": 2, "frequency": 1})
	if len(faults) > 0 {
		t.Fatal(faults)
	}
	in := casetest.Prepare(t, &pruning, p)
	got := map[string]map[string]float64{}
	for _, v := range pruning.Variants {
		got[v.Name] = casetest.Metrics(t, &pruning, v.Name, in)
	}
	if err := got["dense"][profiler.MaxAbsErr]; err != 0 {
		t.Errorf("the unpruned model differs from itself by %v", err)
	}
	want := got["masked"]
	for _, format := range []string{"csr", "packed"} {
		for _, unit := range []string{profiler.MaxAbsErr, profiler.Accuracy, profiler.Loss} {
			if math.Abs(got[format][unit]-want[unit]) > 1e-5 {
				t.Errorf("%s of %s = %v, of masked %v", unit, format, got[format][unit], want[unit])
			}
		}
	}
	for _, prediction := range pruning.Predict(p) {
		if prediction.Unit != profiler.ModelBytes {
			continue
		}
		ratio := got["dense"][profiler.ModelBytes] / got[prediction.Variant][profiler.ModelBytes]
		if math.Abs(ratio/float64(prediction.Ratio)-1) > 0.01 {
			t.Errorf("%s takes %.3f times less, predicted was %.3f", prediction.Variant, ratio, prediction.Ratio)
		}
	}
}

// The article's own ratios, with default params: on kernels 1, 2 and 4.3 at 80%.
func TestRatios(t *testing.T) {
	p, _ := pruning.Resolve(nil)
	want := map[string]float64{"masked": 1, "csr": 2, "packed": 4.3}
	for _, prediction := range pruning.Predict(p) {
		ratio, ok := want[prediction.Variant]
		if ok && prediction.Unit == profiler.ModelBytes && math.Abs(float64(prediction.Ratio)/ratio-1) > 0.05 {
			t.Errorf("%s: %v, want %v", prediction.Variant, prediction.Ratio, ratio)
		}
	}
}

func TestRejectsScheduleThatNeverPrunes(t *testing.T) {
	for _, test := range []struct {
		name   string
		params map[string]any
		fault  bool
	}{
		{"defaults", nil, false},
		{"tfmot's frequency, 160 steps", map[string]any{"schedule": "constant", "frequency": 100}, false},
		{"one step short of it", map[string]any{"schedule": "constant", "frequency": 161}, true},
		{"begins after the end", map[string]any{"begin": 161}, true},
		{"begins at the last step", map[string]any{"schedule": "constant", "begin": 160, "frequency": 50}, false},
		{"polynomial that cannot grow", map[string]any{"begin": 155, "frequency": 50}, true},
	} {
		t.Run(test.name, func(t *testing.T) {
			_, faults := pruning.Resolve(test.params)
			if got := faults.For("frequency") != ""; got != test.fault {
				t.Errorf("faults = %v", faults)
			}
		})
	}
}

func TestRejectsSparsityThatRemovesNoFilter(t *testing.T) {
	_, faults := pruning.Resolve(map[string]any{"filters": 4, "sparsity": 0.1})
	if faults.For("sparsity") == "" {
		t.Errorf("faults = %v", faults)
	}
}

// Every variant has a format.
func TestFormatsHaveVariants(t *testing.T) {
	if len(formats) != len(pruning.Variants) {
		t.Fatalf("%d formats of %d variants", len(formats), len(pruning.Variants))
	}
	for _, f := range formats {
		if pruning.Variant(f.name) == nil {
			t.Errorf("no variant %s", f.name)
		}
	}
}

func TestLearns(t *testing.T) {
	if casetest.RaceEnabled || testing.Short() {
		t.Skip("takes long; smaller fits run the same code")
	}
	p, _ := pruning.Resolve(nil)
	for _, v := range pruning.Variants {
		if v.Fit == nil {
			continue
		}
		fit, err := v.Fit(builtin.Input{Params: p}, testbed.Unwatched)
		if err != nil {
			t.Fatal(err)
		}
		if last := fit.Epochs[len(fit.Epochs)-1]; last.Accuracy <= 0.9 {
			t.Errorf("%s: after %d epochs %+v", v.Name, len(fit.Epochs), last)
		}
	}
}
