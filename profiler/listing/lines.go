package listing

import (
	"cmp"
	"slices"
	"strings"

	"heaplab/profiler/heap"
)

// A Listing is the source of a declaration with its values in two profiles.
type Listing struct {
	Declaration
	Values
	Functions []string // names of its functions and closures in the profiles, with type arguments
	Lines     []Line   // all lines of the declaration
}

// A Line is a line of source with its values in two profiles.
type Line struct {
	Values
	Number int // in the file, from 1
	Text   string
}

// Values holds values in two profiles.
type Values struct{ Before, After heap.Side }

// Annotate returns the declarations that contain lines of two profiles, sorted by package and file. It
// ignores a line of a profile that is outside of its function in the code: the line is from another
// version of the code, or invented.
func (c Code) Annotate(before, after *heap.Digest) []Listing {
	a := annotator{code: c, files: map[[2]string]*file{}, listings: map[Declaration]*Listing{}}
	a.add(before, func(v *Values) *heap.Side { return &v.Before })
	a.add(after, func(v *Values) *heap.Side { return &v.After })
	var out []Listing
	for _, l := range a.listings {
		out = append(out, *l)
	}
	slices.SortFunc(out, func(x, y Listing) int {
		return cmp.Or(strings.Compare(x.Package, y.Package), strings.Compare(x.File, y.File), cmp.Compare(x.First, y.First))
	})
	return out
}

// An annotator finds the declarations of a profile's lines.
type annotator struct {
	code     Code
	files    map[[2]string]*file // by package and name
	listings map[Declaration]*Listing
}

// add sums a profile by declaration and line, and stores the sums in the side of the values that side
// returns.
func (a *annotator) add(d *heap.Digest, side func(*Values) *heap.Side) {
	sums := map[*Values]*sum{}
	add := func(v *Values, function string, s heap.Side) {
		if sums[v] == nil {
			sums[v] = &sum{cum: map[string]heap.Values{}}
		}
		sums[v].add(plainName(function), s)
	}
	placed := map[int]bool{} // functions that are in a listing
	for _, line := range d.Lines {
		f := d.Functions[line.Function]
		l := a.listing(f.Name, line.File, line.Line)
		if l == nil {
			continue
		}
		add(&l.Lines[line.Line-l.First].Values, f.Name, heap.Side{Flat: line.Flat, Cum: line.Cum})
		if !placed[line.Function] {
			placed[line.Function] = true
			add(&l.Values, f.Name, heap.Side{Flat: f.Flat, Cum: f.Cum})
			if !slices.Contains(l.Functions, f.Name) {
				l.Functions = append(l.Functions, f.Name)
			}
		}
	}
	for v, s := range sums {
		*side(v) = s.side()
	}
}

// listing returns the listing of the declaration that contains a line of a function, or nil.
func (a *annotator) listing(function, name string, line int) *Listing {
	pkg, rest := splitName(function)
	i := slices.IndexFunc(a.code.Packages, func(p Package) bool { return p.Path == pkg })
	if i < 0 {
		return nil
	}
	f := a.files[[2]string{pkg, name}]
	if f == nil {
		f = a.code.Packages[i].open(name)
		a.files[[2]string{pkg, name}] = f
	}
	for _, d := range f.declarations {
		if line < d.First || line > d.Last || !d.covers(rest) {
			continue
		}
		if a.listings[d] == nil {
			l := f.listing(d)
			a.listings[d] = &l
		}
		return a.listings[d]
	}
	return nil
}

// listing returns the listing of a declaration, without values.
func (f *file) listing(d Declaration) Listing {
	l := Listing{Declaration: d}
	for number := d.First; number <= d.Last; number++ {
		l.Lines = append(l.Lines, Line{Number: number, Text: f.lines[number-1]})
	}
	return l
}

// A sum adds up functions that share a declaration or a line. It adds cumulative values of a function with
// different type arguments. It takes only the largest cumulative value of a function and its closures,
// because the function may have called the closure from the same line.
type sum struct {
	flat heap.Values
	cum  map[string]heap.Values // by plain name
}

// add adds the values of a function with that plain name.
func (s *sum) add(plain string, side heap.Side) {
	s.flat.Add(side.Flat)
	cum := s.cum[plain]
	cum.Add(side.Cum)
	s.cum[plain] = cum
}

// side returns the sum.
func (s *sum) side() heap.Side {
	side := heap.Side{Flat: s.flat}
	for _, cum := range s.cum {
		side.Cum = heap.Values{
			AllocObjects: max(side.Cum.AllocObjects, cum.AllocObjects),
			AllocSpace:   max(side.Cum.AllocSpace, cum.AllocSpace),
			InuseObjects: max(side.Cum.InuseObjects, cum.InuseObjects),
			InuseSpace:   max(side.Cum.InuseSpace, cum.InuseSpace),
		}
	}
	return side
}
