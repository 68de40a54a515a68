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
	typ     heap.Type
	per     string
	whole   [2]float64 // divisors of the values before and after
	from    [2]ProfileSide
	divisor *profiler.Divisor // of an import, or nil
	usual   *reading          // of an import whose values are divided: how it is read by default
	floor   float64           // measured relative noise floor, or 0
	exact   bool              // values hardly vary but for what the runtime allocates, see report.RuntimeShare

	oneProcess bool // both profiles are of one process
}

func newReading(p ProfilePage) reading {
	r := reading{typ: p.Query.Type, per: p.Query.Per, from: p.Sides, whole: [2]float64{1, 1}}
	if usual := DefaultPer(p.Report, p.Query.Kind); r.per == PerShare && p.Query.Kind == profiler.Imported && usual != PerTotal {
		p.Query.Per = usual
		read := newReading(p)
		r.usual = &read
	}
	r.divisor = p.Report.DivisorBy(r.per)
	r.oneProcess = !p.sideBySide() && report.Apart(p.Report) > 0
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
	if c := p.Report.Comparison(p.Query.After, r.unit()); c != nil && c.FloorMeasured && p.Query.Before == p.Report.Variants[0].Name && c.Floor.Finite() {
		r.floor = float64(c.Floor) / 100
	} else if c != nil && c.FloorShared > 0 {
		r.exact = true
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

func (r reading) of(c heap.Change) sides {
	return sides{quotient(c.Before, r.whole[0]), quotient(c.After, r.whole[1])}
}

// error returns the sampling error of a change: twice its standard deviation. It is 0 for a change of shares.
func (r reading) error(c heap.Change) float64 {
	if r.per == PerShare || r.whole[0] == 0 || r.whole[1] == 0 {
		return 0
	}
	before, after := c.BeforeError/r.whole[0], c.AfterError/r.whole[1]
	if r.oneProcess && heap.Accumulates(r.typ) { // the first profile's samples are among those of the second
		return math.Sqrt(max(after*after-before*before, 0))
	}
	return math.Hypot(before, after)
}

// sampled reports whether the profiles record only some of the allocations.
func (r reading) sampled() bool { return max(r.from[0].Period, r.from[1].Period) > 1 }

// noise reports whether a change is below the noise floor of its metric, or of the sampling of the
// profiles. Bytes in use are judged as totals. Allocations are judged per operation, except in a reading
// of totals, which depend on the number of operations.
func (r reading) noise(c heap.Change) bool {
	if r.sampled() {
		r = r.absolute()
		return math.Abs(r.of(c).delta()) <= r.error(c)
	}
	b, a := float64(c.Before), float64(c.After)
	unit := profiler.LookupUnit(r.unit())
	floor := unit.FloorAbs
	if r.typ.CountsObjects() && r.unit() == profiler.LiveHeap {
		floor = 0.5
	}
	calls := [2]float64{float64(r.from[0].Calls), float64(r.from[1].Calls)}
	if r.exact {
		floor = min(floor, report.RuntimeShare(r.unit(), min(r.from[0].Calls, r.from[1].Calls)))
	}
	if r.unit() != profiler.LiveHeap && calls[0] > 0 && calls[1] > 0 {
		if r.per == PerTotal {
			floor *= math.Max(calls[0], calls[1])
		} else {
			b, a = b/calls[0], a/calls[1]
		}
	}
	by := r.divided()
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

// changed writes a change with its sampling error, such as "+9.98 MiB ± 814 KiB".
func (r reading) changed(c heap.Change) string {
	text := r.signed(r.of(c).delta())
	if e := r.margin(c); e != "" {
		text += " " + e
	}
	return text
}

// margin writes the sampling error of a change, such as "± 814 KiB", or "" if there is none.
func (r reading) margin(c heap.Change) string {
	if e := r.error(c); e > 0 {
		return "± " + r.write(e)
	}
	return ""
}

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
	v := r.of(f.Change)
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
	case r.sampled() && (f.Before == 0 || f.After == 0) && r.noise(f.Change):
		return "was " + before + ", now " + after + ": few samples, may be noise"
	case f.Before == 0:
		return "new: now " + after
	case f.After == 0:
		return "was " + before + ", now 0 (gone)"
	case change == 0:
		return before + " before and after"
	case r.noise(f.Change):
		return "was " + before + ", now " + after + " (" + r.changed(f.Change) + ", within the noise)"
	case v.before == 0:
		return "was " + before + ", now " + after + " (" + r.changed(f.Change) + ")"
	}
	return "was " + before + ", now " + after + " (" + r.changed(f.Change) + ", " + factor(v) + ")"
}

// factor writes the change as a ratio, or in percent if it is very small or nearly everything.
func factor(v sides) string {
	if ratio := v.after / v.before; ratio >= 0.01 && ratio < 1000 {
		return "× " + words.Figures(ratio)
	}
	return words.Percent(v.relative())
}
