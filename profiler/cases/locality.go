package cases

import (
	"fmt"
	"math"
	"time"

	"heaplab/profiler"
	"heaplab/profiler/access"
	"heaplab/profiler/subject/builtin"
)

// locality adds up the same numbers in five orders, of which one loop is the heart.
var locality = builtin.Case{
	Name:      "locality",
	Title:     "Read numbers in the order in which they lie",
	Technique: "内存访问优化 · 数据局部性 (memory access: locality of data)",
	Idea: "数据局部性: patterns of access that stay close together use memory better. " +
		"A processor fetches memory in lines of 64 bytes, 16 numbers of float32: what reads one of them and comes back for the next when the line is gone fetches it 16 times. " +
		"Here n×n numbers are added up column by column, though they lie row by row; as records of 16 fields, field by field; in an array for each field; " +
		"column by column within blocks that a cache holds; and row by row. " +
		"The numbers are whole, so that their sum is exact in any order, and it is checked after every operation.",
	Limit: "Memory does not change, 1.0 ×: it is the same numbers. What is saved is time, by up to 16 times fewer lines; " +
		"lines/op is arithmetic, for a first-level cache of 32 KiB. The time saved is another matter: hardware fetches ahead what lies a constant, small step apart, " +
		"so that records cost less than their lines; a column whose numbers are a page apart costs a page's translation each; " +
		"and where rows are a power of two apart, their lines push each other out of the few places that a cache has for them, also within blocks (preset power-of-two). " +
		"What fits into the cache gains nothing (preset in-cache), and evidence needs at least four times the last-level cache. " +
		"An array for each field is slower where whole records are needed, and blocks are worth their code only where the order cannot be changed.",

	Params: []builtin.Param{
		{Name: "side", Type: builtin.Int, Default: int64(4112), Min: 16, Max: 16384, Help: "rows and columns of the matrix, a multiple of 16; it has 4·side² bytes"},
		{Name: "block", Type: builtin.Int, Default: int64(64), Min: 16, Max: 16384, Help: "rows and columns of a block"},
		{Name: "seed", Type: builtin.Int, Default: int64(1), Min: 0, Max: math.MaxInt32, Help: "seed of the numbers"},
	},
	Presets: []builtin.Preset{
		{Name: "default", Title: "64 MiB of numbers", Params: map[string]any{}, Scale: builtin.Small},
		{Name: "large", Title: "Large: 257 MiB, four last-level caches of 64 MiB", Params: map[string]any{"side": 8208}, Scale: builtin.Large},
		{Name: "power-of-two", Title: "Rows a power of two apart, the worst for columns", Params: map[string]any{"side": 4096}},
		{Name: "in-cache", Title: "Control: 16 KiB, in the first-level cache", Params: map[string]any{"side": 64}},
	},
	Variants: []builtin.Variant{
		{
			Name: "columns", Title: "A matrix, column by column",
			Setup:  sumColumns,
			Source: accessSource("matrix.go", "Matrix.Columns"),
		},
		{
			Name: "structs", Title: "An array of structs, field by field",
			Setup:  sumStructs,
			Source: accessSource("records.go", "Record", "Structs.Sum"),
		},
		{
			Name: "arrays", Title: "A struct of arrays, field by field",
			Setup:  sumArrays,
			Source: accessSource("records.go", "Arrays", "Arrays.Sum"),
		},
		{
			Name: "blocks", Title: "A matrix, column by column within blocks",
			Setup:  sumBlocks,
			Source: accessSource("matrix.go", "Matrix.Blocks"),
		},
		{
			Name: "rows", Title: "A matrix, row by row",
			Setup:  sumRows,
			Source: accessSource("matrix.go", "Matrix.Rows"),
		},
	},
	Primary: []string{profiler.NsPerOp, profiler.LiveHeap},

	Check:    checkLocality,
	Estimate: estimateLocality,
	Predict:  predictLocality,
}

func sumColumns(in builtin.Input) (builtin.Work, error) {
	return newSums(in, "columns", access.NewMatrix(in.Int("side"), seedOf(in)).Columns), nil
}

func sumRows(in builtin.Input) (builtin.Work, error) {
	return newSums(in, "rows", access.NewMatrix(in.Int("side"), seedOf(in)).Rows), nil
}

func sumBlocks(in builtin.Input) (builtin.Work, error) {
	m := access.NewMatrix(in.Int("side"), seedOf(in))
	return newSums(in, "blocks", func() float64 { return m.Blocks(in.Int("block")) }), nil
}

func sumStructs(in builtin.Input) (builtin.Work, error) {
	return newSums(in, "structs", access.NewStructs(recordsOf(in), seedOf(in)).Sum), nil
}

func sumArrays(in builtin.Input) (builtin.Work, error) {
	return newSums(in, "arrays", access.NewArrays(recordsOf(in), seedOf(in)).Sum), nil
}

func seedOf(in builtin.Input) uint64 { return uint64(in.Int("seed")) }

// recordsOf is how many records have as many numbers as the matrix.
func recordsOf(in builtin.Input) int { return in.Int("side") * in.Int("side") / access.Fields }

// sums are operations that add up all numbers.
type sums struct {
	sum   func() float64
	want  float64
	lines int
}

func newSums(in builtin.Input, variant string, sum func() float64) *sums {
	side := in.Int("side")
	return &sums{sum, access.Total(side*side, seedOf(in)), linesPerOp(in.Params)[variant]}
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

// linesPerOp is how many cache lines each variant fetches.
func linesPerOp(p profiler.Params) map[string]int {
	side := p.Int("side")
	return map[string]int{
		"columns": access.ColumnLines(side),
		"structs": access.StructLines(side),
		"arrays":  access.RowLines(side),
		"blocks":  access.BlockLines(side, p.Int("block")),
		"rows":    access.RowLines(side),
	}
}

func checkLocality(p profiler.Params) profiler.Faults {
	if p.Int("side")%access.Fields != 0 {
		return profiler.Faults{{Field: "side", Message: fmt.Sprintf("must be a multiple of %d, the numbers in a cache line: the same numbers are also records of so many fields", access.Fields)}}
	}
	if p.Int("block")%access.Fields != 0 {
		return profiler.Faults{{Field: "block", Message: fmt.Sprintf("must be a multiple of %d, the numbers in a cache line: of others only a part of a line is read at a time", access.Fields)}}
	}
	return nil
}

// predictLocality counts lines, and says that nothing else changes.
func predictLocality(p profiler.Params) []profiler.Prediction {
	lines := linesPerOp(p)
	var predictions []profiler.Prediction
	for _, name := range []string{"structs", "arrays", "blocks", "rows"} {
		predictions = append(predictions,
			profiler.Prediction{Variant: name, Unit: profiler.LinesPerOp, Ratio: profiler.Float(float64(lines["columns"]) / float64(lines[name])), Note: "for lines, which is not how much faster it is"},
			profiler.Prediction{Variant: name, Unit: profiler.LiveHeap, Ratio: 1},
		)
	}
	return predictions
}

// estimateLocality scales what was measured at the defaults and at the large preset on two cores
// at about 3 GHz, without other load.
func estimateLocality(p profiler.Params) builtin.Estimate {
	const (
		perNumber = 3.0 // nanoseconds: generated twice, once to be kept and once for the sum
		perSum    = 0.6 // of a number that is added, in a cache
		perLine   = 6.0 // of a line that is fetched, by columns
	)
	numbers := float64(p.Int("side") * p.Int("side"))
	return builtin.Estimate{
		Live:  int64(numberSize * numbers),
		Setup: time.Duration(numbers * perNumber),
		Op:    time.Duration(numbers*perSum + float64(access.ColumnLines(p.Int("side")))*perLine),
	}
}
