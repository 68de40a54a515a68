// Package heap reads heap profiles: it adds one up by function and by path of calls, and holds
// two against each other. What it makes of a profile is small whatever the profile's size, so
// that nothing has to parse a profile again.
package heap

import "math"

// Values are the four sample types of a Go heap profile.
type Values struct {
	AllocObjects int64 `json:"alloc_objects"`
	AllocSpace   int64 `json:"alloc_space"`
	InuseObjects int64 `json:"inuse_objects"`
	InuseSpace   int64 `json:"inuse_space"`
}

// A Type is one number that a heap profile gives of each path of calls: a sample type, by
// pprof's name of it, or churn, which is what was allocated and is no longer in use.
type Type string

// The types. Their names are part of addresses.
const (
	AllocSpace   Type = "alloc_space"
	AllocObjects Type = "alloc_objects"
	InuseSpace   Type = "inuse_space"
	InuseObjects Type = "inuse_objects"
	ChurnSpace   Type = "churn_space"
	ChurnObjects Type = "churn_objects"
)

// Types are all of them, in the order in which pages offer them.
var Types = []Type{AllocSpace, AllocObjects, InuseSpace, InuseObjects, ChurnSpace, ChurnObjects}

// CountsObjects reports whether the type counts objects; the others are bytes.
func (t Type) CountsObjects() bool { return t == t.Objects() }

// Space is the type of the bytes of what t is about.
func (t Type) Space() Type {
	switch t {
	case AllocObjects:
		return AllocSpace
	case InuseObjects:
		return InuseSpace
	case ChurnObjects:
		return ChurnSpace
	}
	return t
}

// Objects is the type of the number of objects of what t is about.
func (t Type) Objects() Type {
	switch t {
	case AllocSpace:
		return AllocObjects
	case InuseSpace:
		return InuseObjects
	case ChurnSpace:
		return ChurnObjects
	}
	return t
}

// Of returns the number of that type.
func (v Values) Of(t Type) int64 {
	switch t {
	case AllocSpace:
		return v.AllocSpace
	case AllocObjects:
		return v.AllocObjects
	case InuseSpace:
		return v.InuseSpace
	case InuseObjects:
		return v.InuseObjects
	case ChurnSpace:
		return v.AllocSpace - v.InuseSpace
	case ChurnObjects:
		return v.AllocObjects - v.InuseObjects
	}
	return 0
}

// Add adds each number of w.
func (v *Values) Add(w Values) {
	v.AllocObjects += w.AllocObjects
	v.AllocSpace += w.AllocSpace
	v.InuseObjects += w.InuseObjects
	v.InuseSpace += w.InuseSpace
}

func (v *Values) sub(w Values) {
	v.AllocObjects -= w.AllocObjects
	v.AllocSpace -= w.AllocSpace
	v.InuseObjects -= w.InuseObjects
	v.InuseSpace -= w.InuseSpace
}

// A threshold is the least of each type that a path must have in one of them to be kept; 0 is
// where a type does not count.
type threshold map[Type]int64

// newThreshold is a part of each total, rounded up.
func newThreshold(totals Values, part float64) threshold {
	t := threshold{}
	for _, typ := range Types {
		if total := totals.Of(typ); total > 0 {
			t[typ] = int64(math.Ceil(float64(total) * part))
		}
	}
	return t
}

// reaches reports whether any number of v is at least that of the threshold.
func (v Values) reaches(least threshold) bool {
	for typ, n := range least {
		if v.Of(typ) >= n {
			return true
		}
	}
	return false
}

// weight orders functions: by what they allocated, and by what is in use where a profile
// is about that alone.
func (v Values) weight() int64 { return max(v.AllocSpace, v.InuseSpace) }
