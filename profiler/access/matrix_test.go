package access

import (
	"testing"

	"heaplab/profiler/profilertest/allocs"
)

// Every order and layout gives the same exact sum.
func TestSumsAgree(t *testing.T) {
	for _, n := range []int{16, 48, 100 * Fields / 4} {
		m, want := NewMatrix(n, 7), Total(n*n, 7)
		if mean := want / float64(n*n); mean < 100 || mean > 155 {
			t.Errorf("n=%d: mean of the numbers = %v", n, mean)
		}
		records := n * n / Fields
		for name, got := range map[string]float64{
			"columns":        m.Columns(),
			"rows":           m.Rows(),
			"blocks":         m.Blocks(16),
			"partial blocks": m.Blocks(7),
			"one block":      m.Blocks(n + 1),
			"structs":        NewStructs(records, 7).Sum(),
			"arrays":         NewArrays(records, 7).Sum(),
		} {
			if got != want {
				t.Errorf("n=%d: %s = %v, want %v", n, name, got, want)
			}
		}
	}
}

func TestSumsDoNotAllocate(t *testing.T) {
	m, s, a := NewMatrix(48, 1), NewStructs(20, 1), NewArrays(20, 1)
	for name, f := range map[string]func() float64{"columns": m.Columns, "rows": m.Rows, "structs": s.Sum, "arrays": a.Sum} {
		if n := allocs.PerRun(10, func() { f() }); n != 0 {
			t.Errorf("%s: %v allocations", name, n)
		}
	}
}

// The computed numbers of fetched lines agree with a simulated cache that reads the numbers in the
// same order.
func TestLines(t *testing.T) {
	const n = 528 // more rows than the cache has lines
	for _, test := range []struct {
		name  string
		want  int
		order func(read func(number int))
	}{
		{"rows", RowLines(n), func(read func(int)) {
			for i := range n * n {
				read(i)
			}
		}},
		{"columns", ColumnLines(n), func(read func(int)) {
			for i := range n * n {
				read(i%n*n + i/n)
			}
		}},
		{"columns that fit the cache", ColumnLines(64), func(read func(int)) {
			for i := range 64 * 64 {
				read(i%64*64 + i/64)
			}
		}},
		{"blocks", BlockLines(n, 48), func(read func(int)) {
			for block := range n / 48 * n / 48 {
				for i := range 48 * 48 {
					row, col := block/(n/48)*48+i%48, block%(n/48)*48+i/48
					read(row*n + col)
				}
			}
		}},
		{"structs", StructLines(n), func(read func(int)) {
			records := n * n / Fields
			for i := range n * n {
				read(i%records*Fields + i/records)
			}
		}},
	} {
		t.Run(test.name, func(t *testing.T) {
			c := newCache()
			test.order(func(number int) { c.read(number / perLine) })
			if c.fetched != test.want {
				t.Errorf("%d lines were fetched, computed %d", c.fetched, test.want)
			}
		})
	}
}

// A cache keeps the lines that were used last.
type cache struct {
	used    map[int]int // for each line, the index in order of its last use
	order   []int       // all uses of lines
	oldest  int         // index in order of the oldest use that is in the cache
	held    int         // lines in the cache
	fetched int
}

func newCache() *cache { return &cache{used: map[int]int{}} }

func (c *cache) read(line int) {
	at, known := c.used[line]
	if !known || at < c.oldest {
		c.fetched++
		c.held++
	}
	c.used[line] = len(c.order)
	c.order = append(c.order, line)
	for ; c.held > cacheLines; c.oldest++ {
		if c.used[c.order[c.oldest]] == c.oldest {
			c.held--
		}
	}
}
