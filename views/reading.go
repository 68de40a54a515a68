package views

import (
	"math"

	"heaplab/profiler"
	"heaplab/profiler/heap"
)

// A reading says how the values of one type are read from two profiles, and how they are
// written.
type reading struct {
	typ    heap.Type
	per    string
	scales [2]float64 // what values before and after are multiplied by
	from   [2]ProfileSide
	mean   float64 // bytes of an object, where objects are counted
}

func newReading(p ProfilePage) reading {
	r := reading{typ: p.Query.Type, per: p.Query.Per, from: p.Sides, scales: [2]float64{1, 1}}
	totals := [2]heap.Values{p.Diff.Before, p.Diff.After}
	for i, side := range p.Sides {
		switch r.per {
		case PerOp:
			r.scales[i] = inverse(side.Calls)
		case PerShare:
			r.scales[i] = inverse(totals[i].Of(r.typ))
		}
	}
	if r.typ.CountsObjects() {
		objects := max(totals[0].Of(r.typ), totals[1].Of(r.typ))
		r.mean = float64(max(totals[0].Of(r.typ.Space()), totals[1].Of(r.typ.Space()))) * inverse(objects)
	}
	return r
}

// objects reads the number of objects beside: never as a share.
func (r reading) objects() reading {
	r.typ = r.typ.Objects()
	if r.per == PerShare {
		r.per, r.scales = PerTotal, [2]float64{1, 1}
	}
	return r
}

func inverse(n int64) float64 {
	if n == 0 {
		return 0
	}
	return 1 / float64(n)
}

// sides are a value before and one after.
type sides struct{ before, after float64 }

func (r reading) of(before, after int64) sides {
	return sides{float64(before) * r.scales[0], float64(after) * r.scales[1]}
}

// noise reports whether a change says nothing: it is under the noise floor of its metric, or
// of the sampling of the profiles.
func (r reading) noise(before, after int64) bool {
	b, a := float64(before), float64(after)
	if period := float64(max(r.from[0].Period, r.from[1].Period)); period > 1 {
		return math.Abs(a-b) <= samplingFloor(math.Max(a, b), period, r.mean)
	}
	unit := profiler.LookupUnit(r.unit())
	floor := unit.FloorAbs
	if r.from[0].Calls > 0 && r.from[1].Calls > 0 {
		b, a = b/float64(r.from[0].Calls), a/float64(r.from[1].Calls)
	}
	if r.typ.CountsObjects() && r.unit() == profiler.LiveHeap {
		floor = 0.5
	}
	return math.Abs(a-b) <= math.Max(floor, unit.Floor*b)
}

// samplingFloor is twice the standard deviation of what sampling makes of a value: allocations
// are sampled with a mean distance of period bytes, as a Poisson process, so that v bytes stand
// for about v/period samples, each worth period (runtime.MemProfileRate). Of a number of objects
// the mean size of one tells the bytes.
func samplingFloor(v, period, mean float64) float64 {
	if mean > 0 {
		return 2 * math.Sqrt(period*v/mean)
	}
	return 2 * math.Sqrt(period*v)
}

// unit is the metric whose noise floor holds for what is read.
func (r reading) unit() string {
	switch {
	case r.typ == heap.InuseSpace || r.typ == heap.InuseObjects:
		return profiler.LiveHeap
	case r.typ.CountsObjects():
		return profiler.AllocsPerOp
	}
	return profiler.BytesPerOp
}

// write writes a value as it is read, such as "25 MiB/op".
func (r reading) write(v float64) string { return r.cell(v) + r.suffix(v) }

// signed writes a change, with its sign.
func (r reading) signed(v float64) string { return r.signedCell(v) + r.suffix(v) }

func (r reading) suffix(v float64) string {
	if r.per == PerOp && v != 0 {
		return "/op"
	}
	return ""
}

// cell writes a value in a table whose head says how it is read.
func (r reading) cell(v float64) string {
	switch {
	case r.per == PerShare:
		return Share(v)
	case r.typ.CountsObjects():
		return Count(v)
	}
	return Bytes(v)
}

// signedCell does the same for a change. Shares change by points.
func (r reading) signedCell(v float64) string {
	switch {
	case r.per == PerShare:
		return Signed(profiler.Accuracy, v)
	case v > 0:
		return "+" + r.cell(v)
	}
	return r.cell(v)
}

// head says in the head of a table how its values are read.
func (r reading) head() string {
	return map[string]string{PerOp: "per operation", PerTotal: "in all", PerShare: "share of all"}[r.per]
}
