package testbed

import (
	"fmt"
	"math"
	"time"

	"heaplab/profiler"
	"heaplab/profiler/model"
	"heaplab/profiler/model/dataset"
	"heaplab/profiler/subject/builtin"
)

// Params of the cases that train an ImageClassifier.
var (
	ImageBatch    = builtin.NewInt("batch", 32, 1, 1024, "images in a batch")
	Filters       = builtin.NewInt("filters", 32, 1, 1024, "filters of the convolution; weights grow with them")
	ImageSide     = builtin.NewInt("image", 32, 8, 256, "side of the square images, in pixels; weights grow with its square")
	Classes       = builtin.NewInt("classes", 10, imageKinds, 4096, "outputs of the model; ten of them occur in the data; weights grow with them")
	ImageExamples = builtin.NewInt("examples", 500, 10, 100_000, "images to train on")
	ImageEpochs   = builtin.NewInt("epochs", 10, 1, 100, "passes over the images in a whole training")
	ImageSeed     = builtin.NewInt("seed", 1, 0, math.MaxInt32, "seed of the images and the initial weights")
)

const (
	ImageTests = 1000 // images that a model is tested on; it is not trained on them
	TrainBatch = 32   // images in a training step, whatever the batch of an inference
	imageKinds = 10   // classes that occur in the data
)

// ImageShape returns the model that the params ask for.
func ImageShape(p profiler.Params) model.ImageClassifier {
	return NewImageShape(ImageSide.Of(p), Filters.Of(p), Classes.Of(p))
}

// NewImageShape returns the model for square colour images.
func NewImageShape(side, filters, classes int) model.ImageClassifier {
	return model.ImageClassifier{Height: side, Width: side, Channels: 3, Filters: filters, Classes: classes}
}

// An ImageSet is images with their labels.
type ImageSet struct {
	X      []float32 // [images, height, width, channels]
	Labels []int32   // [images]
	pixels int
}

// Part returns images lo to hi.
func (s ImageSet) Part(lo, hi int) ImageSet {
	return ImageSet{s.X[lo*s.pixels : hi*s.pixels], s.Labels[lo:hi], s.pixels}
}

// Len returns the number of images.
func (s ImageSet) Len() int { return len(s.Labels) }

// LoadImages returns n images of the data that in asks for, and tests other images.
func LoadImages(in builtin.Input, m model.ImageClassifier, n, tests int) (examples, others ImageSet, err error) {
	return LoadNoisyImages(in, m, model.ImageNoise, n, tests)
}

// LoadNoisyImages is LoadImages with that share of noise in generated images.
func LoadNoisyImages(in builtin.Input, m model.ImageClassifier, noise float64, n, tests int) (examples, others ImageSet, err error) {
	all := ImageSet{pixels: m.Pixels()}
	if ImageData.Of(in.Params) == Generated {
		m.Classes = imageKinds
		all.X, all.Labels = model.Images[float32](m, noise, n+tests, uint64(ImageSeed.Of(in.Params)))
		return all.Part(0, n), all.Part(n, n+tests), nil
	}
	dir := cifarDir(in.Dataset)
	if dir == "" {
		return all, all, fmt.Errorf("CIFAR-10 is no longer in %s", in.Dataset)
	}
	if all.X, all.Labels, err = dataset.CIFAR10Train[float32](dir, n); err != nil {
		return all, all, err
	}
	others = ImageSet{pixels: m.Pixels()}
	if others.X, others.Labels, err = dataset.CIFAR10Test[float32](dir, tests); err != nil {
		return all, all, err
	}
	if all.Len() < n || others.Len() < tests {
		return all, all, fmt.Errorf("CIFAR-10 in %s has %d images to train on and %d to test on; the params need %d and %d", dir, all.Len(), others.Len(), n, tests)
	}
	return all, others, nil
}

// CheckImages rejects a batch that is larger than the number of examples, and a model that does
// not fit the images.
func CheckImages(p profiler.Params) profiler.Faults {
	faults := CheckBatch(ImageBatch.Of(p), ImageExamples.Of(p))
	if ImageData.Of(p) == cifar10 && ImageSide.Of(p) != dataset.CIFAR10Side {
		faults = append(faults, profiler.Fault{Field: "image", Message: fmt.Sprintf("must be %d, the side of CIFAR-10's images", dataset.CIFAR10Side)})
	}
	return faults
}

// TrainImages trains the weights of an ImageClassifier in place, with a pruner or without.
func TrainImages(m model.ImageClassifier, weights model.ImageWeights[float32], examples ImageSet, epochs int, pruner *model.Pruner[float32], watch builtin.Watch) ([]profiler.Epoch, error) {
	trainer := model.NewImageTrainer(m, weights, model.Fresh[float32]{}, workers())
	defer trainer.Close()
	out, err := TrainEpochs(epochs, ShortLast(examples.Len(), TrainBatch), watch, func(b Batch) (model.Result, error) {
		if pruner != nil {
			pruner.BeginStep()
		}
		batch := examples.Part(b.Lo, b.Hi)
		return trainer.Step(batch.X, batch.Labels, watch.Mark)
	})
	if pruner != nil {
		pruner.Strip()
	}
	return out, err
}

// TrainingSteps returns how many steps a whole training has.
func TrainingSteps(epochs, examples int) int {
	return epochs * ((examples + TrainBatch - 1) / TrainBatch)
}

// ImageTrainingTime estimates a whole training, from measurements of the defaults and of the large
// presets on two cores at about 3 GHz, without other load.
func ImageTrainingTime(m model.ImageClassifier, steps int) time.Duration {
	const (
		perProduct = 0.25 // nanoseconds of a multiplication in training, on two cores
		perUpdate  = 6.0  // of the update of a weight, with its mask
	)
	step := float64(TrainBatch*m.StepProducts())*perProduct + float64(m.WeightCount())*perUpdate
	return time.Duration(step * float64(steps))
}
