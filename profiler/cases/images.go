package cases

import (
	"errors"
	"fmt"
	"io"
	"math"
	"runtime"
	"slices"
	"strconv"
	"time"

	"heaplab/profiler"
	"heaplab/profiler/model"
)

const (
	imageTests = 1000 // images that a model is tested on; none of those that it is trained on
	trainBatch = 32   // images in a training step, whatever the batch of an inference
	imageKinds = 10   // classes that occur in the data
)

// imageShape is the model that the params ask for.
func imageShape(p profiler.Params) model.M1 {
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

func (s imageSet) len() int { return len(s.labels) }

// heldImages is how many images an inference keeps to go round in: data is not what it is about.
func heldImages(p profiler.Params) int { return min(heldBatches*p.Int("batch"), p.Int("examples")) }

// trainImages trains weights of M1 in place, for so many epochs, with a pruner or without.
func trainImages(m model.M1, weights model.Weights[float32], examples imageSet, epochs int, pruner *model.Pruner[float32], watch profiler.Watch) ([]profiler.Epoch, error) {
	trainer := model.NewTrainer(m, weights, model.Fresh[float32]{}, runtime.GOMAXPROCS(0))
	defer trainer.Close()
	var out []profiler.Epoch
	for i := range epochs {
		var loss float64
		var right int
		for lo := 0; lo < examples.len(); lo += trainBatch {
			if pruner != nil {
				pruner.BeginStep()
			}
			batch := examples.part(lo, min(lo+trainBatch, examples.len()))
			result, err := trainer.Step(batch.x, batch.labels, watch.Mark)
			if err != nil {
				return nil, fmt.Errorf("epoch %d: %w", i+1, err)
			}
			loss += result.Loss * float64(batch.len())
			right += result.Right
		}
		n := float64(examples.len())
		out = append(out, profiler.Epoch{Loss: loss / n, Accuracy: float64(right) / n})
		watch.Epoch(out[i])
	}
	if pruner != nil {
		pruner.Strip()
	}
	return out, nil
}

// fitImages is a whole fit from new weights, with masks or without.
func fitImages(p profiler.Params, examples imageSet, masks bool, watch profiler.Watch) (model.Weights[float32], []profiler.Epoch, error) {
	m := imageShape(p)
	weights := model.NewWeights[float32](m, uint64(p.Int("seed")))
	var pruner *model.Pruner[float32]
	if masks {
		pruner = model.NewPruner(pruningSchedule(p), weights.ConvKernel, weights.DenseKernel)
	}
	epochs, err := trainImages(m, weights, examples, p.Int("epochs"), pruner, watch)
	return weights, epochs, err
}

func fitDense(in profiler.Input, watch profiler.Watch) (profiler.Fit, error) {
	return fitted(in, false, watch)
}

func fitMasked(in profiler.Input, watch profiler.Watch) (profiler.Fit, error) {
	return fitted(in, true, watch)
}

func fitted(in profiler.Input, masks bool, watch profiler.Watch) (profiler.Fit, error) {
	examples, _, err := imagesFrom(in, imageShape(in.Params), in.Int("examples"), 0)
	if err != nil {
		return profiler.Fit{}, err
	}
	weights, epochs, err := fitImages(in.Params, examples, masks, watch)
	return profiler.Fit{Epochs: epochs, Weights: digest(weights.All)}, err
}

// imagesPreparation trains M1 as it is, with masks, and without the filters that are removed,
// and keeps all three, after what the outputs of each format are worth.
var imagesPreparation = profiler.Preparation{
	What:    "the training of the model, unpruned, pruned and with fewer filters",
	Version: codeVersion,
	Params:  []string{"sparsity", "schedule", "begin", "frequency", "filters", "image", "classes", "examples", "epochs", "seed", "data"},
	Data:    dataVersion,
	Make:    makeImages,
	Duration: func(p profiler.Params) time.Duration {
		return 5*imagesFitTime(p)/2 + imagesTestTime(p)
	},
}

func makeImages(in profiler.Input, w io.Writer) error {
	p := in.Params
	unwatched := profiler.Watch{Epoch: func(profiler.Epoch) {}, Mark: func() {}}
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

// predictImages returns the outputs [images, classes] of M1 for all images.
func predictImages(m model.M1, layers model.Layers[float32], images imageSet) []float32 {
	predictor := model.NewPredictor(m, layers, model.Fresh[float32]{}, runtime.GOMAXPROCS(0))
	defer predictor.Close()
	var out []float32
	for lo := 0; lo < images.len(); lo += trainBatch {
		out = append(out, predictor.Predict(images.part(lo, min(lo+trainBatch, images.len())).x, func() {})...)
	}
	return out
}

// Rows of the prepared file, after what the formats' outputs are worth.
const (
	denseRow = iota
	maskedRow
	filtersRow
)

// trainedImages is M1 after its training.
type trainedImages struct {
	shape   model.M1
	weights model.Weights[float32]
}

// An imageFormat is what a variant of the name holds in memory: weights of a row, as layers.
type imageFormat struct {
	name   string
	row    int
	layers func(model.M1, model.Weights[float32]) model.Layers[float32]
}

var imageFormats = []imageFormat{
	{"dense", denseRow, model.DenseLayers[float32]},
	{"masked", maskedRow, model.DenseLayers[float32]},
	{"csr", maskedRow, model.CSRLayers[float32]},
	{"packed", maskedRow, model.PackedLayers[float32]},
	{"filters", filtersRow, model.DenseLayers[float32]},
}

// images is M1 set up for inference.
type images struct {
	metrics   []profiler.Measurement
	predictor *model.Predictor[float32]
	held      imageSet
	batch     int
	next      int // first image of the next op
}

// setUpImages returns the set-up of the variant of that name.
func setUpImages(name string) func(profiler.Input) (profiler.Work, error) {
	return func(in profiler.Input) (profiler.Work, error) {
		i := slices.IndexFunc(imageFormats, func(f imageFormat) bool { return f.name == name })
		return newImages(in, i)
	}
}

// newImages loads the weights of format i. Where its layers do not refer to them, they are
// garbage once it returns.
func newImages(in profiler.Input, i int) (*images, error) {
	m, format := imageShape(in.Params), imageFormats[i]
	small := m
	small.Filters = filtersLeft(in.Params)
	shapes := []model.M1{denseRow: m, maskedRow: m, filtersRow: small}
	weights := model.WeightsIn(shapes[format.row], make([]float32, shapes[format.row].WeightCount()))
	file := openNumbers(in.Prepared)
	quality := readQuality(file, i, len(imageFormats))
	for row, shape := range shapes {
		if row == format.row {
			readRow[float32](file, weights.All)
		} else {
			skip[float32](file, shape.WeightCount())
		}
	}
	if err := file.close(); err != nil {
		return nil, err
	}
	layers := format.layers(shapes[format.row], weights)
	examples, _, err := imagesFrom(in, m, in.Int("examples"), 0)
	if err != nil {
		return nil, err
	}
	w := &images{batch: in.Int("batch"), held: examples.part(0, heldImages(in.Params))}
	w.held.x, w.held.labels = slices.Clone(w.held.x), slices.Clone(w.held.labels)
	w.metrics = append(quality, profiler.Measurement{Unit: profiler.ModelBytes, Value: float64(layers.Bytes())})
	w.predictor = model.NewPredictor(shapes[format.row], layers, model.Fresh[float32]{}, runtime.GOMAXPROCS(0))
	return w, nil
}

// Op takes the next full batch, and begins again when all have been used.
func (w *images) Op(mark func()) error {
	if w.next+w.batch > w.held.len() {
		w.next = 0
	}
	w.predictor.Predict(w.held.part(w.next, w.next+w.batch).x, mark)
	w.next += w.batch
	return nil
}

func (w *images) Metrics() []profiler.Measurement { return w.metrics }

// Close ends the workers.
func (w *images) Close() error {
	w.predictor.Close()
	return nil
}

// imageQuality holds probabilities [images, classes] against those of the unpruned model, and
// against the labels. It returns numbers of qualityUnits.
func imageQuality(got, want []float32, labels []int32) []float64 {
	var worst, loss float64
	right := 0
	classes := len(got) / len(labels)
	for i, label := range labels {
		probs := got[i*classes:][:classes]
		best := 0
		for c, p := range probs {
			worst = max(worst, math.Abs(float64(p)-float64(want[i*classes+c])))
			if p > probs[best] {
				best = c
			}
		}
		if best == int(label) {
			right++
		}
		loss -= math.Log(max(float64(probs[label]), 1e-7)) // as the model's own loss, which clips at 1e-7
	}
	n := float64(len(labels))
	return []float64{worst, float64(right) / n, loss / n}
}

func plural(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return strconv.Itoa(n) + " " + noun + "s"
}
