package cases

import (
	"errors"
	"io"
	"math"
	"runtime"
	"slices"
	"time"

	"heaplab/profiler"
	"heaplab/profiler/model"
	"heaplab/profiler/subject/builtin"
)

const (
	imageTests = 1000 // images that a model is tested on; none of those that it is trained on
	trainBatch = 32   // images in a training step, whatever the batch of an inference
	imageKinds = 10   // classes that occur in the data
)

// imageShape is the model that the params ask for.
func imageShape(p profiler.Params) model.ImageClassifier {
	m := shapeOf(p)
	m.Classes = p.Int("classes")
	return m
}

// filtersLeft is how many filters are not removed.
func filtersLeft(p profiler.Params) int {
	return max(1, int(math.Round(float64(p.Int("filters"))*(1-p.Number("sparsity")))))
}

// trainingSteps is how many steps a whole fit has.
func trainingSteps(p profiler.Params) int {
	return p.Int("epochs") * ((p.Int("examples") + trainBatch - 1) / trainBatch)
}

// pruningSchedule is the schedule that the params ask for. It ends at the last step at which
// masks are computed, so that the whole sparsity is reached there.
func pruningSchedule(p profiler.Params) model.Schedule {
	begin, frequency := p.Int("begin"), p.Int("frequency")
	if p.Text("schedule") == "constant" {
		return model.ConstantSparsity{Span: model.Span{Begin: begin, End: -1, Frequency: frequency}, Sparsity: p.Number("sparsity")}
	}
	end := begin + max(0, trainingSteps(p)-begin)/frequency*frequency
	return model.PolynomialDecay{Span: model.Span{Begin: begin, End: end, Frequency: frequency}, Final: p.Number("sparsity")}
}

// An imageSet is images with their labels.
type imageSet struct {
	x      []float32 // [images, height, width, channels]
	labels []int32   // [images]
	pixels int
}

func (s imageSet) part(lo, hi int) imageSet {
	return imageSet{s.x[lo*s.pixels : hi*s.pixels], s.labels[lo:hi], s.pixels}
}

// first is a copy of the first n images: the others can be let go.
func (s imageSet) first(n int) imageSet {
	return imageSet{slices.Clone(s.x[:n*s.pixels]), slices.Clone(s.labels[:n]), s.pixels}
}

func (s imageSet) len() int { return len(s.labels) }

// trainImages trains weights of ImageClassifier in place, for so many epochs, with a pruner or without.
func trainImages(m model.ImageClassifier, weights model.ImageWeights[float32], examples imageSet, epochs int, pruner *model.Pruner[float32], watch builtin.Watch) ([]profiler.Epoch, error) {
	trainer := model.NewImageTrainer(m, weights, model.Fresh[float32]{}, runtime.GOMAXPROCS(0))
	defer trainer.Close()
	out, err := trainEpochs(epochs, shortLast(examples.len(), trainBatch), watch, func(b span) (model.Result, error) {
		if pruner != nil {
			pruner.BeginStep()
		}
		batch := examples.part(b.lo, b.hi)
		return trainer.Step(batch.x, batch.labels, watch.Mark)
	})
	if pruner != nil {
		pruner.Strip()
	}
	return out, err
}

// fitImages is a whole fit from new weights, with masks or without.
func fitImages(p profiler.Params, examples imageSet, masks bool, watch builtin.Watch) (model.ImageWeights[float32], []profiler.Epoch, error) {
	m := imageShape(p)
	weights := model.NewImageWeights[float32](m, uint64(p.Int("seed")))
	var pruner *model.Pruner[float32]
	if masks {
		pruner = model.NewPruner(pruningSchedule(p), weights.ConvKernel, weights.DenseKernel)
	}
	epochs, err := trainImages(m, weights, examples, p.Int("epochs"), pruner, watch)
	return weights, epochs, err
}

func fitDense(in builtin.Input, watch builtin.Watch) (profiler.Fit, error) {
	return fitted(in, false, watch)
}

func fitMasked(in builtin.Input, watch builtin.Watch) (profiler.Fit, error) {
	return fitted(in, true, watch)
}

func fitted(in builtin.Input, masks bool, watch builtin.Watch) (profiler.Fit, error) {
	examples, _, err := imagesFrom(in, imageShape(in.Params), in.Int("examples"), 0)
	if err != nil {
		return profiler.Fit{}, err
	}
	weights, epochs, err := fitImages(in.Params, examples, masks, watch)
	return profiler.Fit{Epochs: epochs, Weights: digest(weights.All)}, err
}

// makeImages trains ImageClassifier as it is, with masks, and without the filters that are removed, and keeps
// all three, after what the outputs of each format are worth.
func makeImages(in builtin.Input, w io.Writer) error {
	p := in.Params
	unwatched := builtin.Watch{Epoch: func(profiler.Epoch) {}, Mark: func() {}}
	m := imageShape(p)
	examples, tests, err := imagesFrom(in, m, p.Int("examples"), imageTests)
	if err != nil {
		return err
	}
	dense, _, err := fitImages(p, examples, false, unwatched)
	if err != nil {
		return err
	}
	masked, _, err := fitImages(p, examples, true, unwatched)
	if err != nil {
		return err
	}
	small, weights := model.KeepFilters(m, dense, filtersLeft(p))
	if _, err := trainImages(small, weights, examples, trainOn(p), nil, unwatched); err != nil {
		return err
	}
	models := []trainedImages{denseRow: {m, dense}, maskedRow: {m, masked}, filtersRow: {small, weights}}
	want := predictImages(m, model.DenseLayers(m, dense), tests)
	var worth []float64
	for _, f := range imageFormats {
		shape, w := models[f.row].shape, models[f.row].weights
		worth = append(worth, imageQuality(predictImages(shape, f.layers(shape, w), tests), want, tests.labels)...)
	}
	return errors.Join(writeNumbers(w, worth), writeNumbers(w, dense.All, masked.All, weights.All))
}

// trainOn is for how many epochs a model trains on after its filters were removed.
func trainOn(p profiler.Params) int { return max(1, p.Int("epochs")/2) }

// imagesFitTime estimates a whole fit, as estimateTraining does.
func imagesFitTime(p profiler.Params) time.Duration {
	const (
		perProduct = 0.25 // nanoseconds of a multiplication in training, on two cores
		perUpdate  = 6.0  // of the update of a weight, with its mask
	)
	m := imageShape(p)
	step := float64(trainBatch*m.StepProducts())*perProduct + float64(m.WeightCount())*perUpdate
	return time.Duration(step * float64(trainingSteps(p)))
}

// imagesTestTime estimates the outputs of all formats for the images to test on.
func imagesTestTime(p profiler.Params) time.Duration {
	const perProduct = 0.3 // nanoseconds, on the average of the formats
	return time.Duration(float64(len(imageFormats)*imageTests*imageShape(p).PredictProducts()) * perProduct)
}
