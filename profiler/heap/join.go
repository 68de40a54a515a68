package heap

import (
	"math"
	"slices"
	"sync"
)

// A Rule says why a function in one profile is a function in another although their names differ. Rules are
// part of the API.
type Rule string

// Rules. The first four apply in this order, each to functions whose names only one profile has. They join
// two functions if the parts of the names that the rule leaves are the same, and are those of no other
// function in either profile that is left. ByArguments also joins the nearest of several instances, see nearest.
const (
	BySuffix    Rule = "compiler suffix" // such as the hash of a Rust name, which differs in each build
	ByVersion   Rule = "version"         // of a module in the path, or a vendor folder
	ByArguments Rule = "type arguments"  // of a generic function
	ByMove      Rule = "moved"           // to a path that ends in the same package or class

	// ByOrder joins closures. The compiler numbers those of a function in the order of their lines, so the
	// numbers shift if one is added. If they seem to have shifted, closures are joined in this order so
	// that what they allocate and call changes least.
	ByOrder Rule = "closure order"

	// ByNumber joins closures of the same name whose numbers may have shifted: closures of their function
	// were added or removed, and neither values nor lines show which.
	ByNumber Rule = "closure number"
)

// keys are what the first four rules leave of a name. Each rule reads what the one before it leaves.
var keys = []struct {
	rule Rule
	of   func(name string) string
}{
	{BySuffix, withoutSuffix},
	{ByVersion, withoutVersion},
	{ByArguments, withoutArguments},
	{ByMove, lastElement},
}

// A pairing is what a function in the profile after was in the profile before.
type pairing struct {
	before int  // index in Digest.Functions; -1 if the function is new
	rule   Rule // "" if the names are the same
}

// joinFunctions returns the pairing of each function of after; no function of before is in two. usurped holds the
// functions of before that are gone although after has their name, which another closure has now.
func joinFunctions(before, after *Digest) (pairs []pairing, usurped []int) {
	j := &joiner{
		before: before, after: after,
		index: make(map[string]int, len(before.Functions)),
		now:   make([]int, len(before.Functions)),
		pairs: make([]pairing, len(after.Functions)),
	}
	for i, f := range before.Functions {
		j.index[f.Name], j.now[i] = i, -1
	}
	same := 0
	for i, f := range after.Functions {
		j.pairs[i].before = -1
		if at, known := j.index[f.Name]; known {
			j.pair(at, i, "")
			same++
		}
	}
	if same < len(before.Functions) || same < len(after.Functions) {
		j.joinRest(same)
	}
	return j.pairs, j.usurped()
}

// usurped returns the functions of before that are gone although after has a function with their name.
func (j *joiner) usurped() (gone []int) {
	for i, p := range j.pairs {
		if p.before >= 0 && p.rule != ByOrder {
			continue
		}
		if at, known := j.index[j.after.Functions[i].Name]; known && j.now[at] < 0 {
			gone = append(gone, at)
		}
	}
	return gone
}

// A joiner joins the functions of two profiles.
type joiner struct {
	before, after *Digest
	index         map[string]int // of the functions of before, by name
	now           []int          // what each function of before is in after; -1 if it is gone
	pairs         []pairing      // of each function of after

	families []*family
	named    map[string]*family
	closures [2][]bool        // whether each function of before and after is a closure in a family
	calls    [2]map[int]calls // of these closures; nil until they are needed
	compared int              // pairs of closures that were compared
	sameCode func() bool      // whether both profiles seem to be of the same code
}

// A family is a function and its closures. If only its closures are in a profile, the name is theirs.
type family struct {
	name   string
	scopes [2]*scope // in before and after; nil if it is not there
	key    string    // what is left of the name after the last rule
	joined bool
}

// A scope is a function or closure in a profile, with the closures in it.
type scope struct {
	function int // index in Digest.Functions; -1 if it is not there itself
	number   int // of a closure
	inner    map[step]*scope
}

// pair pairs a function of before with one of after.
func (j *joiner) pair(before, after int, rule Rule) {
	if rule != ByNumber && j.before.Functions[before].Name == j.after.Functions[after].Name {
		rule = ""
	}
	j.now[before], j.pairs[after] = after, pairing{before, rule}
}

// joinRest joins functions whose names only one profile has, and all closures of their families: if one
// closure is new or gone, the numbers of the others may have shifted. same is the number of names that both have.
func (j *joiner) joinRest(same int) {
	lone := len(j.before.Functions) + len(j.after.Functions) - 2*same
	j.named = make(map[string]*family, lone)
	j.families = make([]*family, 0, lone)
	j.sameCode = sync.OnceValue(j.isSameCode)
	j.closures = [2][]bool{make([]bool, len(j.before.Functions)), make([]bool, len(j.after.Functions))}
	for i := range j.before.Functions {
		if j.now[i] < 0 {
			j.add(0, i)
		}
	}
	for i := range j.after.Functions {
		if j.pairs[i].before < 0 {
			j.add(1, i)
		}
	}
	for i, p := range j.pairs {
		if p.before < 0 {
			continue
		}
		if name, steps := splitClosures(j.after.Functions[i].Name); len(steps) > 0 && j.named[name] != nil {
			j.add(0, p.before)
			j.add(1, i)
			j.now[p.before], j.pairs[i].before = -1, -1
		}
	}
	var left []*family
	for _, f := range j.families {
		if f.scopes[0] != nil && f.scopes[1] != nil {
			j.joinScopes(f.scopes[0], f.scopes[1], "")
		} else {
			f.key = f.name
			left = append(left, f)
		}
	}
	for _, k := range keys {
		left = j.joinFamilies(left, k.rule, k.of)
	}
}

// add adds a function to its family.
func (j *joiner) add(side, function int) {
	name, steps := splitClosures([2]*Digest{j.before, j.after}[side].Functions[function].Name)
	f := j.named[name]
	if f == nil {
		f = &family{name: name}
		if at, known := j.index[name]; known && j.now[at] >= 0 {
			f.scopes = [2]*scope{{function: at}, {function: j.now[at]}}
		}
		j.named[name] = f
		j.families = append(j.families, f)
	}
	if f.scopes[side] == nil {
		f.scopes[side] = &scope{function: -1}
	}
	s := f.scopes[side]
	for _, next := range steps {
		s = s.closure(next)
	}
	if len(steps) > 0 {
		j.closures[side][function] = true
	}
	s.function = function
}

// closure returns the closure at a step, which it adds if necessary.
func (s *scope) closure(at step) *scope {
	if s.inner == nil {
		s.inner = map[step]*scope{}
	}
	if s.inner[at] == nil {
		s.inner[at] = &scope{function: -1, number: at.number}
	}
	return s.inner[at]
}

// joinFamilies joins families that are in one profile each by what a rule leaves of their names, and returns
// the others.
func (j *joiner) joinFamilies(families []*family, rule Rule, key func(string) string) []*family {
	var count [2]int
	for _, f := range families {
		f.key = key(f.key)
		count[f.side()]++
	}
	few := 0
	if count[1] < count[0] {
		few = 1
	}
	found := make(map[string]*[2][]*family, count[few])
	var order []*[2][]*family
	for _, f := range families {
		if f.side() == few && f.key != "" && found[f.key] == nil {
			found[f.key] = &[2][]*family{}
			order = append(order, found[f.key])
		}
	}
	for _, f := range families {
		if n := found[f.key]; n != nil {
			n[f.side()] = append(n[f.side()], f)
		}
	}
	joined := false
	for _, n := range order {
		pairs := [][2]*family{}
		switch {
		case len(n[0]) == 1 && len(n[1]) == 1:
			pairs = append(pairs, [2]*family{n[0][0], n[1][0]})
		case rule == ByArguments:
			pairs = nearest(n[0], n[1])
		}
		for _, p := range pairs {
			j.joinScopes(p[0].scopes[0], p[1].scopes[1], rule)
			p[0].joined, p[1].joined = true, true
			joined = true
		}
	}
	if !joined {
		return families
	}
	return slices.DeleteFunc(families, func(f *family) bool { return f.joined })
}

// maxInstances limits the instances of a generic function that nearest compares.
const maxInstances = 20

// nearest pairs instances of a generic function whose type arguments differ in the fewest words, if no other
// instance differs from either in so few: f[float64,int] and f[float32,int], beside f[float64,string] and
// f[float32,string].
func nearest(before, after []*family) (pairs [][2]*family) {
	if max(len(before), len(after)) > maxInstances {
		return nil
	}
	toAfter := make([]int, len(before)) // index of the nearest one in after, or -1
	for i, b := range before {
		toAfter[i] = nearestTo(b, after)
	}
	for k, a := range after {
		if i := nearestTo(a, before); i >= 0 && toAfter[i] == k {
			pairs = append(pairs, [2]*family{before[i], a})
		}
	}
	return pairs
}

// nearestTo returns the index of the family whose name is nearest to that of f, or -1 if several are.
func nearestTo(f *family, families []*family) int {
	nearest, least := -1, math.MaxInt
	for i, g := range families {
		switch d := differentWords(f.name, g.name); {
		case d < 0:
		case d < least:
			nearest, least = i, d
		case d == least:
			nearest = -1
		}
	}
	return nearest
}

// side returns the profile that has the family: 0 for before, 1 for after.
func (f *family) side() int {
	if f.scopes[0] != nil {
		return 0
	}
	return 1
}
