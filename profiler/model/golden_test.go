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

// A goldenFile is what an independent implementation (TensorFlow.js 4.22.0, float32)
// computed of an M1 whose weights and data a generator gives.
type goldenFile struct {
	Config struct {
		Seed     uint32 `json:"seed"`
		Batch    int    `json:"batch"`
		Height   int    `json:"height"`
		Width    int    `json:"width"`
		Channels int    `json:"channels"`
		Filters  int    `json:"filters"`
		Classes  int    `json:"classes"`
	} `json:"config"`
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
}

// A goldenTensor is a tensor's shape, digest and a few elements.
type goldenTensor struct {
	Name   string    `json:"name"`
	Shape  []int     `json:"shape"`
	Sum    float64   `json:"sum"`
	L2     float64   `json:"l2"`
	MaxAbs float64   `json:"maxabs"`
	Dot    float64   `json:"dot_lcg12345"` // with draws in ±1 from seed 12345
	Index  []int     `json:"index"`        // elements sampled,
	Value  []float64 `json:"value"`        // and their values
}

// goldenSteps is how many updates a golden file follows.
const goldenSteps = 5

// Bounds of the golden files, for float32 and float64 alike.
const (
	outputBound   = 2e-6
	lossBound     = 2e-6
	gradientBound = 1e-5 // of the gradient's length
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
			kind := goldenKind(t, path)
			if kind != "m1" {
				t.Skipf("there is no implementation of kind %s to compare with", kind)
			}
			found = true
			g := readGolden(t, path)
			t.Run("float32", func(t *testing.T) { testGolden[float32](t, g) })
			t.Run("float64", func(t *testing.T) { testGolden[float64](t, g) })
		})
	}
	if !found {
		t.Errorf("no golden file of kind m1 in %s", *goldenDir)
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
	return &g
}

// goldenKind is the kind of values in a golden file. Those about pruning do not name it.
func goldenKind(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var file struct {
		Kind    string          `json:"kind"`
		Pruning json.RawMessage `json:"post_training"`
	}
	if err := json.Unmarshal(text, &file); err != nil {
		t.Fatal(err)
	}
	switch {
	case file.Kind != "":
		return file.Kind
	case file.Pruning != nil:
		return "pruning"
	}
	t.Fatal("the file has no kind")
	return ""
}

func testGolden[T Float](t *testing.T, g *goldenFile) {
	m := M1{
		Height: g.Config.Height, Width: g.Config.Width, Channels: g.Config.Channels,
		Filters: g.Config.Filters, Classes: g.Config.Classes,
	}
	x, labels, weights := generate[T](m, g.Config.Batch, g.Config.Seed)
	checkGenerated(t, g, m, x, labels, weights)
	if t.Failed() {
		return // what follows from wrong data says nothing
	}

	predictor := NewPredictor(m, DenseLayers(m, weights), Fresh[T]{}, 2)
	defer predictor.Close()
	checkAll(t, "output predicted", predictor.Predict(x, func() {}), g.Output, outputBound)

	trainer := NewTrainer(m, weights, Fresh[T]{}, 2)
	defer trainer.Close()
	for step := range goldenSteps + 1 {
		trainer.begin(x, labels)
		trainer.forward()
		result := trainer.loss()
		trainer.backward()
		if step == 0 {
			checkAll(t, "output before", trainer.step.probs, g.Output, outputBound)
			check(t, "loss before", result.Loss, g.Loss, lossBound)
			checkTensors(t, "gradient", trainer.step.gradients, g.Gradients, gradientBound)
		} else {
			check(t, fmt.Sprintf("loss after step %d", step), result.Loss, g.Adam.Losses[step-1], stepLossBound)
		}
		if step == goldenSteps {
			checkAll(t, "output after all steps", trainer.step.probs, g.Adam.Output, trainedBound)
		}
		trainer.update()
	}
}

// generate draws data and weights in the golden files' order, from one stream.
func generate[T Float](m M1, batch int, seed uint32) (x []T, labels []int32, weights Weights[T]) {
	stream := lcg(seed)
	x = make([]T, batch*m.Pixels())
	for i := range x {
		x[i] = T(float32(stream.next()))
	}
	labels = make([]int32, batch)
	for i := range labels {
		labels[i] = int32(stream.next() * float64(m.Classes))
	}
	weights = weightsIn(m, make([]T, m.WeightCount()))
	draw := func(tensor []T, scale float64) {
		for i := range tensor {
			tensor[i] = T(float32((2*stream.next() - 1) * scale))
		}
	}
	draw(weights.ConvKernel, 0.15)
	draw(weights.ConvBias, 0.1)
	draw(weights.DenseKernel, 0.03)
	draw(weights.DenseBias, 0.1)
	return x, labels, weights
}

// lcg is the state of the golden files' generator (Numerical Recipes' constants).
type lcg uint32

// next draws from [0,1).
func (l *lcg) next() float64 {
	*l = 1664525**l + 1013904223
	return float64(*l) / (1 << 32)
}

// checkGenerated verifies the generator: what is wrong here makes all the rest wrong.
func checkGenerated[T Float](t *testing.T, g *goldenFile, m M1, x []T, labels []int32, weights Weights[T]) {
	t.Helper()
	if len(g.Generated.X) == 0 || len(g.Adam.Losses) != goldenSteps {
		t.Fatalf("the file has %d pixels and %d losses to compare with", len(g.Generated.X), len(g.Adam.Losses))
	}
	checkAll(t, "generated x", x[:len(g.Generated.X)], g.Generated.X, 0)
	checkAll(t, "generated labels", labels, g.Generated.Labels, 0)
	checkTensors(t, "generated", weights, g.Generated.Weights, 1e-12)
	if m.WeightCount() != g.Params {
		t.Errorf("the model has %d weights, want %d", m.WeightCount(), g.Params)
	}
}

// checkTensors compares the tensors of w with their records; a bound is relative to a
// tensor's length.
func checkTensors[T Float](t *testing.T, what string, w Weights[T], want []goldenTensor, bound float64) {
	t.Helper()
	tensors := map[string][]T{
		"conv.kernel": w.ConvKernel, "conv.bias": w.ConvBias,
		"dense.kernel": w.DenseKernel, "dense.bias": w.DenseBias,
	}
	if len(want) != len(tensors) {
		t.Errorf("%s: %d tensors in the file, want %d", what, len(want), len(tensors))
	}
	for _, record := range want {
		name := what + " " + record.Name
		tensor, ok := tensors[record.Name]
		size := 1
		for _, n := range record.Shape {
			size *= n
		}
		if !ok || size != len(tensor) {
			t.Errorf("%s: %d elements, want %d", name, len(tensor), size)
			continue
		}
		var sum, squares, maxAbs, dot float64
		stream := lcg(12345)
		for _, element := range tensor {
			v := float64(element)
			sum += v
			squares += v * v
			maxAbs = max(maxAbs, math.Abs(v))
			dot += v * (2*stream.next() - 1)
		}
		near := bound * record.L2
		check(t, name+" sum", sum, record.Sum, near)
		check(t, name+" l2", math.Sqrt(squares), record.L2, near)
		check(t, name+" maxabs", maxAbs, record.MaxAbs, near)
		check(t, name+" dot", dot, record.Dot, near)
		for i, at := range record.Index {
			check(t, fmt.Sprintf("%s [%d]", name, at), float64(tensor[at]), record.Value[i], near)
		}
	}
}

func checkAll[G, W Float | ~int32](t *testing.T, what string, got []G, want []W, bound float64) {
	t.Helper()
	if len(got) != len(want) {
		t.Errorf("%s: %d values, want %d", what, len(got), len(want))
		return
	}
	for i := range got {
		check(t, fmt.Sprintf("%s [%d]", what, i), float64(got[i]), float64(want[i]), bound)
	}
}

// check fails unless got is within bound of want; NaN never is.
func check(t *testing.T, what string, got, want, bound float64) {
	t.Helper()
	if diff := math.Abs(got - want); !(diff <= bound) {
		t.Errorf("%s: got %v, want %v: off by %.2g, more than %.2g", what, got, want, diff, bound)
	}
}
