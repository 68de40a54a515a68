package access

import "testing"

// Every order and layout adds up the same numbers, exactly.
func TestSumsAgree(t *testing.T) {
	for _, n := range []int{16, 48, 100 * Fields / 4} {
		m, want := NewMatrix(n, 7), Total(n*n, 7)
		if mean := want / float64(n*n); mean < 100 || mean > 155 {
			t.Errorf("n=%d: mean of the numbers = %v", n, mean)
		}
		records := n * n / Fields
		for name, got := range map[string]float64{
			"columns": m.Columns(),
			"rows":    m.Rows(),
			"blocks":  m.Blocks(16),
			"uneven":  m.Blocks(7),
			"one":     m.Blocks(n + 1),
			"structs": NewStructs(records, 7).Sum(),
			"arrays":  NewArrays(records, 7).Sum(),
		} {
			if got != want {
				t.Errorf("n=%d: %s = %v, want %v", n, name, got, want)
			}
		}
	}
}

func TestSumsAllocateNothing(t *testing.T) {
	m, s, a := NewMatrix(48, 1), NewStructs(20, 1), NewArrays(20, 1)
	for name, f := range map[string]func() float64{"columns": m.Columns, "rows": m.Rows, "structs": s.Sum, "arrays": a.Sum} {
		if n := testing.AllocsPerRun(10, func() { f() }); n != 0 {
			t.Errorf("%s: %v allocations", name, n)
		}
	}
}

// Lines are held against a cache that keeps what was fetched last, where an order's numbers are
// really asked for.
func TestLines(t *testing.T) {
	const n = 528 // more rows than the cache has lines
	for _, test := range []struct {
		name  string
		want  int
		order func(ask func(number int))
	}{
		{"rows", RowLines(n), func(ask func(int)) {
			for i := range n * n {
				ask(i)
			}
		}},
		{"columns", ColumnLines(n), func(ask func(int)) {
			for i := range n * n {
				ask(i%n*n + i/n)
			}
		}},
		{"columns in the cache", ColumnLines(64), func(ask func(int)) {
			for i := range 64 * 64 {
				ask(i%64*64 + i/64)
			}
		}},
		{"blocks", BlockLines(n, 48), func(ask func(int)) {
			for block := range n / 48 * n / 48 {
				for i := range 48 * 48 {
					row, col := block/(n/48)*48+i%48, block%(n/48)*48+i/48
					ask(row*n + col)
				}
			}
		}},
		{"structs", StructLines(n), func(ask func(int)) {
			records := n * n / Fields
			for i := range n * n {
				ask(i%records*Fields + i/records)
			}
		}},
	} {
		t.Run(test.name, func(t *testing.T) {
			c := newCache()
			test.order(func(number int) { c.ask(number / perLine) })
			if c.fetched != test.want {
				t.Errorf("%d lines are fetched, not %d", c.fetched, test.want)
			}
		})
	}
}

// A cache keeps the lines that were asked for last.
type cache struct {
	asked   map[int]int // when a line was asked for last
	order   []int       // of lines, by when they were asked for
	oldest  int         // in order
	held    int
	fetched int
}

func newCache() *cache { return &cache{asked: map[int]int{}} }

func (c *cache) ask(line int) {
	at, known := c.asked[line]
	if !known || at < c.oldest {
		c.fetched++
		c.held++
	}
	c.asked[line] = len(c.order)
	c.order = append(c.order, line)
	for ; c.held > cacheLines; c.oldest++ {
		if c.asked[c.order[c.oldest]] == c.oldest {
			c.held--
		}
	}
}
