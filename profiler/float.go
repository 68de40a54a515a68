package profiler

import (
	"encoding/json"
	"math"
)

// A Float is a number that may be undefined. JSON has neither NaN nor infinities: all of
// them are written as null, and null is read as NaN.
type Float float64

// Undefined is the Float that is no number.
func Undefined() Float { return Float(math.NaN()) }

// Finite reports whether f is a number.
func (f Float) Finite() bool { return !math.IsNaN(float64(f)) && !math.IsInf(float64(f), 0) }

// MarshalJSON writes null for what is not finite.
func (f Float) MarshalJSON() ([]byte, error) {
	if !f.Finite() {
		return []byte("null"), nil
	}
	return json.Marshal(float64(f))
}

// UnmarshalJSON reads null as NaN.
func (f *Float) UnmarshalJSON(b []byte) error {
	if string(b) == "null" {
		*f = Undefined()
		return nil
	}
	return json.Unmarshal(b, (*float64)(f))
}
