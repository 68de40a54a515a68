package model

import (
	"errors"
	"math"
)

// A Schedule says at which training steps the pruning masks are recomputed, and with which
// sparsity. Schedules follow tfmot (TensorFlow Model Optimization 0.8): steps count from 1,
// sparsities are float32.
type Schedule interface {
	// At reports whether the masks are recomputed before a step, and returns the share of a
	// kernel's weights that they then prune.
	At(step int) (due bool, sparsity float32)
	// Check returns an error if the schedule is invalid.
	Check() error
}

// Updates returns how often a schedule recomputes the masks in a training with the given
// number of steps. If it is 0, nothing is pruned.
func Updates(s Schedule, steps int) int {
	n := 0
	for step := 1; step <= steps; step++ {
		if due, _ := s.At(step); due {
			n++
		}
	}
	return n
}

// A Span selects the steps from Begin to End, both included, every Frequency steps. tfmot's
// default frequency is 100. With Begin 0, the first selected step is then 100.
type Span struct {
	Begin     int
	End       int // -1 means the end of the training
	Frequency int
}

func (s Span) due(step int) bool {
	return step >= s.Begin && (step <= s.End || s.End < 0) && (step-s.Begin)%s.Frequency == 0
}

func (s Span) check() error {
	switch {
	case s.Begin < 0:
		return errors.New("the first step must be 0 or more")
	case s.End < -1:
		return errors.New("the last step must be 0 or more, or -1 for the end of the training")
	case s.End != -1 && s.End < s.Begin:
		return errors.New("the last step must not be before the first")
	case s.Frequency < 1:
		return errors.New("the frequency must be at least 1")
	}
	return nil
}

// ConstantSparsity prunes to a constant sparsity.
type ConstantSparsity struct {
	Span
	Sparsity float64 // in [0, 1)
}

func (c ConstantSparsity) At(step int) (due bool, sparsity float32) {
	return c.due(step), float32(c.Sparsity)
}

func (c ConstantSparsity) Check() error {
	return errors.Join(c.check(), checkSparsity(c.Sparsity))
}

// PolynomialDecay increases the sparsity over the span, quickly at first and slowly towards
// its end (Zhu and Gupta, arXiv:1710.01878):
//
//	final + (initial − final)·(1 − (step − begin)/(end − begin))^power
type PolynomialDecay struct {
	Span
	Initial, Final float64 // in [0, 1)
	Power          float64 // 0 means 3, as in the paper
}

func (p PolynomialDecay) At(step int) (due bool, sparsity float32) {
	power := p.Power
	if power == 0 {
		power = 3
	}
	done := min(1, max(0, float32(step-p.Begin)/float32(p.End-p.Begin)))
	left := float32(math.Pow(float64(1-done), power))
	return p.due(step), float32(p.Initial-p.Final)*left + float32(p.Final)
}

func (p PolynomialDecay) Check() error {
	var noEnd error
	if p.End <= p.Begin {
		noEnd = errors.New("the last step must be after the first")
	}
	return errors.Join(p.check(), noEnd, checkSparsity(p.Initial), checkSparsity(p.Final))
}

func checkSparsity(s float64) error {
	if !(s >= 0 && s < 1) {
		return errors.New("a sparsity must be at least 0 and below 1")
	}
	return nil
}
