package cases

import (
	"fmt"
	"math"
	"time"

	"heaplab/profiler"
	"heaplab/profiler/model"
	"heaplab/profiler/subject/builtin"
)

// distillation holds a large ImageClassifier and small ones that learned the same task, by themselves or from it.
var distillation = builtin.Case{
	Name:      "distillation",
	Title:     "Distil a large model into a small one",
	Technique: "模型结构优化 · 知识蒸馏 (structure: distil knowledge)",
	Idea: "知识蒸馏: a small model, the student, extracts the features of a large one, the teacher, and takes its place. " +
		"The teacher is ImageClassifier; students have fewer filters, and all of them have the same first weights, images and number of steps. " +
		"One learns from labels alone. One learns from soft targets as well, the teacher's outputs at a temperature (Hinton et al., arXiv:1503.02531): α·T²·KL(teacher ‖ student) + (1−α)·cross-entropy. " +
		"One learns from labels and from features (a hint, Romero et al., arXiv:1412.6550): what the teacher's convolution gives after pooling, to which a learned linear projection takes the student's filters; it is thrown away after the training. " +
		"Generated images are mostly noise here, or every student would get everything right; and all models are trained until they know their examples, or the slowest learner would look the worst.",
	Limit: "This is not the same work: outputs differ, and a student may be wrong where its teacher is right. Memory is that of any model of the student's size, however it was trained: " +
		"4.0 times less from 32 to 8 filters, (2278·32+10)/(2278·8+10) weights. What distillation can add is accuracy, and it need not: hold soft and feature against alone, not against the teacher. " +
		"Accuracies are means over trainings from several first weights, with the worst and the best of them; the operation is inference with the weights of the first. " +
		"It costs a training of the teacher before the student's, with the teacher's outputs or features in memory. It is not for you where a small model learns the task by itself, or where outputs have to stay what they are.",

	Params: []builtin.Param{
		{Name: "filters", Type: builtin.Int, Default: int64(32), Min: 2, Max: 1024, Help: "filters of the teacher's convolution; weights grow with them"},
		{Name: "student", Type: builtin.Int, Default: int64(8), Min: 1, Max: 1023, Help: "filters of the students'"},
		{Name: "temperature", Type: builtin.Number, Default: 4.0, Min: 0.1, Max: 100, Help: "by which logits are divided for soft targets: the higher, the more the wrong classes count"},
		{Name: "alpha", Type: builtin.Number, Default: 0.9, Min: 0, Max: 1, Help: "share of the soft targets in the loss; the rest is the labels'"},
		{Name: "hint", Type: builtin.Number, Default: 1.0, Min: 0, Max: 1000, Help: "weight of the features' relative squared error, beside the labels' loss"},
		{Name: "batch", Type: builtin.Int, Default: int64(32), Min: 1, Max: 1024, Help: "images in an inference"},
		{Name: "image", Type: builtin.Int, Default: int64(32), Min: 8, Max: 256, Help: "side of the square images, in pixels; weights grow with its square"},
		{Name: "classes", Type: builtin.Int, Default: int64(10), Min: 10, Max: 4096, Help: "outputs of the models, of which ten occur in the data; weights grow with them"},
		{Name: "noise", Type: builtin.Number, Default: 0.9, Min: 0, Max: 1, Help: "share of noise in generated images: the more, the harder they are to tell apart; other cases have 0.5"},
		{Name: "examples", Type: builtin.Int, Default: int64(500), Min: 10, Max: 100_000, Help: "images to train on"},
		{Name: "epochs", Type: builtin.Int, Default: int64(30), Min: 1, Max: 100, Help: "passes over the images in each training; after 10, students are not done"},
		{Name: "seeds", Type: builtin.Int, Default: int64(5), Min: 1, Max: 20, Help: "trainings of each model, from first weights of seeds that follow each other"},
		{Name: "seed", Type: builtin.Int, Default: int64(1), Min: 0, Max: math.MaxInt32, Help: "seed of the images, and the first of the weights'"},
		imageData,
	},
	Presets: []builtin.Preset{
		{Name: "default", Title: "32 filters into 8", Params: map[string]any{}, Scale: builtin.Small},
		{Name: "short", Title: "The same, stopped after 10 epochs", Params: map[string]any{"epochs": 10}},
		{Name: "large", Title: "Large: 64 MiB of teacher's weights", Params: map[string]any{"filters": 64, "student": 16, "image": 34, "classes": 1024, "batch": 1, "noise": 0.5, "examples": 96, "epochs": 20, "seeds": 1}, Scale: builtin.Large},
	},
	Variants: []builtin.Variant{
		{
			Name: "teacher", Title: "The large model",
			Setup:  learner("teacher").setUp,
			Source: ownSource("distilling.go", "lesson.teacher"),
		},
		{
			Name: "alone", Title: "A small one, trained on labels alone",
			Setup:  learner("alone").setUp,
			Source: ownSource("distilling.go", "lesson.alone"),
		},
		{
			Name: "soft", Title: "A small one, distilled by soft targets",
			Setup:  learner("soft").setUp,
			Source: ownSource("distilling.go", "lesson.soft"),
		},
		{
			Name: "feature", Title: "A small one, distilled by features",
			Setup:  learner("feature").setUp,
			Source: ownSource("distilling.go", "lesson.feature"),
		},
	},
	Primary: []string{profiler.LiveHeap, profiler.BytesPerOp, profiler.NsPerOp},

	Check:       checkDistillation,
	Estimate:    estimateDistillation,
	Predict:     predictDistillation,
	Preparation: &distillationPreparation,
}

// studentShape is the small model that the params ask for; imageShape is the teacher's.
func studentShape(p profiler.Params) model.ImageClassifier {
	m := imageShape(p)
	m.Filters = p.Int("student")
	return m
}

// checkDistillation refuses students that are no smaller than their teacher.
func checkDistillation(p profiler.Params) profiler.Faults {
	faults := append(checkBatch(p), checkImageData(p)...)
	if p.Int("student") >= p.Int("filters") {
		faults = append(faults, profiler.Fault{
			Field:   "student",
			Message: fmt.Sprintf("must be below the number of the teacher's filters, %d", p.Int("filters")),
		})
	}
	return faults
}

// predictDistillation counts what a model of either size holds. How it was trained does not matter.
func predictDistillation(p profiler.Params) []profiler.Prediction {
	const number = 4 // bytes of a float32
	teacher, student, batch := imageShape(p), studentShape(p), p.Int("batch")
	images := heldImages(p) * (teacher.Pixels() + 1) // with their labels, of the same size
	ratio := func(bytes func(model.ImageClassifier) int) profiler.Float {
		return profiler.Float(float64(bytes(teacher)) / float64(bytes(student)))
	}
	weights := ratio(func(m model.ImageClassifier) int { return number * m.WeightCount() })
	live := ratio(func(m model.ImageClassifier) int {
		return number * (m.WeightCount() + m.PredictNeed(batch).Floats + images)
	})
	churn := ratio(func(m model.ImageClassifier) int { return number * m.PredictNeed(batch).Floats })
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

// estimateDistillation scales as estimatePruning does.
func estimateDistillation(p profiler.Params) builtin.Estimate {
	const (
		perProduct = 0.3 // nanoseconds of a multiplication, on two cores
		perWeight  = 6.0 // of the loading of a weight
		perPixel   = 6.0 // of the generation of a number of an image
	)
	m, student, batch := imageShape(p), studentShape(p), p.Int("batch")
	weights, need := m.WeightCount(), m.PredictNeed(batch)
	images := p.Int("examples") * m.Pixels()
	kept := weights + 3*student.WeightCount() // of the first seed's models
	taught := p.Int("examples") * (m.DenseRows() + m.Classes)
	return builtin.Estimate{
		Live:  int64(4 * (weights + need.Floats + images)),
		Churn: int64(4 * need.Floats),
		Setup: time.Duration(float64(images)*perPixel + float64(kept)*perWeight),
		Op:    time.Duration(float64(batch) * float64(m.PredictProducts()) * perProduct),

		// While a teacher is trained there are its moments; after that, what it teaches.
		FitLive: int64(4 * (2*kept + 2*weights + m.Need(trainBatch).Floats + taught + images + imageTests*m.Pixels())),
	}
}

// distillationTime estimates the preparation: of every seed a teacher and three students, tested.
func distillationTime(p profiler.Params) time.Duration {
	const (
		perProduct = 0.25 // nanoseconds of a multiplication in training, on two cores
		perTest    = 0.3  // in inference
		perHint    = 1.0  // of the projection of features, on one
		perUpdate  = 5.0  // of the update of a weight
	)
	teacher, student := imageShape(p), studentShape(p)
	seen := float64(p.Int("epochs") * p.Int("examples")) // images in a training
	steps := float64(trainingSteps(p))
	training := func(m model.ImageClassifier) float64 {
		return seen*float64(m.StepProducts())*perProduct + steps*float64(m.WeightCount())*perUpdate
	}
	hint := seen * float64(3*teacher.DenseRows()*student.Filters) * perHint
	tests := float64((imageTests+p.Int("examples"))*teacher.PredictProducts()+3*imageTests*student.PredictProducts()) * perTest
	return time.Duration(float64(p.Int("seeds")) * (training(teacher) + 3*training(student) + hint + tests))
}
