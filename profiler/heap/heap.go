// Package heap reads heap profiles, sums them by function and by call path, and compares two of
// them. The summary of a profile is small however large the profile is, so each profile is
// parsed only once.
package heap

import (
	"cmp"
	"math"
)

// Values holds a number for each of the four sample types of a Go heap profile.
type Values struct {
	AllocObjects int64 `json:"alloc_objects"`
	AllocSpace   int64 `json:"alloc_space"`
	InuseObjects int64 `json:"inuse_objects"`
	InuseSpace   int64 `json:"inuse_space"`
}

// A Type names a number that a heap profile gives for each call path: a sample type of pprof, or
// churn, which is the memory that was allocated and is no longer in use.
type Type string

// Types. Their names are part of URLs.
const (
	AllocSpace   Type = "alloc_space"
	AllocObjects Type = "alloc_objects"
	InuseSpace   Type = "inuse_space"
	InuseObjects Type = "inuse_objects"
	ChurnSpace   Type = "churn_space"
	ChurnObjects Type = "churn_objects"
)

// Types lists all types in the order in which pages offer them.
var Types = []Type{AllocSpace, AllocObjects, InuseSpace, InuseObjects, ChurnSpace, ChurnObjects}

// CountsObjects reports whether t counts objects; the other types count bytes.
func (t Type) CountsObjects() bool { return t == t.Objects() }

// Space returns the type for bytes that corresponds to t: AllocSpace for AllocObjects.
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

// Objects returns the type for objects that corresponds to t: AllocObjects for AllocSpace.
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

// Accumulates reports whether values of type t only grow while a process runs.
func Accumulates(t Type) bool { return t == AllocSpace || t == AllocObjects }

// Of returns the value of type t.
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

// Add adds w to v.
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

// A threshold is a minimum for each type. A path is kept if it reaches at least one of them.
// Types with a total of 0 have no minimum.
type threshold map[Type]int64

// newThreshold returns a share of each total, rounded up.
func newThreshold(totals Values, share float64) threshold {
	t := threshold{}
	for _, typ := range Types {
		if total := totals.Of(typ); total > 0 {
			t[typ] = int64(math.Ceil(float64(total) * share))
		}
	}
	return t
}

// reaches reports whether v reaches the minimum of at least one type.
func (v Values) reaches(least threshold) bool {
	for typ, n := range least {
		if v.Of(typ) >= n {
			return true
		}
	}
	return false
}

// weight returns the number by which functions are sorted: the bytes allocated, or else the bytes in use, or else
// the number of objects.
func (v Values) weight() int64 {
	return cmp.Or(max(v.AllocSpace, v.InuseSpace), max(v.AllocObjects, v.InuseObjects))
}
