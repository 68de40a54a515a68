package model

import (
	"encoding/json"
	"flag"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"testing"
)

var goldenDir = flag.String("golden", "testdata/golden", "compare with the golden files in `DIR`")

// A goldenFile contains the results of an independent implementation (TensorFlow.js 4.22.0,
// float32) for a model with generated weights and data.
type goldenFile struct {
	goldenGPT2
	Kind      string       `json:"kind"` // m1 (image), m2 (text), m4 (GPT-2) or m1_prune; some m1_prune files omit it
	Config    goldenConfig `json:"config"`
	Generated struct {
		X       []float64      `json:"x_first8"`
		Labels  []int32        `json:"y"`
		Weights []goldenTensor `json:"weights"`
	} `json:"check_generated"`
	Params    int            `json:"params"`
	Output    []float64      `json:"output_before"` // [batch, classes]
	Loss      float64        `json:"loss_before"`
	Gradients []goldenTensor `json:"grads_before"`
	Adam      struct {
		Losses []float64 `json:"loss_after_step"` // on the same batch
		Output []float64 `json:"output_after_5"`  // [batch, classes]
	} `json:"adam_keras"`
	Pruning        []goldenPruning        `json:"post_training"`
	PrunedTraining []goldenPrunedTraining `json:"during_training_5_steps"`
}

// A goldenConfig contains the seed of a file's data and the shape of its model.
type goldenConfig struct {
	Seed  uint32 `json:"seed"`
	Batch int    `json:"batch"`

	// ImageClassifier
	Height   int `json:"height"`
	Width    int `json:"width"`
	Channels int `json:"channels"`
	Filters  int `json:"filters"`
	Classes  int `json:"classes"`

	// TextClassifier
	Vocab  int `json:"vocab"`
	Embed  int `json:"embed"`
	Steps  int `json:"steps"`
	Units  int `json:"units"`
	Hidden int `json:"hidden"`

	// GPT2
	V int // vocabulary size
	D int // width
	H int // heads
	L int // blocks
	C int // context
	T int // length of the prompt
}

func (c goldenConfig) imageClassifier() ImageClassifier {
	return ImageClassifier{Height: c.Height, Width: c.Width, Channels: c.Channels, Filters: c.Filters, Classes: c.Classes}
}

func (c goldenConfig) textClassifier() TextClassifier {
	return TextClassifier{Vocab: c.Vocab, Steps: c.Steps, Embedding: c.Embed, Units: c.Units, Hidden: c.Hidden}
}

// A goldenTensor contains a tensor's shape, a digest and some elements.
type goldenTensor struct {
	Name   string    `json:"name"`
	Shape  []int     `json:"shape"`
	Sum    float64   `json:"sum"`
	L2     float64   `json:"l2"`
	MaxAbs float64   `json:"maxabs"`
	Dot    float64   `json:"dot_lcg12345"` // dot product with random numbers in ±1 from seed 12345
	Index  []int     `json:"index"`        // indices of the sampled elements
	Value  []float64 `json:"value"`        // their values
}

// goldenSteps is the number of training steps in a golden file.
const goldenSteps = 5

// Error bounds for float32 and float64.
const (
	outputBound   = 2e-6
	lossBound     = 2e-6
	gradientBound = 1e-5 // relative to the gradient's L2 norm
	stepLossBound = 5e-6
	trainedBound  = 1e-5
)

func TestGolden(t *testing.T) {
	paths, err := filepath.Glob(filepath.Join(*goldenDir, "*.json"))
	if err != nil {
		t.Fatal(err)
	}
	found := false
	for _, path := range paths {
		t.Run(filepath.Base(path), func(t *testing.T) {
			g := readGolden(t, path)
			switch g.Kind {
			case "m1":
				t.Run("float32", func(t *testing.T) { testGoldenImage[float32](t, g) })
				t.Run("float64", func(t *testing.T) { testGoldenImage[float64](t, g) })
			case "m2":
				t.Run("float32", func(t *testing.T) { testGoldenText[float32](t, g) })
				t.Run("float64", func(t *testing.T) { testGoldenText[float64](t, g) })
			case "m4":
				t.Run("float32", func(t *testing.T) { testGoldenGPT2[float32](t, g) })
				t.Run("float64", func(t *testing.T) { testGoldenGPT2[float64](t, g) })
			case "m1_prune":
				t.Run("float32", func(t *testing.T) { testGoldenPruning[float32](t, g) })
				t.Run("float64", func(t *testing.T) { testGoldenPruning[float64](t, g) })
			case "":
				t.Fatal("the file has no kind")
			default:
				t.Skipf("no implementation of kind %s", g.Kind)
			}
			found = true
		})
	}
	if !found {
		t.Errorf("no supported golden file in %s", *goldenDir)
	}
}

func readGolden(t *testing.T, path string) *goldenFile {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var g goldenFile
	if err := json.Unmarshal(text, &g); err != nil {
		t.Fatal(err)
	}
	if g.Kind == "" && g.Pruning != nil {
		g.Kind = "m1_prune"
	}
	return &g
}

// lcg is the state of the golden files' linear congruential generator, with the constants of
// Numerical Recipes.
type lcg uint32

// next returns a number in [0,1).
func (l *lcg) next() float64 {
	*l = 1664525**l + 1013904223
	return float64(*l) / (1 << 32)
}

// draw fills a tensor with numbers in ±scale.
func draw[T Float](stream *lcg, tensor []T, scale float64) {
	for i := range tensor {
		tensor[i] = T(float32((2*stream.next() - 1) * scale))
	}
}

// ints returns n integers in [0,k).
func (l *lcg) ints(n, k int) []int32 {
	drawn := make([]int32, n)
	for i := range drawn {
		drawn[i] = int32(l.next() * float64(k))
	}
	return drawn
}

// A goldenTrainer gives checkGoldenSteps access to a trainer's tensors.
type goldenTrainer[T Float] struct {
	passes
	begin     func() // begins a step on the file's batch
	probs     func() []T
	gradients func() map[string][]T
}

// checkGoldenSteps runs the training steps of a golden file and compares outputs, losses and
// gradients.
func checkGoldenSteps[T Float](t *testing.T, g *goldenFile, trainer goldenTrainer[T]) {
	t.Helper()
	for step := range goldenSteps + 1 {
		trainer.begin()
		trainer.forward()
		result := trainer.loss()
		trainer.backward()
		if step == 0 {
			checkAll(t, "output before", trainer.probs(), g.Output, outputBound)
			check(t, "loss before", result.Loss, g.Loss, lossBound)
			checkTensors(t, "gradient", trainer.gradients(), g.Gradients, gradientBound)
		} else {
			check(t, fmt.Sprintf("loss after step %d", step), result.Loss, g.Adam.Losses[step-1], stepLossBound)
		}
		if step == goldenSteps {
			checkAll(t, "output after all steps", trainer.probs(), g.Adam.Output, trainedBound)
		}
		trainer.update()
	}
}

// checkGenerated checks the generated data and weights. If they differ, no other result can
// match.
func checkGenerated[X Float | ~int32, T Float](t *testing.T, g *goldenFile, x []X, labels []int32, weights map[string][]T) {
	t.Helper()
	if len(g.Generated.X) == 0 || len(g.Adam.Losses) != goldenSteps {
		t.Fatalf("the file has %d inputs and %d losses to compare with", len(g.Generated.X), len(g.Adam.Losses))
	}
	checkAll(t, "generated x", x[:len(g.Generated.X)], g.Generated.X, 0)
	checkAll(t, "generated labels", labels, g.Generated.Labels, 0)
	checkTensors(t, "generated", weights, g.Generated.Weights, 1e-12)
	params := 0
	for _, tensor := range weights {
		params += len(tensor)
	}
	if params != g.Params {
		t.Errorf("the model has %d weights, want %d", params, g.Params)
	}
}

// checkTensors compares tensors with their digests. The bound is relative to the tensor's
// L2 norm.
func checkTensors[T Float](t *testing.T, what string, tensors map[string][]T, want []goldenTensor, bound float64) {
	t.Helper()
	if len(want) != len(tensors) {
		t.Errorf("%s: %d tensors in the file, want %d", what, len(want), len(tensors))
	}
	for _, record := range want {
		name := what + " " + record.Name
		tensor, ok := tensors[record.Name]
		size := TensorShape{Shape: record.Shape}.Size()
		if !ok || size != len(tensor) {
			t.Errorf("%s: %d elements, want %d", name, len(tensor), size)
			continue
		}
		got, near := digestOf(tensor), bound*record.L2
		check(t, name+" sum", got.Sum, record.Sum, near)
		check(t, name+" l2", got.L2, record.L2, near)
		check(t, name+" maxabs", got.MaxAbs, record.MaxAbs, near)
		check(t, name+" dot", got.Dot, record.Dot, near)
		for i, at := range record.Index {
			check(t, fmt.Sprintf("%s [%d]", name, at), float64(tensor[at]), record.Value[i], near)
		}
	}
}

// digestOf returns the digest of a tensor, without sampled elements.
func digestOf[T Float](tensor []T) (d goldenTensor) {
	stream := lcg(12345)
	for _, element := range tensor {
		v := float64(element)
		d.Sum += v
		d.L2 += v * v
		d.MaxAbs = max(d.MaxAbs, math.Abs(v))
		d.Dot += v * (2*stream.next() - 1)
	}
	d.L2 = math.Sqrt(d.L2)
	return d
}

func checkAll[G, W Float | ~int32](t *testing.T, what string, got []G, want []W, bound float64) {
	t.Helper()
	if len(got) != len(want) {
		t.Errorf("%s: %d values, want %d", what, len(got), len(want))
		return
	}
	for i := range got {
		checkAt(t, what, i, float64(got[i]), float64(want[i]), bound)
	}
}

// checkAt is check for element i of what. It formats the name only if the check fails.
func checkAt(t *testing.T, what string, i int, got, want, bound float64) {
	t.Helper()
	if !(math.Abs(got-want) <= bound) {
		check(t, fmt.Sprintf("%s [%d]", what, i), got, want, bound)
	}
}

// check fails unless got is within bound of want. NaN always fails.
func check(t *testing.T, what string, got, want, bound float64) {
	t.Helper()
	if diff := math.Abs(got - want); !(diff <= bound) {
		t.Errorf("%s: got %v, want %v: off by %.2g, more than %.2g", what, got, want, diff, bound)
	}
}
