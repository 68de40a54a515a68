package distillation

import (
	"math"
	"slices"
	"testing"

	"heaplab/profiler"
	"heaplab/profiler/cases/casetest"
	"heaplab/profiler/cases/testbed"
	"heaplab/profiler/model"
	"heaplab/profiler/subject/builtin"
)

var distillation = New(testbed.ImageData)

// smoke are params with which the case ends in a moment.
var smoke = builtin.Values(testbed.ImageBatch.Is(4), filters.Is(4), student.Is(2), testbed.ImageSide.Is(8), testbed.ImageExamples.Is(40), epochs.Is(2), seeds.Is(2))

func TestRatios(t *testing.T) {
	p, _ := distillation.Resolve(nil)
	want := (2278.0*32 + 10) / (2278*8 + 10)
	for _, prediction := range distillation.Predict(p) {
		if prediction.Unit == profiler.ModelBytes && float64(prediction.Ratio) != want {
			t.Errorf("%s: %v, want %v", prediction.Variant, prediction.Ratio, want)
		}
	}
}

// The variants hold and allocate what is predicted.
func TestMemory(t *testing.T) {
	if casetest.RaceEnabled {
		t.Skip("takes half a minute with the race detector; smaller models run the same code")
	}
	p, faults := distillation.Resolve(map[string]any{"filters": 64, "student": 16, "image": 34, "batch": 4, "classes": 64, "examples": 32, "epochs": 1, "seeds": 1})
	if len(faults) > 0 {
		t.Fatal(faults)
	}
	casetest.CheckRatios(t, &distillation, casetest.Prepare(t, &distillation, p), 0.01)
}

// The teacher has no error, and all models have different losses.
func TestOutputs(t *testing.T) {
	p, _ := distillation.Resolve(smoke)
	in := casetest.Prepare(t, &distillation, p)
	losses := map[float64]string{}
	for _, v := range distillation.Variants {
		got := casetest.Metrics(t, &distillation, v.Name, in)
		if same := got[profiler.MaxAbsErr] == 0; same != (v.Name == "teacher") {
			t.Errorf("%s has an error of %v", v.Name, got[profiler.MaxAbsErr])
		}
		if other := losses[got[profiler.Loss]]; other != "" {
			t.Errorf("%s and %s have the same loss", v.Name, other)
		}
		losses[got[profiler.Loss]] = v.Name
		if got[profiler.AccuracyMin] > got[profiler.Accuracy] || got[profiler.Accuracy] > got[profiler.AccuracyMax] {
			t.Errorf("%s: accuracies %v", v.Name, got)
		}
	}
}

// With weight 0 on the teacher, students learn the same as the one without a teacher: the variants
// differ in the loss alone.
func TestStudentsDifferInTheLossAlone(t *testing.T) {
	raw := map[string]any{"alpha": 0, "hint": 0}
	for name, value := range smoke {
		raw[name] = value
	}
	p, _ := distillation.Resolve(raw)
	l := lessonOf(t, p)
	weights := map[string][]float32{}
	for _, one := range learners {
		w, err := one.learn(l)
		if err != nil {
			t.Fatal(err)
		}
		weights[one.name] = w.All
	}
	for _, name := range []string{"soft", "feature"} {
		if !slices.Equal(weights[name], weights["alone"]) {
			t.Errorf("without weight on the teacher, the weights of %s differ from those of alone", name)
		}
	}
}

func lessonOf(t *testing.T, p profiler.Params) *lesson {
	t.Helper()
	examples, _, err := testbed.LoadNoisyImages(builtin.Input{Params: p}, testbed.ImageShape(p), noise.Of(p), testbed.ImageExamples.Of(p), 0)
	if err != nil {
		t.Fatal(err)
	}
	return &lesson{Params: p, seed: uint64(testbed.ImageSeed.Of(p)), examples: examples}
}

// Every variant is a learner.
func TestLearnersAreVariants(t *testing.T) {
	for i, v := range distillation.Variants {
		if learners[i].name != v.Name {
			t.Errorf("learner %d is %s, variant %s", i, learners[i].name, v.Name)
		}
	}
	if len(learners) != len(distillation.Variants) {
		t.Errorf("%d learners of %d variants", len(learners), len(distillation.Variants))
	}
}

func TestRejectsLargeStudents(t *testing.T) {
	for student, fault := range map[int]bool{7: false, 8: true, 9: true} {
		_, faults := distillation.Resolve(map[string]any{"filters": 8, "student": student})
		if got := faults.For("student") != ""; got != fault {
			t.Errorf("%d of 8 filters: faults = %v", student, faults)
		}
	}
}

func TestQualityOfSeeds(t *testing.T) {
	got := qualityOfSeeds([]float64{0.1, 0.5, 3, 0.4, 0.75, 1, 0.2, 1, 2})
	want := map[string]float64{
		profiler.MaxAbsErr: 0.4, profiler.Accuracy: 0.75, profiler.AccuracyMin: 0.5, profiler.AccuracyMax: 1, profiler.Loss: 2,
	}
	for _, m := range got {
		if math.Abs(m.Value-want[m.Unit]) > 1e-12 {
			t.Errorf("%s = %v, want %v", m.Unit, m.Value, want[m.Unit])
		}
	}
	if len(got) != len(want) {
		t.Errorf("got %v", got)
	}
}

// At the defaults all models learn their examples, so that no training stopped too early, and the
// teacher is worth learning from.
func TestLearns(t *testing.T) {
	if casetest.RaceEnabled || testing.Short() {
		t.Skip("takes long; smaller fits run the same code")
	}
	p, _ := distillation.Resolve(nil)
	l := lessonOf(t, p)
	for _, one := range learners {
		w, err := one.learn(l)
		if err != nil {
			t.Fatal(err)
		}
		m := one.shape(p)
		got := testbed.PredictImages(m, model.DenseLayers(m, w), l.examples)
		if accuracy := testbed.ImageQuality(got, got, l.examples.Labels)[1]; accuracy < 0.98 {
			t.Errorf("%s gets %.3f of its own examples right", one.name, accuracy)
		}
	}
}
