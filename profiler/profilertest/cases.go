// Package profilertest has cases with known measurements and cases that fail, for tests. It runs them in
// real child processes.
package profilertest

import (
	"crypto/sha256"
	"encoding/hex"
	"math"
	"os"
	"time"

	"heaplab/profiler"
	"heaplab/profiler/subject/builtin"
)

// Block is the size of one allocation of the case "known", in bytes. The runtime does not round it up.
const Block = 1 << 20

// Cases contains "known", whose variants allocate known amounts, "broken", whose variants fail in
// different ways, "prepared", whose variants load a file that is made once, and "memory", whose variants
// use memory in ways that are easy to measure wrongly.
var Cases = []builtin.Case{known, broken, prepared, memory}

// Params of the case "known".
var (
	blocks = builtin.NewInt("blocks", 4, 2, 1024, "blocks of 1 MiB an operation")
	unused = builtin.NewNumber("share", 0.5, 0, 1, "unused")
	order  = builtin.NewChoice("order", "up", []string{"up", "down"}, "unused")
	setUp  = builtin.NewInt("sleep", 0, 0, 60_000, "milliseconds that set-up takes")
)

// known is a case whose variants allocate known amounts.
var known = builtin.Case{
	Name:      "known",
	Title:     "Known allocations",
	Technique: "test",
	Idea:      "Allocates param blocks of 1 MiB an operation, half of them, or none.",
	Params:    builtin.ParamsOf(blocks, unused, order, setUp),
	Variants: []builtin.Variant{
		{Name: "all", Title: "every block", Setup: allocating(1), Fit: fit},
		{Name: "half", Title: "every other block", Setup: allocating(0.5), Fit: fit},
		{Name: "none", Title: "no block", Setup: allocating(0), Fit: fit},
	},
	Primary: []string{profiler.BytesPerOp, profiler.AllocsPerOp, profiler.LiveHeap, profiler.NsPerOp},
	Estimate: func(p profiler.Params) builtin.Estimate {
		return builtin.Estimate{Live: int64(blocks.Of(p)) * 16 * Block, Churn: Block, Op: time.Millisecond, Fit: time.Millisecond}
	},
	Predict: func(profiler.Params) []profiler.Prediction {
		return []profiler.Prediction{
			{Variant: "half", Unit: profiler.BytesPerOp, Ratio: 2},
			{Variant: "none", Unit: profiler.BytesPerOp, Ratio: profiler.Float(math.Inf(1))},
		}
	},
}

// allocating returns a set-up of work that allocates the given share of the blocks in each operation.
func allocating(share float64) func(builtin.Input) (builtin.Work, error) {
	return func(in builtin.Input) (builtin.Work, error) {
		time.Sleep(time.Duration(setUp.Of(in.Params)) * time.Millisecond)
		n := int(share * float64(blocks.Of(in.Params)))
		return &work{op: func(mark func()) error {
			held := make([][]byte, 0, 1024) // on the stack
			for range n {
				held = append(held, allocate())
			}
			mark()
			for _, block := range held {
				block[0] = 1
			}
			return nil
		}}, nil
	}
}

// allocate returns a block. It touches all pages of the block, because otherwise allocation is faster
// than any collection.
//
//go:noinline
func allocate() []byte {
	block := make([]byte, Block)
	for i := 0; i < len(block); i += os.Getpagesize() {
		block[i] = 1
	}
	return block
}

// fit reports three epochs with known values.
func fit(_ builtin.Input, watch builtin.Watch) (profiler.Fit, error) {
	sum := sha256.Sum256([]byte("weights"))
	f := profiler.Fit{Weights: hex.EncodeToString(sum[:])}
	for i := range 3 {
		e := profiler.Epoch{Loss: 1 / float64(i+1), Accuracy: float64(i+1) / 3}
		watch.Mark()
		watch.Epoch(e)
		f.Epochs = append(f.Epochs, e)
	}
	return f, nil
}

// work is an operation with metrics.
type work struct {
	op      func(mark func()) error
	metrics []profiler.Measurement
}

func (w *work) Op(mark func()) error            { return w.op(mark) }
func (w *work) Metrics() []profiler.Measurement { return w.metrics }
func (w *work) Close() error                    { return nil }
