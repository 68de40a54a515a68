package model

import (
	"encoding/hex"
	"fmt"
	"hash/fnv"
	"testing"
)

// A goldenPruning contains the masks, output and loss that tfmot computes for an
// ImageClassifier pruned once to a sparsity.
type goldenPruning struct {
	Sparsity float64 `json:"sparsity"`
	Layers   []struct {
		Name  string `json:"name"`
		Size  int    `json:"size"`
		K     int    `json:"k"`
		Kept  int    `json:"kept"`
		Zeros int    `json:"zeros"`
		Hash  uint32 `json:"mask_fnv1a32_of_bytes"`   // of one byte per weight
		Bits  string `json:"mask_bits_lsb_first_hex"` // one bit per weight
	} `json:"layers"`
	Output []float64 `json:"output"`
	Loss   float64   `json:"loss"`
}

// A goldenPrunedTraining contains the losses and final weights of a training with constant
// sparsity.
type goldenPrunedTraining struct {
	Sparsity  float64   `json:"sparsity"`
	Frequency int       `json:"frequency"`
	Losses    []float64 `json:"losses_masked"` // before each step and after the last
	Final     []struct {
		goldenTensor
		Zeros int `json:"zeros"`
	} `json:"final"`
}

func testGoldenPruning[T Float](t *testing.T, g *goldenFile) {
	if len(g.Pruning) == 0 || len(g.PrunedTraining) == 0 {
		t.Fatal("the file contains no results")
	}
	for _, want := range g.Pruning {
		t.Run(fmt.Sprintf("once to %v", want.Sparsity), func(t *testing.T) { testGoldenMasks[T](t, g, want) })
	}
	for _, want := range g.PrunedTraining {
		t.Run(fmt.Sprintf("every %d steps to %v", want.Frequency, want.Sparsity), func(t *testing.T) {
			testGoldenPrunedTraining[T](t, g, want)
		})
	}
}

func testGoldenMasks[T Float](t *testing.T, g *goldenFile, want goldenPruning) {
	m := g.Config.imageClassifier()
	x, labels, weights := generateImages[T](m, g.Config.Batch, g.Config.Seed)
	kernels := imageTensors(weights)
	for _, layer := range want.Layers {
		kernel := kernels[layer.Name]
		if len(kernel) != layer.Size {
			t.Fatalf("%s has %d weights, want %d", layer.Name, len(kernel), layer.Size)
		}
		if k := keptCount(len(kernel), float32(want.Sparsity)); k != layer.K {
			t.Errorf("%s: %d weights kept, want %d", layer.Name, k, layer.K)
		}
		mask := make([]T, len(kernel))
		setMask(mask, kernel, float32(want.Sparsity))
		bits, zeros, hash := make([]byte, (len(mask)+7)/8), 0, fnv.New32a()
		for i, v := range mask {
			bits[i/8] |= byte(v) << (i % 8)
			zeros += 1 - int(v)
			hash.Write([]byte{byte(v)})
		}
		if zeros != layer.Zeros || len(mask)-zeros != layer.Kept {
			t.Errorf("%s: %d zeros, want %d", layer.Name, zeros, layer.Zeros)
		}
		if hash.Sum32() != layer.Hash || hex.EncodeToString(bits) != layer.Bits {
			t.Errorf("%s: the mask differs", layer.Name)
		}
		Prune(want.Sparsity, kernel)
		for i, v := range mask {
			if (kernel[i] != 0) != (v == 1) {
				t.Fatalf("%s: weight %d is %v, mask %v", layer.Name, i, kernel[i], v)
			}
		}
	}
	trainer := NewImageTrainer(m, weights, Fresh[T]{}, 2)
	defer trainer.Close()
	trainer.begin(x, labels)
	trainer.forward()
	checkAll(t, "output", trainer.step.probs, want.Output, outputBound)
	check(t, "loss", trainer.loss().Loss, want.Loss, lossBound)
}

func testGoldenPrunedTraining[T Float](t *testing.T, g *goldenFile, want goldenPrunedTraining) {
	m := g.Config.imageClassifier()
	x, labels, weights := generateImages[T](m, g.Config.Batch, g.Config.Seed)
	trainer := NewImageTrainer(m, weights, Fresh[T]{}, 2)
	defer trainer.Close()
	schedule := ConstantSparsity{Span{Begin: 0, End: -1, Frequency: want.Frequency}, want.Sparsity}
	pruner := NewPruner(schedule, weights.ConvKernel, weights.DenseKernel)
	last := len(want.Losses) - 1
	for i, loss := range want.Losses[:last] {
		pruner.BeginStep()
		result, err := trainer.Step(x, labels, func() {})
		if err != nil {
			t.Fatal(err)
		}
		check(t, fmt.Sprintf("loss before step %d", i+1), result.Loss, loss, stepLossBound)
	}
	pruner.Strip()
	trainer.begin(x, labels)
	trainer.forward()
	check(t, "final loss", trainer.loss().Loss, want.Losses[last], stepLossBound)

	var records []goldenTensor
	for _, final := range want.Final {
		records = append(records, final.goldenTensor)
		tensor := imageTensors(weights)[final.Name]
		if zeros := int(zeroShare(tensor)*float64(len(tensor)) + 0.5); zeros != final.Zeros {
			t.Errorf("%s: %d zeros after training, want %d", final.Name, zeros, final.Zeros)
		}
	}
	checkTensors(t, "final", imageTensors(weights), records, gradientBound)
}
