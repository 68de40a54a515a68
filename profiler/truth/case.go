package main

import (
	"math"
	"time"

	"heaplab/profiler"
	"heaplab/profiler/subject/builtin"
)

// An operation of the baseline allocates blocks, holds them until the mark, and computes steps. The
// runtime does not round up the block size. The steps take most of the operation's time: see computing.
const (
	blocks    = 100
	blockSize = 1 << 10 // bytes
	steps     = 800_000
)

// Params of the case known.
var (
	slow  = builtin.NewNumber("slow", 0, 0, 100, "share by which the second variant computes more")
	extra = builtin.NewNumber("extra", 0, -1, 100, "share by which the second variant allocates more")
	hold  = builtin.NewInt("hold", 0, 0, 1<<10, "MiB that set-up allocates and holds")
	less  = builtin.NewNumber("less", 0, 0, 1, "share by which the second variant holds less")
)

// known is a case with a known difference: the params say by how much its second variant differs from the
// first. If they are 0, the variants are the same.
var known = builtin.Case{
	Name:   "truth",
	Title:  "Known differences",
	Params: builtin.ParamsOf(slow, extra, hold, less),
	Variants: []builtin.Variant{
		{Name: "before", Title: "baseline", Setup: func(in builtin.Input) (builtin.Work, error) {
			return newWork(blocks, steps, float64(hold.Of(in.Params))), nil
		}},
		{Name: "after", Title: "changed by the params", Setup: func(in builtin.Input) (builtin.Work, error) {
			p := in.Params
			return newWork(more(blocks, extra.Of(p)), more(steps, slow.Of(p)), float64(hold.Of(p))*(1-less.Of(p))), nil
		}},
	},
	Primary: []string{profiler.BytesPerOp, profiler.AllocsPerOp, profiler.LiveHeap, profiler.NsPerOp},
	Estimate: func(p profiler.Params) builtin.Estimate {
		return builtin.Estimate{Live: blocks*blockSize + int64(hold.Of(p))<<20, Churn: blocks * blockSize, Op: time.Millisecond}
	},
}

// ordered is a case with variants of a known order: the second is better than the first, and the third is
// the best. The fourth saves as much as the third, but takes longer.
var ordered = builtin.Case{
	Name:  "order",
	Title: "A known order",
	Variants: []builtin.Variant{
		orderedVariant("all", 32, steps),
		orderedVariant("half", 16, steps),
		orderedVariant("quarter", 8, steps),
		orderedVariant("slow-quarter", 8, 2*steps),
	},
	Primary: []string{profiler.LiveHeap, profiler.NsPerOp},
	Estimate: func(profiler.Params) builtin.Estimate {
		return builtin.Estimate{Live: 32 << 20, Churn: blocks * blockSize, Op: 2 * time.Millisecond}
	},
}

func orderedVariant(name string, mib float64, steps int) builtin.Variant {
	return builtin.Variant{Name: name, Title: name, Setup: func(builtin.Input) (builtin.Work, error) {
		return newWork(blocks, steps, mib), nil
	}}
}

// more returns n increased by a share.
func more(n int, share float64) int { return int(math.Round(float64(n) * (1 + share))) }

// work is an operation that holds blocks and computes steps.
type work struct {
	blocks, steps int
	held          []byte
}

func newWork(blocks, steps int, mib float64) *work {
	return &work{blocks, steps, make([]byte, int(mib*(1<<20)))}
}

func (w *work) Op(mark func()) error {
	held := make([][]byte, w.blocks)
	for i := range held {
		held[i] = make([]byte, blockSize)
	}
	x := compute(w.steps)
	mark()
	if len(held) > 0 {
		held[x%uint64(len(held))][0] = 1
	}
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
func (w *work) Close() error {
	w.held = nil
	return nil
}
