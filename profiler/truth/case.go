package main

import (
	"math"
	"time"

	"heaplab/profiler"
	"heaplab/profiler/subject/builtin"
)

// An operation of the baseline allocates blocks, holds them until the mark, and computes steps. The
// runtime does not round up the block size. The steps take about a millisecond, which is about 97 % of
// the operation's time.
const (
	blocks    = 100
	blockSize = 1 << 10 // bytes
	steps     = 800_000
)

// Params of the case.
var (
	slow  = builtin.NewNumber("slow", 0, 0, 100, "share by which the second variant computes more")
	extra = builtin.NewNumber("extra", 0, 0, 100, "share by which the second variant allocates more")
)

// known is a case with a known difference: the params say by how much its second variant differs from the
// first. If they are 0, the variants are the same.
var known = builtin.Case{
	Name:   "truth",
	Title:  "Known differences",
	Params: builtin.ParamsOf(slow, extra),
	Variants: []builtin.Variant{
		{Name: "before", Title: "baseline", Setup: func(builtin.Input) (builtin.Work, error) {
			return &work{blocks, steps}, nil
		}},
		{Name: "after", Title: "changed by the params", Setup: func(in builtin.Input) (builtin.Work, error) {
			return &work{more(blocks, extra.Of(in.Params)), more(steps, slow.Of(in.Params))}, nil
		}},
	},
	Primary: []string{profiler.BytesPerOp, profiler.AllocsPerOp, profiler.LiveHeap, profiler.NsPerOp},
	Estimate: func(profiler.Params) builtin.Estimate {
		return builtin.Estimate{Live: blocks * blockSize, Churn: blocks * blockSize, Op: time.Millisecond}
	},
}

// more returns n increased by a share.
func more(n int, share float64) int { return int(math.Round(float64(n) * (1 + share))) }

// work is an operation that holds blocks and computes steps.
type work struct{ blocks, steps int }

func (w *work) Op(mark func()) error {
	held := make([][]byte, w.blocks)
	for i := range held {
		held[i] = make([]byte, blockSize)
	}
	x := compute(w.steps)
	mark()
	held[x%uint64(len(held))][0] = 1
	return nil
}

// compute draws random numbers. Each depends on the one before, so every step takes the same time.
func compute(steps int) uint64 {
	x := uint64(1)
	for range steps {
		x = x*6364136223846793005 + 1442695040888963407
	}
	return x
}

func (w *work) Metrics() []profiler.Measurement { return nil }
func (w *work) Close() error                    { return nil }
