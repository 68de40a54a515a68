package heap

import "math"

// A Change is a value of one type in two profiles.
type Change struct {
	Before, After           int64
	BeforeError, AfterError float64 // see Errors
}

// Total returns the totals of type t.
func (d *Diff) Total(t Type) Change {
	return Change{d.Before.Of(t), d.After.Of(t), d.BeforeError.Of(t), d.AfterError.Of(t)}
}

// All returns the totals as a function without a name.
func (d *Diff) All() FunctionDiff {
	return FunctionDiff{
		Before: Side{d.Before, d.Before, d.BeforeError, d.BeforeError},
		After:  Side{d.After, d.After, d.AfterError, d.AfterError},
	}
}

// AddFlat adds the flat values of another function to both the flat and the cumulative values of s.
func (s *Side) AddFlat(other Side) {
	s.Flat.Add(other.Flat)
	s.FlatError.add(other.FlatError)
	s.Cum, s.CumError = s.Flat, s.FlatError
}

// Flat returns the flat values of type t.
func (f *FunctionDiff) Flat(t Type) Change {
	return Change{f.Before.Flat.Of(t), f.After.Flat.Of(t), f.Before.FlatError.Of(t), f.After.FlatError.Of(t)}
}

// Cum returns the cumulative values of type t.
func (f *FunctionDiff) Cum(t Type) Change {
	return Change{f.Before.Cum.Of(t), f.After.Cum.Of(t), f.Before.CumError.Of(t), f.After.CumError.Of(t)}
}

func (n *NodeDiff) change(t Type) Change {
	return Change{n.Before.Of(t), n.After.Of(t), n.BeforeError.Of(t), n.AfterError.Of(t)}
}

// Add adds d, which is sampled independently of c.
func (c *Change) Add(d Change) {
	c.Before += d.Before
	c.After += d.After
	if d.BeforeError != 0 || d.AfterError != 0 { // most profiles of experiments are exact
		c.BeforeError = math.Hypot(c.BeforeError, d.BeforeError)
		c.AfterError = math.Hypot(c.AfterError, d.AfterError)
	}
}

// sub subtracts d, which is a part of c.
func (c *Change) sub(d Change) {
	c.Before -= d.Before
	c.After -= d.After
	if d.BeforeError != 0 || d.AfterError != 0 {
		c.BeforeError = unhypot(c.BeforeError, d.BeforeError)
		c.AfterError = unhypot(c.AfterError, d.AfterError)
	}
}

// zero reports whether both values are 0.
func (c Change) zero() bool { return c.Before == 0 && c.After == 0 }

// equal reports whether the values of c and d are equal.
func (c Change) equal(d Change) bool { return c.Before == d.Before && c.After == d.After }
