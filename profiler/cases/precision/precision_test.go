package precision

import (
	"math"
	"testing"

	"heaplab/profiler"
	"heaplab/profiler/cases/casetest"
	"heaplab/profiler/cases/testbed"
	"heaplab/profiler/subject/builtin"
)

var (
	precision         = New(testbed.TextData)
	precisionTraining = NewTraining(testbed.TextData)
)

// float64 gives the outputs of the training; the other formats have the errors of their rounding, in
// fewer bytes.
func TestOutputs(t *testing.T) {
	p := casetest.Resolve(t, &precision, builtin.Values(examples.Is(60), epochs.Is(2), vocab.Is(50), steps.Is(8)))
	in := casetest.Prepare(t, &precision, p)
	want := casetest.Metrics(t, &precision, "float64", in)
	for _, test := range []struct {
		variant     string
		ratio       float64 // of the sizes of weights
		least, most float64 // error of an output
	}{
		{"float64", 1, 0, 0}, {"float32", 2, 1e-10, 1e-6}, {"float16", 4, 1e-7, 1e-3}, {"bfloat16", 4, 1e-6, 1e-2},
	} {
		got := casetest.Metrics(t, &precision, test.variant, in)
		if err := got[profiler.MaxAbsErr]; err < test.least || err > test.most {
			t.Errorf("%s: the error is %g, want %g to %g", test.variant, err, test.least, test.most)
		}
		if ratio := want[profiler.ModelBytes] / got[profiler.ModelBytes]; ratio != test.ratio {
			t.Errorf("%s takes %v times less, want %v", test.variant, ratio, test.ratio)
		}
		if math.Abs(got[profiler.Accuracy]-want[profiler.Accuracy]) > 0.01 || math.Abs(got[profiler.Loss]-want[profiler.Loss]) > 0.01 {
			t.Errorf("%s: accuracy %v and loss %v, want %v and %v", test.variant,
				got[profiler.Accuracy], got[profiler.Loss], want[profiler.Accuracy], want[profiler.Loss])
		}
	}
}

// The live heap and the weights of a large vocabulary take the predicted bytes. The table of float16
// is older than the test's set-up, so it must be small beside the weights.
func TestMemory(t *testing.T) {
	large := builtin.Values(vocab.Is(1<<17), embedding.Is(64), steps.Is(10), batch.Is(8), examples.Is(32), epochs.Is(1))
	for _, c := range []*builtin.Case{&precision, &precisionTraining} {
		t.Run(c.Name, func(t *testing.T) {
			p := casetest.Resolve(t, c, large)
			casetest.CheckRatios(t, c, casetest.Prepare(t, c, p), 0.02)
		})
	}
}

// Every variant has a format, in the same order.
func TestFormatsHaveVariants(t *testing.T) {
	for c, list := range map[*builtin.Case][]format{&precision: formats, &precisionTraining: trainingFormats} {
		if len(list) != len(c.Variants) {
			t.Fatalf("%s: %d formats of %d variants", c.Name, len(list), len(c.Variants))
		}
		for i, f := range list {
			if c.Variants[i].Name != f.name {
				t.Errorf("%s: variant %d is %s, its format %s", c.Name, i, c.Variants[i].Name, f.name)
			}
		}
	}
}

func TestTrainingLearns(t *testing.T) {
	if casetest.RaceEnabled || testing.Short() {
		t.Skip("takes long; smaller fits run the same code")
	}
	p := casetest.Resolve(t, &precisionTraining, nil)
	for _, v := range precisionTraining.Variants {
		fit, err := v.Fit(builtin.Input{Params: p}, testbed.Unwatched)
		if err != nil {
			t.Fatal(err)
		}
		if last := fit.Epochs[len(fit.Epochs)-1]; last.Accuracy <= 0.9 {
			t.Errorf("%s: after %d epochs %+v", v.Name, len(fit.Epochs), last)
		}
	}
}
