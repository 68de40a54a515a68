package report

import (
	"maps"
	"math"
	"slices"
	"strings"

	"heaplab/profiler/heap"
	"heaplab/profiler/listing"
)

// Limits of what counts as code that moved.
const (
	leastMoved = 0.5  // of the smaller change: it must be allocated by the same callees in both functions
	leastRatio = 0.25 // of the smaller change to the larger one
)

// joinMoved joins causes whose code moved from one function to another: one allocates more by what the other allocates
// less. It does so only if there are three reasons. Both are in one package and related: one calls the other, or they
// are closures of one function, or the same function calls the one before and the other after. Both changes are in the
// same callees, such as net.ParseIP, or in the functions themselves. And the changes are of a similar size.
//
// Causes are sorted by their own change. A pair has the place and the name of its larger change, and shows both: a wrong
// pair hides no cause.
func joinMoved(causes []Cause, paths []heap.Attributed, perOp func(bytes int64, side int) float64) []Cause {
	m := newMoves(paths, perOp)
	joined := map[int]bool{}
	var out []Cause
	for i := range causes {
		if joined[i] {
			continue
		}
		best, most := -1, 0.0
		for k := i + 1; k < len(causes); k++ {
			if bytes := m.moved(causes[i], causes[k]); !joined[k] && bytes > most {
				best, most = k, bytes
			}
		}
		c := causes[i]
		if best >= 0 {
			c.Moved = &causes[best]
			joined[best] = true
		}
		out = append(out, c)
	}
	return out
}

// moves knows who calls the causes, and what they call.
type moves struct {
	callers map[int]map[int][2]bool // by function and caller: whether it does before and after
	callees map[int]map[int]float64 // by function and callee: change of the bytes per operation
}

// itself is the callee of what a function allocates itself.
const itself = heap.Root

func newMoves(paths []heap.Attributed, perOp func(bytes int64, side int) float64) moves {
	m := moves{map[int]map[int][2]bool{}, map[int]map[int]float64{}}
	for _, p := range paths {
		if m.callers[p.Function] == nil {
			m.callers[p.Function], m.callees[p.Function] = map[int][2]bool{}, map[int]float64{}
		}
		calls := m.callers[p.Function][p.Caller]
		m.callers[p.Function][p.Caller] = [2]bool{calls[0] || p.Before > 0, calls[1] || p.After > 0}
		callee := p.Callee
		if callee == p.Function {
			callee = itself
		}
		m.callees[p.Function][callee] += perOp(p.After, 1) - perOp(p.Before, 0)
	}
	return m
}

// moved returns the bytes per operation that moved between two functions, a having the larger change, or 0.
func (m moves) moved(a, b Cause) float64 {
	x, y := a.change(), b.change()
	if x*y >= 0 || math.Abs(y) < leastRatio*math.Abs(x) || listing.PackageOf(a.Function) != listing.PackageOf(b.Function) || !m.related(a, b) {
		return 0
	}
	bytes := 0.0
	for _, callee := range slices.Sorted(maps.Keys(m.callees[a.index])) {
		if p, q := m.callees[a.index][callee], m.callees[b.index][callee]; p*q < 0 {
			bytes += min(math.Abs(p), math.Abs(q))
		}
	}
	if bytes < leastMoved*math.Abs(y) {
		return 0
	}
	return bytes
}

// related reports whether one function calls the other, both are closures of one function, or the same function calls
// only one of them before and only the other after.
func (m moves) related(a, b Cause) bool {
	_, calls := m.callers[a.index][b.index]
	_, called := m.callers[b.index][a.index]
	if calls || called || enclosing(a.Function) == enclosing(b.Function) {
		return true
	}
	for caller, was := range m.callers[a.index] {
		now, ok := m.callers[b.index][caller]
		if ok && a.Before*b.Before == 0 && a.After*b.After == 0 && was[0] == now[1] && was[1] == now[0] {
			return true
		}
	}
	return false
}

// enclosing returns the name of the function that contains a closure, without its numbers.
func enclosing(function string) string {
	base := strings.LastIndexByte(function, '/') + 1
	parts := strings.Split(function[base:], ".")
	for i, p := range parts {
		if rest, ok := strings.CutPrefix(p, "func"); i > 1 && ok && rest != "" && strings.Trim(rest, "0123456789") == "" {
			return function[:base] + strings.Join(parts[:i], ".")
		}
	}
	return function
}

// MovedWords says whether the code of a cause moved from or to the other function.
func MovedWords(c Cause) string {
	if c.After > c.Before {
		return "moved from"
	}
	return "moved to"
}
