package model

import (
	"fmt"
	"math"
	"testing"
)

// imageShapes covers edge cases: an odd number of rows or columns before pooling, a single
// column, no pooled cell, more cells than cellGroup, and sizes that unrolled loops do not
// divide.
var imageShapes = []ImageClassifier{
	{Height: 7, Width: 10, Channels: 2, Filters: 3, Classes: 4},
	{Height: 5, Width: 15, Channels: 1, Filters: 1, Classes: 2},
	{Height: 8, Width: 4, Channels: 3, Filters: 5, Classes: 3},
	{Height: 4, Width: 3, Channels: 3, Filters: 2, Classes: 3},
	{Height: 3, Width: 3, Channels: 1, Filters: 2, Classes: 2},
}

func eachImageShape(t *testing.T, test func(t *testing.T, m ImageClassifier)) {
	for _, m := range imageShapes {
		t.Run(fmt.Sprintf("%dx%dx%d,filters=%d", m.Height, m.Width, m.Channels, m.Filters), func(t *testing.T) { test(t, m) })
	}
}

// newTestImageTrainer returns a trainer and a batch. They depend only on m and n.
func newTestImageTrainer[T Float](t *testing.T, m ImageClassifier, n int, memory Allocator[T], workers int) (*ImageTrainer[T], []T, []int32) {
	t.Helper()
	x, labels, weights := generateImages[T](m, n, 7)
	trainer := NewImageTrainer(m, weights, memory, workers)
	t.Cleanup(trainer.Close)
	return trainer, x, labels
}

func TestImageForward(t *testing.T) {
	eachImageShape(t, func(t *testing.T, m ImageClassifier) {
		const batch = 3
		trainer, x, labels := newTestImageTrainer(t, m, batch, Fresh[float64]{}, 2)
		trainer.begin(x, labels)
		trainer.forward()
		for n := range batch {
			want := outputOf(m, trainer.Weights, x[n*m.Pixels():][:m.Pixels()])
			got := trainer.step.probs[n*m.Classes:][:m.Classes]
			checkAll(t, fmt.Sprintf("output of example %d", n), got, want, 1e-12)
		}
	})
}

// outputOf computes the probabilities of one image directly from the definition.
func outputOf(m ImageClassifier, w ImageWeights[float64], x []float64) []float64 {
	conv := func(y, col, f int) float64 {
		sum := w.ConvBias[f]
		for ky := range 3 {
			for kx := range 3 {
				for c := range m.Channels {
					sum += x[((y+ky)*m.Width+col+kx)*m.Channels+c] * w.ConvKernel[((ky*3+kx)*m.Channels+c)*m.Filters+f]
				}
			}
		}
		return max(sum, 0)
	}
	var flat []float64
	for y := 0; y+1 < m.Height-2; y += 2 {
		for col := 0; col+1 < m.Width-2; col += 2 {
			for f := range m.Filters {
				flat = append(flat, max(conv(y, col, f), conv(y, col+1, f), conv(y+1, col, f), conv(y+1, col+1, f)))
			}
		}
	}
	probs := make([]float64, m.Classes)
	var sum float64
	for j := range probs {
		logit := w.DenseBias[j]
		for i, v := range flat {
			logit += v * w.DenseKernel[i*m.Classes+j]
		}
		probs[j] = math.Exp(logit)
		sum += probs[j]
	}
	for j := range probs {
		probs[j] /= sum
	}
	return probs
}

func TestImageGradient(t *testing.T) {
	eachImageShape(t, func(t *testing.T, m ImageClassifier) {
		trainer, x, labels := newTestImageTrainer(t, m, 5, Fresh[float64]{}, 2)
		begin := func() { trainer.begin(x, labels) }
		begin()
		trainer.forward()
		trainer.loss()
		trainer.backward()
		checkGradients(t, trainer.step.gradients.All, trainer.Weights.All, begin, trainer)
	})
}

// checkGradients compares each weight's gradient with a finite difference of the loss.
func checkGradients(t *testing.T, gradients, weights []float64, begin func(), p passes) {
	t.Helper()
	loss := func() float64 {
		begin()
		p.forward()
		return p.loss().Loss
	}
	for i, gradient := range gradients {
		const h = 1e-6
		w := &weights[i]
		at := *w
		*w = at + h
		above := loss()
		*w = at - h
		below := loss()
		*w = at
		checkAt(t, "gradient", i, gradient, (above-below)/(2*h), 1e-7)
	}
}

func TestMaxPoolTies(t *testing.T) {
	m := ImageClassifier{Height: 4, Width: 4, Channels: 1, Filters: 4, Classes: 2}
	x := []float64{
		1, 0, 0, 0 /**/, 1, 2, 0, 0,
		1, 2, 3, 0 /**/, 1, 2, 3, 0,
	}
	dst, argmax := make([]float64, 4), make([]uint8, 4)
	poolForward(m, dst, argmax, x, 0, 1)
	checkAll(t, "pooled", dst, []float64{1, 2, 3, 0}, 0)
	for f, want := range []uint8{0, 1, 2, 0} {
		if argmax[f] != want {
			t.Errorf("argmax of filter %d: got %d, want %d", f, argmax[f], want)
		}
	}
}

func TestImageStepRejectsNaNLoss(t *testing.T) {
	m := imageShapes[0]
	trainer, x, labels := newTestImageTrainer(t, m, 2, Fresh[float32]{}, 1)
	trainer.Weights.ConvKernel[0] = float32(math.NaN())
	last := trainer.Weights.DenseBias[0]
	if _, err := trainer.Step(x, labels, func() { t.Error("mark was called") }); err == nil {
		t.Error("no error")
	}
	if trainer.Weights.DenseBias[0] != last {
		t.Error("the weights were updated")
	}
}

func TestImages(t *testing.T) {
	m := ImageClassifier{Height: 9, Width: 8, Channels: 3, Filters: 1, Classes: 10}
	x32, labels := Images[float32](m, ImageNoise, 50, 1)
	x64, _ := Images[float64](m, ImageNoise, 50, 1)
	checkAll(t, "images in float32", x32, x64, 1e-7)
	if len(x32) != 50*m.Pixels() || len(labels) != 50 {
		t.Errorf("got %d numbers and %d labels", len(x32), len(labels))
	}
	for i, v := range x32 {
		if v < 0 || v > 1 {
			t.Fatalf("number %d of the images is %v", i, v)
		}
	}
	other, _ := Images[float32](m, ImageNoise, 50, 2)
	if other[0] == x32[0] {
		t.Error("different seeds give the same images")
	}
}

// TestNoiseOfImages checks that values stay within bounds at any noise level, and that pure noise
// does not depend on the class.
func TestNoiseOfImages(t *testing.T) {
	m := ImageClassifier{Height: 9, Width: 8, Channels: 3, Filters: 1, Classes: 2}
	for _, noise := range []float64{0, 0.9, 1} {
		x, labels := Images[float64](m, noise, 200, 1)
		var sums [2]float64 // of the images' first values, by class
		var counts [2]int
		for i, label := range labels {
			sums[label] += x[i*m.Pixels()]
			counts[label]++
		}
		for i, v := range x {
			if v < 0 || v > 1 {
				t.Fatalf("noise %v: number %d of the images is %v", noise, i, v)
			}
		}
		distance := math.Abs(sums[0]/float64(counts[0]) - sums[1]/float64(counts[1]))
		if distinct := distance > 0.15; distinct != (noise == 0) {
			t.Errorf("noise %v: the classes' means differ by %.3f", noise, distance)
		}
	}
}
