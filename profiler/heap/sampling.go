package heap

import "math"

// Errors holds the sampling error of each of the Values: twice its standard deviation, rounded. It is zero if
// the profile records every allocation, or if it does not say how it was sampled.
type Errors Values

// Of returns the error of type t. The objects of churn and those in use are sampled independently, so their
// variances add up to that of all allocated objects.
func (e Errors) Of(t Type) float64 {
	switch t {
	case ChurnSpace:
		return unhypot(float64(e.AllocSpace), float64(e.InuseSpace))
	case ChurnObjects:
		return unhypot(float64(e.AllocObjects), float64(e.InuseObjects))
	}
	return float64(Values(e).Of(t))
}

// add adds the errors of values that were sampled independently.
func (e *Errors) add(f Errors) {
	add := func(a *int64, b int64) { *a = int64(math.Round(math.Hypot(float64(*a), float64(b)))) }
	add(&e.AllocObjects, f.AllocObjects)
	add(&e.AllocSpace, f.AllocSpace)
	add(&e.InuseObjects, f.InuseObjects)
	add(&e.InuseSpace, f.InuseSpace)
}

// unhypot returns the y for which whole = math.Hypot(part, y), or 0 if there is none because of rounding.
func unhypot(whole, part float64) float64 {
	return math.Sqrt(max(whole*whole-part*part, 0))
}

// An estimate is a sum of samples, with the variance that sampling gives to each value.
type estimate struct {
	Values
	variance [4]float64 // in the order of Values
}

func (e *estimate) add(f estimate) {
	e.Values.Add(f.Values)
	for i := range e.variance {
		e.variance[i] += f.variance[i]
	}
}

func (e *estimate) sub(f estimate) {
	e.Values.sub(f.Values)
	for i := range e.variance {
		e.variance[i] -= f.variance[i]
	}
}

func (e *estimate) errors() Errors {
	var of [4]int64
	for i, v := range e.variance {
		of[i] = int64(math.Round(2 * math.Sqrt(max(v, 0))))
	}
	return Errors{of[0], of[1], of[2], of[3]}
}

// newEstimate returns the values of a sample with their variances, if one in period bytes was sampled.
func newEstimate(v Values, period int64) estimate {
	e := estimate{Values: v}
	if period > 1 {
		e.variance[0], e.variance[1] = variances(v.AllocObjects, v.AllocSpace, period)
		e.variance[2], e.variance[3] = variances(v.InuseObjects, v.InuseSpace, period)
	}
	return e
}

// ErrorsOf returns the errors of a sum of samples, as if all its objects had the same size.
func ErrorsOf(v Values, period int64) Errors {
	e := newEstimate(v, period)
	return e.errors()
}

// variances returns the variances of a sample that stands for some objects of equal size. An object of s bytes
// is recorded with the probability p = 1 − exp(−s/period), and then counts as 1/p objects (runtime/pprof,
// scaleHeapSample). So the variance of n objects is n·(1 − p)/p = n/(exp(s/period) − 1), and that of their
// bytes is s² times that. Without a number of objects they are taken to be small: then it is bytes·period.
func variances(objects, bytes, period int64) (ofObjects, ofBytes float64) {
	if objects <= 0 || bytes <= 0 {
		return 0, float64(max(bytes, 0)) * float64(period)
	}
	size := float64(bytes) / float64(objects)
	ofObjects = float64(objects) / math.Expm1(size/float64(period))
	return ofObjects, size * size * ofObjects
}
