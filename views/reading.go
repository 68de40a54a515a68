package views

import (
	"math"

	"heaplab/profiler"
	"heaplab/profiler/heap"
	"heaplab/profiler/report"
	"heaplab/profiler/words"
)

// A reading says how values of one type are computed from two profiles and written.
type reading struct {
	typ   heap.Type
	per   string
	whole [2]float64 // divisors of the values before and after
	from  [2]ProfileSide
	mean  float64 // bytes of an object, if objects are counted

	divisor *profiler.Divisor // of an import, or nil
	usual   *reading          // of an import whose values are divided: how it is read by default
	floor   float64           // measured relative noise floor, or 0
}

func newReading(p ProfilePage) reading {
	r := reading{typ: p.Query.Type, per: p.Query.Per, from: p.Sides, whole: [2]float64{1, 1}}
	if usual := DefaultPer(p.Report, p.Query.Kind); r.per == PerShare && p.Query.Kind == profiler.Imported && usual != PerTotal {
		p.Query.Per = usual
		read := newReading(p)
		r.usual = &read
	}
	r.divisor = p.Report.DivisorBy(r.per)
	totals := [2]heap.Values{p.Diff.Before, p.Diff.After}
	for i, side := range p.Sides {
		switch r.per {
		case PerOp:
			r.whole[i] = float64(side.Calls)
		case PerProfile, PerCount, PerSecond:
			r.whole[i] = float64(max(side.Merged, 1)) * r.divisor.Of(side.Name, r.typ)
		case PerShare:
			r.whole[i] = float64(totals[i].Of(r.typ))
		}
	}
	if r.typ.CountsObjects() {
		objects := max(totals[0].Of(r.typ), totals[1].Of(r.typ))
		r.mean = quotient(max(totals[0].Of(r.typ.Space()), totals[1].Of(r.typ.Space())), float64(objects))
	}
	if c := p.Report.Comparison(p.Query.After, r.unit()); c != nil && c.FloorMeasured && p.Query.Before == p.Report.Variants[0].Name && c.Floor.Finite() {
		r.floor = float64(c.Floor) / 100
	}
	return r
}

// absolute returns a reading without shares, because colours and noise depend on absolute values.
func (r reading) absolute() reading {
	if r.per != PerShare {
		return r
	}
	if r.usual != nil {
		return *r.usual
	}
	r.per, r.whole = PerTotal, [2]float64{1, 1}
	if r.from[0].Calls > 0 && r.from[1].Calls > 0 {
		r.per, r.whole = PerOp, [2]float64{float64(r.from[0].Calls), float64(r.from[1].Calls)}
	}
	return r
}

// objects returns a reading of the numbers of objects, never as a share.
func (r reading) objects() reading {
	r = r.absolute()
	r.typ = r.typ.Objects()
	return r
}

// quotient divides n, or returns 0 if the divisor is 0.
func quotient(n int64, by float64) float64 {
	if by == 0 {
		return 0
	}
	return float64(n) / by
}

// sides are a value before and one after.
type sides struct{ before, after float64 }

func (r reading) of(before, after int64) sides {
	return sides{quotient(before, r.whole[0]), quotient(after, r.whole[1])}
}

// sampled reports whether the profiles record only some of the allocations.
func (r reading) sampled() bool { return max(r.from[0].Period, r.from[1].Period) > 1 }

// noise reports whether a change is below the noise floor of its metric, or of the sampling of the
// profiles. Bytes in use are judged as totals. Allocations are judged per operation, except in a reading
// of totals, which depend on the number of operations.
func (r reading) noise(before, after int64) bool {
	b, a := float64(before), float64(after)
	by := r.divided()
	if r.sampled() {
		return math.Abs(a/by[1]-b/by[0]) <= samplingFloor(a/by[1]/by[1]+b/by[0]/by[0], float64(max(r.from[0].Period, r.from[1].Period)), r.mean)
	}
	unit := profiler.LookupUnit(r.unit())
	floor := unit.FloorAbs
	if r.typ.CountsObjects() && r.unit() == profiler.LiveHeap {
		floor = 0.5
	}
	calls := [2]float64{float64(r.from[0].Calls), float64(r.from[1].Calls)}
	if r.unit() != profiler.LiveHeap && calls[0] > 0 && calls[1] > 0 {
		if r.per == PerTotal {
			floor *= math.Max(calls[0], calls[1])
		} else {
			b, a = b/calls[0], a/calls[1]
		}
	}
	a, b, floor = a/by[1], b/by[0], floor/math.Max(by[0], by[1])
	return math.Abs(a-b) <= math.Max(floor, math.Max(unit.Floor, r.floor)*b)
}

// divided returns by what the values of an import are divided, also in a reading of shares.
func (r reading) divided() [2]float64 {
	switch r = r.absolute(); r.per {
	case PerProfile, PerCount, PerSecond:
		return r.whole
	}
	return [2]float64{1, 1}
}

// samplingFloor is twice the standard deviation that sampling gives to the difference of two values
// whose sum is v: allocations are sampled with a mean distance of period bytes, as a Poisson
// process, so that v bytes stand for about v/period samples, each worth period
// (runtime.MemProfileRate). A number of objects is converted to bytes by their mean size.
func samplingFloor(v, period, mean float64) float64 {
	if mean > 0 {
		return 2 * math.Sqrt(period*v/mean)
	}
	return 2 * math.Sqrt(period*v)
}

// unit returns the metric whose noise floor applies.
func (r reading) unit() string {
	switch {
	case r.typ == heap.InuseSpace || r.typ == heap.InuseObjects:
		return profiler.LiveHeap
	case r.typ.CountsObjects():
		return profiler.AllocsPerOp
	}
	return profiler.BytesPerOp
}

// write writes a value, such as "25 MiB/op".
func (r reading) write(v float64) string { return r.cell(v) + r.suffix(v) }

// signed writes a change, with its sign.
func (r reading) signed(v float64) string { return r.signedCell(v) + r.suffix(v) }

func (r reading) suffix(v float64) string {
	switch {
	case v == 0 || r.per == PerShare:
		return ""
	case r.per == PerOp:
		return "/op"
	}
	return report.Suffix(r.divisor, r.typ)
}

// cell writes a value without "/op", for a table whose head says it.
func (r reading) cell(v float64) string {
	switch {
	case r.per == PerShare:
		return words.Share(v)
	case r.typ.CountsObjects():
		return words.Count(v)
	}
	return words.Bytes(v)
}

// signedCell writes a change without "/op". Shares change by percentage points.
func (r reading) signedCell(v float64) string {
	switch {
	case r.per == PerShare:
		return words.Signed(profiler.Accuracy, v)
	case v > 0:
		return "+" + r.cell(v)
	}
	return r.cell(v)
}

// head says in the head of a table how values are shown.
func (r reading) head() string {
	switch {
	case r.divisor.Divides(r.typ):
		return "per " + words.Plain(r.divisor.Singular())
	case r.divisor != nil && max(r.from[0].Merged, r.from[1].Merged) < 2:
		return "in all"
	case r.divisor != nil:
		return "per profile"
	}
	return map[string]string{PerOp: "per operation", PerProfile: "per profile", PerTotal: "in all", PerShare: "share of all"}[r.per]
}

// sentence says how a frame changed, such as "was 25 MiB/op, now 0 (gone)".
func (r reading) sentence(f *heap.Frame) string {
	v := r.of(f.Before, f.After)
	before, after := r.write(v.before), r.write(v.after)
	change := v.after - v.before
	switch {
	case f.Function == heap.Other:
		return "was " + before + ", now " + after
	case f.HiddenBefore:
		return "now " + after + "; unknown before: small paths are not stored"
	case f.HiddenAfter:
		return "was " + before + "; unknown now: small paths are not stored"
	case f.Before == 0 && f.After == 0:
		return "nothing before or after"
	case r.sampled() && (f.Before == 0 || f.After == 0) && r.noise(f.Before, f.After):
		return "was " + before + ", now " + after + ": few samples, may be noise"
	case f.Before == 0:
		return "new: now " + after
	case f.After == 0:
		return "was " + before + ", now 0 (gone)"
	case change == 0:
		return before + " before and after"
	case r.noise(f.Before, f.After):
		return "was " + before + ", now " + after + " (" + r.signed(change) + ", within the noise)"
	case v.before == 0:
		return "was " + before + ", now " + after + " (" + r.signed(change) + ")"
	}
	return "was " + before + ", now " + after + " (" + r.signed(change) + ", " + factor(v) + ")"
}

// factor writes the change as a ratio, or in percent if it is very small or nearly everything.
func factor(v sides) string {
	if ratio := v.after / v.before; ratio >= 0.01 && ratio < 1000 {
		return "× " + words.Figures(ratio)
	}
	return words.Percent(v.relative())
}
