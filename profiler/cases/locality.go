package cases

import (
	"fmt"
	"math"
	"time"

	"heaplab/profiler"
	"heaplab/profiler/access"
	"heaplab/profiler/cases/testbed"
	"heaplab/profiler/subject/builtin"
)

// locality adds up the same numbers in five orders.
var locality = builtin.Case{
	Name:  "locality",
	Title: "Read numbers in their order in memory",
	Idea: "Access patterns that stay close together use memory better. " +
		"A processor fetches memory in lines of 64 bytes, 16 numbers of float32. A loop that reads one number of a line, and the next one only after the line has left the cache, fetches the line 16 times. " +
		"The variants add up n×n numbers, stored row by row: column by column; as records of 16 fields, field by field; in an array for each field; " +
		"column by column within blocks that fit the cache; and row by row. " +
		"The numbers are integers, so that their sum is exact in any order. It is checked after every operation.",
	Limit: "Memory does not change (1.0 ×). Time is saved, by up to 16 times fewer lines; " +
		"lines/op is arithmetic, for a first-level cache of 32 KiB. The time saved is less regular. Hardware prefetches numbers at a small, constant distance, " +
		"so records cost less than the number of lines suggests. Numbers of a column that are a page apart each need an address translation. " +
		"If rows are a power of two apart, their lines compete for the same few places in the cache and evict each other, even within blocks (preset power-of-two). " +
		"Data that fits in the cache gains nothing (preset in-cache); evidence needs at least four times the last-level cache. " +
		"An array for each field is slower if whole records are needed. Blocks are worthwhile only if the order cannot be changed.",

	Params: builtin.ParamsOf(side, block, localitySeed),
	Presets: []builtin.Preset{
		{Name: "default", Title: "64 MiB of numbers", Params: builtin.Values(), Scale: builtin.Small},
		{Name: "large", Title: "Large: 257 MiB, four last-level caches of 64 MiB", Params: builtin.Values(side.Is(8208)), Scale: builtin.Large},
		{Name: "power-of-two", Title: "Rows a power of two apart, the worst for columns", Params: builtin.Values(side.Is(4096))},
		{Name: "in-cache", Title: "Control: 16 KiB, in the first-level cache", Params: builtin.Values(side.Is(64))},
	},
	Variants: []builtin.Variant{
		{
			Name: "columns", Title: "A matrix, column by column",
			Setup:  sumColumns,
			Source: testbed.Quote(access.Sources, "matrix.go", "Matrix.Columns"),
		},
		{
			Name: "structs", Title: "An array of structs, field by field",
			Setup:  sumStructs,
			Source: testbed.Quote(access.Sources, "records.go", "Record", "Structs.Sum"),
		},
		{
			Name: "arrays", Title: "A struct of arrays, field by field",
			Setup:  sumArrays,
			Source: testbed.Quote(access.Sources, "records.go", "Arrays", "Arrays.Sum"),
		},
		{
			Name: "blocks", Title: "A matrix, column by column within blocks",
			Setup:  sumBlocks,
			Source: testbed.Quote(access.Sources, "matrix.go", "Matrix.Blocks"),
		},
		{
			Name: "rows", Title: "A matrix, row by row",
			Setup:  sumRows,
			Source: testbed.Quote(access.Sources, "matrix.go", "Matrix.Rows"),
		},
	},
	Primary: []string{profiler.NsPerOp, profiler.LiveHeap},

	Check:    checkLocality,
	Estimate: estimateLocality,
	Predict:  predictLocality,
}

// Params of the case locality.
var (
	side         = builtin.NewInt("side", 4112, 16, 16384, "rows and columns of the matrix, a multiple of 16; it has 4·side² bytes")
	block        = builtin.NewInt("block", 64, 16, 16384, "rows and columns of a block")
	localitySeed = builtin.NewInt("seed", 1, 0, math.MaxInt32, "seed of the numbers")
)

func sumColumns(in builtin.Input) (builtin.Work, error) {
	return newSums(in, "columns", access.NewMatrix(side.Of(in.Params), numbersSeed(in)).Columns), nil
}

func sumRows(in builtin.Input) (builtin.Work, error) {
	return newSums(in, "rows", access.NewMatrix(side.Of(in.Params), numbersSeed(in)).Rows), nil
}

func sumBlocks(in builtin.Input) (builtin.Work, error) {
	m := access.NewMatrix(side.Of(in.Params), numbersSeed(in))
	return newSums(in, "blocks", func() float64 { return m.Blocks(block.Of(in.Params)) }), nil
}

func sumStructs(in builtin.Input) (builtin.Work, error) {
	return newSums(in, "structs", access.NewStructs(recordsOf(in), numbersSeed(in)).Sum), nil
}

func sumArrays(in builtin.Input) (builtin.Work, error) {
	return newSums(in, "arrays", access.NewArrays(recordsOf(in), numbersSeed(in)).Sum), nil
}

func numbersSeed(in builtin.Input) uint64 { return uint64(localitySeed.Of(in.Params)) }

// recordsOf returns how many records have as many numbers as the matrix.
func recordsOf(in builtin.Input) int { return side.Of(in.Params) * side.Of(in.Params) / access.Fields }

// sums is a Work that adds up all numbers in every operation.
type sums struct {
	sum   func() float64
	want  float64
	lines int
}

func newSums(in builtin.Input, variant string, sum func() float64) *sums {
	n := side.Of(in.Params)
	return &sums{sum, access.Total(n*n, numbersSeed(in)), linesPerOp(in.Params)[variant]}
}

func (s *sums) Op(mark func()) error {
	got := s.sum()
	mark()
	if got != s.want {
		return fmt.Errorf("the sum of all numbers is %v, not %v", got, s.want)
	}
	return nil
}

func (s *sums) Metrics() []profiler.Measurement {
	return []profiler.Measurement{{Unit: profiler.LinesPerOp, Value: float64(s.lines)}}
}

func (s *sums) Close() error { return nil }

// linesPerOp returns how many cache lines each variant fetches.
func linesPerOp(p profiler.Params) map[string]int {
	side, block := side.Of(p), block.Of(p)
	return map[string]int{
		"columns": access.ColumnLines(side),
		"structs": access.StructLines(side),
		"arrays":  access.RowLines(side),
		"blocks":  access.BlockLines(side, block),
		"rows":    access.RowLines(side),
	}
}

func checkLocality(p profiler.Params) profiler.Faults {
	if side.Of(p)%access.Fields != 0 {
		return profiler.Faults{{Field: "side", Message: fmt.Sprintf("must be a multiple of %d, the numbers in a cache line: a record has that many fields", access.Fields)}}
	}
	if block.Of(p)%access.Fields != 0 {
		return profiler.Faults{{Field: "block", Message: fmt.Sprintf("must be a multiple of %d, the numbers in a cache line: a block must not read parts of lines", access.Fields)}}
	}
	return nil
}

// predictLocality counts lines, and says that memory does not change.
func predictLocality(p profiler.Params) []profiler.Prediction {
	lines := linesPerOp(p)
	var predictions []profiler.Prediction
	for _, name := range []string{"structs", "arrays", "blocks", "rows"} {
		predictions = append(predictions,
			profiler.Prediction{Variant: name, Unit: profiler.LinesPerOp, Ratio: profiler.Float(float64(lines["columns"]) / float64(lines[name])), Note: "for lines; time changes by another ratio"},
			profiler.Prediction{Variant: name, Unit: profiler.LiveHeap, Ratio: 1},
		)
	}
	return predictions
}

// estimateLocality scales measurements of the defaults and the large preset on two cores at about
// 3 GHz, without other load.
func estimateLocality(p profiler.Params) builtin.Estimate {
	const (
		perNumber = 3.0 // nanoseconds: each is generated twice, once to keep and once for the sum
		perSum    = 0.6 // of adding a number that is in a cache
		perLine   = 6.0 // of fetching a line, by columns
	)
	numbers := float64(side.Of(p) * side.Of(p))
	return builtin.Estimate{
		Live:  int64(numberSize * numbers),
		Setup: time.Duration(numbers * perNumber),
		Op:    time.Duration(numbers*perSum + float64(access.ColumnLines(side.Of(p)))*perLine),
	}
}
