package main

import (
	"math"
	"time"

	"heaplab/profiler"
	"heaplab/profiler/subject/builtin"
)

// What an operation of the baseline does: it allocates so many blocks of so many bytes, which
// is a size class of the runtime, holds them to the mark, and computes so many steps, which
// takes about a millisecond: all but some 3 % of its time.
const (
	blocks    = 100
	blockSize = 1 << 10
	steps     = 800_000
)

// known is the case whose truth is known: its second variant differs from the first by what the
// params say, and by nothing where they are 0.
var known = builtin.Case{
	Name:  "truth",
	Title: "Known differences",
	Params: []builtin.Param{
		{Name: "slow", Type: builtin.Number, Default: 0.0, Min: 0, Max: 100, Help: "share by which the second variant computes more"},
		{Name: "extra", Type: builtin.Number, Default: 0.0, Min: 0, Max: 100, Help: "share by which the second variant allocates more"},
	},
	Variants: []builtin.Variant{
		{Name: "before", Title: "as it is", Setup: func(builtin.Input) (builtin.Work, error) {
			return &work{blocks, steps}, nil
		}},
		{Name: "after", Title: "as the params have it", Setup: func(p builtin.Input) (builtin.Work, error) {
			return &work{more(blocks, p.Number("extra")), more(steps, p.Number("slow"))}, nil
		}},
	},
	Primary: []string{profiler.BytesPerOp, profiler.AllocsPerOp, profiler.LiveHeap, profiler.NsPerOp},
	Estimate: func(profiler.Params) builtin.Estimate {
		return builtin.Estimate{Live: blocks * blockSize, Churn: blocks * blockSize, Op: time.Millisecond}
	},
}

func more(n int, share float64) int { return int(math.Round(float64(n) * (1 + share))) }

// work holds blocks and computes steps in every operation.
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

// compute draws random numbers, each of which has to wait for the one before: a processor
// takes the same time for every step.
func compute(steps int) uint64 {
	x := uint64(1)
	for range steps {
		x = x*6364136223846793005 + 1442695040888963407
	}
	return x
}

func (w *work) Metrics() []profiler.Measurement { return nil }
func (w *work) Close() error                    { return nil }
