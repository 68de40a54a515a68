package profiler

import (
	"encoding/json"
	"math"
)

// A Float is a number that may be undefined. JSON has neither NaN nor infinities, so they become
// null. Null becomes NaN.
type Float float64

// Undefined returns NaN.
func Undefined() Float { return Float(math.NaN()) }

// Finite reports whether f is neither NaN nor infinite.
func (f Float) Finite() bool { return !math.IsNaN(float64(f)) && !math.IsInf(float64(f), 0) }

// MarshalJSON writes null if f is not finite.
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
