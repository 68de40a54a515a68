package heap

import (
	"cmp"
	"maps"
	"slices"
)

// joinScopes joins two functions or closures, and the closures in them.
func (j *joiner) joinScopes(before, after *scope, rule Rule) {
	if before.function >= 0 && after.function >= 0 {
		j.pair(before.function, after.function, rule)
	}
	if len(before.inner) == 0 || len(after.inner) == 0 {
		return
	}
	was, now := before.closures(), after.closures()
	for _, kind := range slices.Sorted(maps.Keys(was)) {
		g := group{j, before, after, was[kind], now[kind]}
		matches, sure := g.match()
		for _, m := range matches {
			b, a := g.was[m.before], g.now[m.after]
			joined := rule
			if b.number != a.number {
				joined = ByOrder
			} else if !sure && rule == "" {
				joined = ByNumber
			}
			j.joinScopes(b, a, joined)
		}
	}
}

// closures returns the closures in s by kind, sorted by number.
func (s *scope) closures() map[string][]*scope {
	kinds := map[string][]*scope{}
	for at, c := range s.inner {
		kinds[at.kind] = append(kinds[at.kind], c)
	}
	for _, all := range kinds {
		slices.SortFunc(all, func(a, b *scope) int { return cmp.Compare(a.number, b.number) })
	}
	return kinds
}

// A group is the closures of one kind in a function.
type group struct {
	*joiner
	before, after *scope   // the function
	was, now      []*scope // the closures before and after, sorted by number, which is the order of their lines
}

// A match joins two closures of a group. Its fields are their indices in was and now.
type match struct{ before, after int }

// Limits of the work for closures.
const (
	maxGroup    = 50 * 50  // pairs of closures that a group compares
	maxCompared = 200_000  // the same for all groups
	alike       = 0.5      // likeness of closures that may be one although their numbers differ
	clearly     = 0.25     // by which the likenesses of the best matches must exceed those of the second best
	sameNumber  = 1.0 / 16 // added to the likeness of closures with the same number
)

// match matches the closures of the group. sure is false if they are matched by number although the numbers
// may have shifted.
//
// If both profiles have the same numbers, those match. If they have as many closures and none of the same
// number, they match in their order. Otherwise the matches are those in order with the largest sum of
// likenesses, if that is clearly larger than any other sum. Otherwise closures of the same number match, and lines
// can show that this is right.
func (g group) match() (matches []match, sure bool) {
	numbered := g.sameNumbers()
	switch {
	case len(numbered) == len(g.was) && len(numbered) == len(g.now):
		return numbered, true
	case len(numbered) == 0 && len(g.was) == len(g.now):
		for i := range g.was {
			matches = append(matches, match{i, i})
		}
		return matches, true
	}
	work := len(g.was) * len(g.now)
	if g.compared += work; work == 0 || work > maxGroup || g.compared > maxCompared {
		return numbered, g.inPlace(numbered)
	}
	likeness := g.likenesses()
	best, sum := bestMatches(likeness)
	second := 0.0
	for _, m := range best {
		held := likeness[m.before][m.after]
		likeness[m.before][m.after] = -1
		_, other := bestMatches(likeness)
		likeness[m.before][m.after] = held
		second = max(second, other)
	}
	shifted := slices.ContainsFunc(numbered, func(m match) bool { return !slices.Contains(best, m) })
	inPlace := g.inPlace(numbered)
	switch {
	case sum-second < clearly:
		return numbered, inPlace
	case shifted && (inPlace && g.sameCode() || !g.sampledEnough(best)):
		return numbered, false
	}
	return best, true
}

// sameNumbers matches closures with the same number.
func (g group) sameNumbers() (matches []match) {
	for i, k := 0, 0; i < len(g.was) && k < len(g.now); {
		switch c := cmp.Compare(g.was[i].number, g.now[k].number); {
		case c < 0:
			i++
		case c > 0:
			k++
		default:
			matches = append(matches, match{i, k})
			i, k = i+1, k+1
		}
	}
	return matches
}

// bestMatches returns the matches in order whose likenesses have the largest sum. Negative likenesses do not match.
func bestMatches(likeness [][]float64) (matches []match, sum float64) {
	rows, columns := len(likeness), len(likeness[0])
	best := make([][]float64, rows+1) // of the closures from each index
	for i := range best {
		best[i] = make([]float64, columns+1)
	}
	for i := rows - 1; i >= 0; i-- {
		for k := columns - 1; k >= 0; k-- {
			best[i][k] = max(best[i+1][k], best[i][k+1])
			if l := likeness[i][k]; l >= 0 {
				best[i][k] = max(best[i][k], l+best[i+1][k+1])
			}
		}
	}
	for i, k := 0, 0; i < rows && k < columns; {
		switch best[i][k] {
		case best[i+1][k]:
			i++
		case best[i][k+1]:
			k++
		default:
			matches = append(matches, match{i, k})
			i, k = i+1, k+1
		}
	}
	return matches, best[0][0]
}

// inPlace reports whether all closures with the same number start at the same line, counted from the function
// or, if that is not known, from each other. It is a sign that the numbers did not shift, but no proof: a new
// closure can start where another one did.
func (g group) inPlace(numbered []match) bool {
	was, now := []int{g.startLine(0, g.before)}, []int{g.startLine(1, g.after)}
	if was[0] == 0 || now[0] == 0 {
		was, now = nil, nil
	}
	for _, m := range numbered {
		was, now = append(was, g.startLine(0, g.was[m.before])), append(now, g.startLine(1, g.now[m.after]))
	}
	if len(was) < 2 {
		return false
	}
	for i := range was {
		if was[i] == 0 || now[i] == 0 || now[i]-was[i] != now[0]-was[0] {
			return false
		}
		if i > 0 && (was[i] <= was[i-1] || now[i] <= now[i-1]) { // lines that the producer made up
			return false
		}
	}
	return true
}

// isSameCode reports whether both profiles seem to be of the same code: all functions with the same name start
// at the same line.
func (j *joiner) isSameCode() bool {
	const enough = 10 // different lines: some producers give all functions the same
	lines := map[int]bool{}
	for i, p := range j.pairs {
		if p.before < 0 || p.rule != "" {
			continue
		}
		was, now := j.before.Functions[p.before].StartLine, j.after.Functions[i].StartLine
		if was != now {
			return false
		}
		if len(lines) < enough && now > 0 {
			lines[now] = true
		}
	}
	return len(lines) == enough
}

func (j *joiner) startLine(side int, s *scope) int {
	if s.function < 0 {
		return 0
	}
	return [2]*Digest{j.before, j.after}[side].Functions[s.function].StartLine
}

// sampledEnough reports whether the matched closures have more than one sample each: the values of one sample are
// chance.
func (g group) sampledEnough(matches []match) bool {
	least := max(g.joiner.before.Period, g.joiner.after.Period)
	if least <= 1 {
		return true
	}
	return !slices.ContainsFunc(matches, func(m match) bool {
		b, a := g.was[m.before].function, g.now[m.after].function
		return b < 0 || a < 0 || min(g.joiner.before.Functions[b].Cum.weight(), g.joiner.after.Functions[a].Cum.weight()) < 2*least
	})
}

// likenesses returns the likeness of each closure before with each one after, from 0 to 1. It is negative if they
// are too unlike to match.
func (g group) likenesses() [][]float64 {
	all := make([][]float64, len(g.was))
	for i, b := range g.was {
		for _, a := range g.now {
			l := g.likeness(b, a)
			switch {
			case b.number == a.number:
				l += sameNumber
			case l < alike:
				l = -1
			}
			all[i] = append(all[i], l)
		}
	}
	return all
}

// likeness is the mean of how alike two closures are in their bytes, in the mean size of the objects that they allocate
// themselves, and in the functions that they call.
func (j *joiner) likeness(before, after *scope) float64 {
	if before.function < 0 || after.function < 0 {
		return alike
	}
	b, a := j.before.Functions[before.function], j.after.Functions[after.function]
	sum, n := ratio(float64(b.Cum.weight()), float64(a.Cum.weight())), 1.0
	if x, y := b.Flat.meanSize(), a.Flat.meanSize(); x > 0 && y > 0 {
		sum += ratio(x, y)
		n++
	}
	x, y := j.callsOf(0, before.function), j.callsOf(1, after.function)
	if len(x) > 0 || len(y) > 0 {
		sum += x.common(y, b.Cum.weight(), a.Cum.weight())
		n++
	}
	return sum / n
}

// ratio returns the ratio of the smaller number to the larger one.
func ratio(a, b float64) float64 {
	if a == b {
		return 1
	}
	return min(a, b) / max(a, b)
}

// meanSize returns the mean size of an object, or 0 if there are none.
func (v Values) meanSize() float64 {
	switch {
	case v.AllocObjects > 0:
		return float64(v.AllocSpace) / float64(v.AllocObjects)
	case v.InuseObjects > 0:
		return float64(v.InuseSpace) / float64(v.InuseObjects)
	}
	return 0
}

// calls holds the bytes of the functions that a function calls, by their index in the profile before.
type calls map[int]int64

// unpaired is the index in calls of functions that are not joined yet.
const unpaired = -3

// callsOf returns the calls of a closure in a family, as far as the call tree has them.
func (j *joiner) callsOf(side, function int) calls {
	if j.calls[side] == nil {
		j.calls[side] = map[int]calls{}
		nodes := [2]*Digest{j.before, j.after}[side].Nodes
		for _, n := range nodes {
			if n.Parent < 0 || n.Function < 0 {
				continue
			}
			caller := nodes[n.Parent].Function
			if caller < 0 || !j.closures[side][caller] {
				continue
			}
			callee := n.Function
			switch {
			case side == 1:
				if callee = j.pairs[callee].before; callee < 0 {
					callee = unpaired
				}
			case j.now[callee] < 0:
				callee = unpaired
			}
			if j.calls[side][caller] == nil {
				j.calls[side][caller] = calls{}
			}
			j.calls[side][caller][callee] += n.Values.weight()
		}
	}
	return j.calls[side][function]
}

// common returns the share of two functions' bytes that they have in common: those that the same callees
// allocate, and those that they allocate themselves. whole and otherWhole are all bytes of each.
func (c calls) common(d calls, whole, otherWhole int64) float64 {
	if whole <= 0 || otherWhole <= 0 {
		return 0
	}
	const all = 1 << 20 // integers have the same sum in each order
	part := func(bytes, whole int64) int { return int(all * float64(bytes) / float64(whole)) }
	sum, own, otherOwn := 0, all, all
	for callee, bytes := range c {
		own -= part(bytes, whole)
		sum += min(part(bytes, whole), part(d[callee], otherWhole))
	}
	for _, bytes := range d {
		otherOwn -= part(bytes, otherWhole)
	}
	return float64(min(all, sum+max(0, min(own, otherOwn)))) / all
}
