package precision

import (
	"runtime"

	"heaplab/profiler"
	"heaplab/profiler/cases/testbed"
	"heaplab/profiler/model"
	"heaplab/profiler/subject/builtin"
)

// NewTraining returns the case of training, with the texts of a server to train on.
func NewTraining(texts builtin.ChoiceParam) builtin.Case {
	return builtin.Case{
		Name:  "precision-training",
		Title: "Train with numbers in fewer bits",
		Idea: "The article's code for its second case trains the model. " +
			"This case trains it in float64 and in float32: weights, activations, gradients and the optimiser's moments are all in one type. " +
			"An operation is one training step on a batch. Both variants start from the same weights, trained in float64, and allocate new tensors in every step.",
		Limit: "float32 halves the numbers; texts and indices stay the same. " +
			"float16 and bfloat16 are left out: most of Adam's updates are smaller than their precision, so such weights would stop learning. " +
			"The price is precision: the loss curves of the fits show whether it matters.",

		Params: textParams(texts),
		Presets: []builtin.Preset{
			{Name: "article-training", Title: "The article's case 2, its training", Params: builtin.Values(), Scale: builtin.Small},
		},
		Variants: []builtin.Variant{
			{
				Name: "float64", Title: "8 bytes per number",
				Setup: trainInFloat64, Fit: fit[float64],
				Source: testbed.Quote(Sources, "training.go", "trainInFloat64"),
			},
			{
				Name: "float32", Title: "4 bytes per number",
				Setup: trainInFloat32, Fit: fit[float32],
				Source: testbed.Quote(Sources, "training.go", "trainInFloat32"),
			},
		},
		Primary: []string{profiler.LiveHeap, profiler.BytesPerOp, profiler.NsPerOp},

		Check:       checkTexts,
		Estimate:    estimateTraining,
		Predict:     predictTraining,
		Preparation: preparation(trainingFormats),
	}
}

// trainingFormats are the formats that training computes in.
var trainingFormats = formats[:2]

// trainInFloat64 computes with numbers of 8 bytes.
func trainInFloat64(in builtin.Input) (builtin.Work, error) { return newTraining[float64](in, 0) }

// trainInFloat32 computes with numbers of 4 bytes, to which the trained weights are rounded.
func trainInFloat32(in builtin.Input) (builtin.Work, error) { return newTraining[float32](in, 1) }

// A textStep is a TextClassifier set up for training steps in numbers of type T.
type textStep[T model.Float] struct {
	metrics []profiler.Measurement
	trainer *model.TextTrainer[T]
	texts   heldTexts
}

// newTraining sets up row i of trainingFormats.
func newTraining[T model.Float](in builtin.Input, i int) (builtin.Work, error) {
	m := shape(in.Params)
	texts, err := holdTexts(in)
	if err != nil {
		return nil, err
	}
	weights, quality, err := readTrained[T](in, i, len(trainingFormats))
	if err != nil {
		return nil, err
	}
	size := profiler.Measurement{Unit: profiler.ModelBytes, Value: trainingFormats[i].weight * float64(m.WeightCount())}
	return &textStep[T]{
		metrics: append(quality, size),
		trainer: model.NewTextTrainer(m, weights, model.Fresh[T]{}, runtime.GOMAXPROCS(0)),
		texts:   texts,
	}, nil
}

// Op takes a step on the next full batch.
func (t *textStep[T]) Op(mark func()) error {
	batch := t.texts.nextBatch()
	_, err := t.trainer.Step(batch.ids, batch.labels, mark)
	return err
}

// Metrics returns the quality of the weights that training starts from, and their size.
func (t *textStep[T]) Metrics() []profiler.Measurement { return t.metrics }

// Close ends the workers.
func (t *textStep[T]) Close() error {
	t.trainer.Close()
	return nil
}

// predictTraining halves the numbers: weights, moments and the tensors of a step.
func predictTraining(p profiler.Params) []profiler.Prediction {
	numbers, others := float64(trainingNumbers(p)), heldBytes(p)
	return []profiler.Prediction{
		{Variant: "float32", Unit: profiler.ModelBytes, Ratio: 2},
		{Variant: "float32", Unit: profiler.LiveHeap, Ratio: profiler.Float((8*numbers + others) / (4*numbers + others)), Note: "with the texts, which stay as they are"},
	}
}

// estimateTraining scales measurements of the defaults and of the large preset of inference on two
// cores at about 3 GHz, without other load.
func estimateTraining(p profiler.Params) builtin.Estimate {
	return builtin.Estimate{
		Live:  trainingBytes(p),
		Churn: int64(8 * shape(p).Need(batch.Of(p)).Floats),
		Setup: setUpTime(p),
		Op:    stepTime(p),
		Fit:   fitTime(p),
	}
}
