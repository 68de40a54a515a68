// Package distillation compares a large image classifier with small ones that learned the same
// task, by themselves or from the large one.
package distillation

import (
	"embed"
	"fmt"
	"time"

	"heaplab/profiler"
	"heaplab/profiler/cases/testbed"
	"heaplab/profiler/model"
	"heaplab/profiler/subject/builtin"
)

// Sources are the files of this package.
//
//go:embed *.go
var Sources embed.FS

// New returns the case with the images of a server to train on.
func New(images builtin.ChoiceParam) builtin.Case {
	return builtin.Case{
		Name:  "distillation",
		Title: "Distil a large model into a small one",
		Idea: "A small model, the student, learns the features of a large one, the teacher, and takes its place. " +
			"The teacher is an image classifier. Students have fewer filters; all start from the same weights and take the same number of steps on the same images. " +
			"One learns from labels alone. One learns also from soft targets, the teacher's outputs at a temperature (Hinton et al., arXiv:1503.02531): α·T²·KL(teacher ‖ student) + (1−α)·cross-entropy. " +
			"One learns from labels and from features (a hint, Romero et al., arXiv:1412.6550): a learned linear projection maps the student's filters to the teacher's pooled convolution, and is dropped after the training. " +
			"Generated images are mostly noise here, because every student would classify clearer images correctly. All models train until they know their examples, so that slow convergence is not mistaken for low accuracy.",
		Limit: "The variants do not do the same work: outputs differ, and a student may be wrong where its teacher is right. Memory depends on the student's size alone, not on its training: " +
			"4.0 times less from 32 to 8 filters, (2278·32+10)/(2278·8+10) weights. Distillation can add accuracy, but does not always. Compare soft and feature with alone, not with the teacher. " +
			"Accuracies are means of several trainings with different initial weights, shown with the worst and the best. The operation is inference with the weights of the first training. " +
			"It costs a training of the teacher, and the teacher's outputs or features in memory while the student trains. Do not use it if a small model learns the task without a teacher, or if outputs must not change.",

		Params: builtin.ParamsOf(filters, student, temperature, alpha, hint, testbed.ImageBatch, testbed.ImageSide, testbed.Classes,
			noise, testbed.ImageExamples, epochs, seeds, testbed.ImageSeed, images),
		Presets: []builtin.Preset{
			{Name: "default", Title: "32 filters into 8", Params: builtin.Values(), Scale: builtin.Small},
			{Name: "short", Title: "The same, stopped after 10 epochs", Params: builtin.Values(epochs.Is(10))},
			{Name: "large", Title: "Large: 64 MiB of teacher's weights", Scale: builtin.Large, Params: builtin.Values(
				filters.Is(64), student.Is(16), testbed.ImageSide.Is(34), testbed.Classes.Is(1024), testbed.ImageBatch.Is(1),
				noise.Is(0.5), testbed.ImageExamples.Is(96), epochs.Is(20), seeds.Is(1))},
		},
		Variants: []builtin.Variant{
			{
				Name: "teacher", Title: "The large model",
				Setup:  variant("teacher").setUp,
				Source: testbed.Quote(Sources, "lesson.go", "lesson.teacher"),
			},
			{
				Name: "alone", Title: "A small one, trained on labels alone",
				Setup:  variant("alone").setUp,
				Source: testbed.Quote(Sources, "lesson.go", "lesson.alone"),
			},
			{
				Name: "soft", Title: "A small one, distilled by soft targets",
				Setup:  variant("soft").setUp,
				Source: testbed.Quote(Sources, "lesson.go", "lesson.soft"),
			},
			{
				Name: "feature", Title: "A small one, distilled by features",
				Setup:  variant("feature").setUp,
				Source: testbed.Quote(Sources, "lesson.go", "lesson.feature"),
			},
		},
		Primary: []string{profiler.LiveHeap, profiler.BytesPerOp, profiler.NsPerOp},

		Check:       check,
		Estimate:    estimate,
		Predict:     predict,
		Preparation: &preparation,
	}
}

// Params of the case, besides those of all image classifiers.
var (
	filters     = testbed.Filters.AtLeast(2)
	student     = builtin.NewInt("student", 8, 1, 1023, "filters of the students; param filters is the teacher's")
	temperature = builtin.NewNumber("temperature", 4, 0.1, 100, "divides the logits for soft targets; higher values give wrong classes more weight")
	alpha       = builtin.NewNumber("alpha", 0.9, 0, 1, "share of the soft targets in the loss; the rest is the labels'")
	hint        = builtin.NewNumber("hint", 1, 0, 1000, "weight of the features' relative squared error, beside the labels' loss")
	noise       = builtin.NewNumber("noise", 0.9, 0, 1, "share of noise in generated images; more noise makes the classes harder to tell apart; other cases use 0.5")
	epochs      = builtin.NewInt("epochs", 30, 1, 100, "passes over the images in each training; 10 are too few for the students")
	seeds       = builtin.NewInt("seeds", 5, 1, 20, "trainings of each model; their initial weights have consecutive seeds")
)

// studentShape returns the small model that the params ask for; testbed.ImageShape is the
// teacher's.
func studentShape(p profiler.Params) model.ImageClassifier {
	m := testbed.ImageShape(p)
	m.Filters = student.Of(p)
	return m
}

// check rejects students that are as large as their teacher.
func check(p profiler.Params) profiler.Faults {
	faults := testbed.CheckImages(p)
	if student.Of(p) >= filters.Of(p) {
		faults = append(faults, profiler.Fault{
			Field:   "student",
			Message: fmt.Sprintf("must be below the number of the teacher's filters, %d", filters.Of(p)),
		})
	}
	return faults
}

// predict counts the bytes of a model of each size, however it was trained.
func predict(p profiler.Params) []profiler.Prediction {
	teacher, small, batch := testbed.ImageShape(p), studentShape(p), testbed.ImageBatch.Of(p)
	images := testbed.HeldImages(p) * teacher.Pixels()
	ratio := func(numbers func(model.ImageClassifier) int) profiler.Float {
		return profiler.Float(float64(numbers(teacher)) / float64(numbers(small)))
	}
	weights := ratio(model.ImageClassifier.WeightCount)
	live := ratio(func(m model.ImageClassifier) int { return m.WeightCount() + m.PredictNeed(batch).Floats + images })
	churn := ratio(func(m model.ImageClassifier) int { return m.PredictNeed(batch).Floats })
	var out []profiler.Prediction
	for _, v := range []string{"alone", "soft", "feature"} {
		out = append(out,
			profiler.Prediction{Variant: v, Unit: profiler.ModelBytes, Ratio: weights},
			profiler.Prediction{Variant: v, Unit: profiler.LiveHeap, Ratio: live, Note: "with activations, and with images, which stay as they are"},
			profiler.Prediction{Variant: v, Unit: profiler.BytesPerOp, Ratio: churn},
		)
	}
	return out
}

// estimate scales measurements of the defaults and the large preset on two cores at about 3 GHz,
// without other load.
func estimate(p profiler.Params) builtin.Estimate {
	const (
		perProduct = 0.3 // nanoseconds of a multiplication, on two cores
		perWeight  = 6.0 // of the loading of a weight
		perPixel   = 6.0 // of the generation of a number of an image
	)
	m, batch := testbed.ImageShape(p), testbed.ImageBatch.Of(p)
	weights, need := m.WeightCount(), m.PredictNeed(batch)
	examples := testbed.ImageExamples.Of(p)
	images := examples * m.Pixels()
	kept := weights + 3*studentShape(p).WeightCount() // of the first seed's models
	lessons := examples * (m.DenseRows() + m.Classes) // the teacher's features and logits
	return builtin.Estimate{
		Live:  int64(4 * (weights + need.Floats + images)),
		Churn: int64(4 * need.Floats),
		Setup: time.Duration(float64(images)*perPixel + float64(kept)*perWeight),
		Op:    time.Duration(float64(batch) * float64(m.PredictProducts()) * perProduct),

		// The teacher's moments while it trains; after that, its features and logits.
		FitLive: int64(4 * (2*kept + 2*weights + m.Need(testbed.TrainBatch).Floats + lessons + images + testbed.ImageTests*m.Pixels())),
	}
}

// preparationTime estimates the preparation: for each seed, a teacher and three students are
// trained and tested.
func preparationTime(p profiler.Params) time.Duration {
	const (
		perProduct = 0.25 // nanoseconds of a multiplication in training, on two cores
		perTest    = 0.3  // in inference
		perHint    = 1.0  // of the projection of features, on one core
		perUpdate  = 5.0  // of the update of a weight
	)
	teacher, small, examples := testbed.ImageShape(p), studentShape(p), testbed.ImageExamples.Of(p)
	seen := float64(epochs.Of(p) * examples) // images in a training
	steps := float64(testbed.TrainingSteps(epochs.Of(p), examples))
	training := func(m model.ImageClassifier) float64 {
		return seen*float64(m.StepProducts())*perProduct + steps*float64(m.WeightCount())*perUpdate
	}
	hints := seen * float64(3*teacher.DenseRows()*small.Filters) * perHint
	tests := float64((testbed.ImageTests+examples)*teacher.PredictProducts()+3*testbed.ImageTests*small.PredictProducts()) * perTest
	return time.Duration(float64(seeds.Of(p)) * (training(teacher) + 3*training(small) + hints + tests))
}
