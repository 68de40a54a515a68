package views

import (
	"cmp"
	"math"
	"net/url"
	"slices"
	"strings"
	"time"

	"heaplab/profiler"
	"heaplab/profiler/heap"
	"heaplab/profiler/listing"
	"heaplab/profiler/report"
	"heaplab/profiler/words"
)

// A SourcePage holds source lines against two profiles.
type SourcePage struct {
	Report        report.Report
	Before, After string           // variants
	Kind          profiler.RunKind // of the profiles
	Type          heap.Type
	Types         []heap.Type // that both profiles have

	BeforeCalls, AfterCalls int64 // operations that the profiles are divided by

	Listings  []listing.Listing
	Chosen    string // declaration whose lines are shown; "" is the one that changed most
	Missing   string // a sentence: why there are no lines to show, or ""
	SelfURL   string // of this page without a query
	ReportURL string
	Shared    bool // read-only, by a link
	Expires   time.Time
}

// A sourceTable lists the declarations of a page, and the lines of one of them.
type sourceTable struct {
	Rows   []sourceRow // the largest change first
	Chosen sourceRow
	Lines  []lineRow // of Chosen
}

// A sourceRow is a declaration in two profiles.
type sourceRow struct {
	listing.Listing
	Own valueChange // of what its lines did themselves
	All valueChange // of that and what they called
}

// A lineRow is a line of source in two profiles.
type lineRow struct {
	Number int
	Text   string
	Own    bool        // the line itself did some of it,
	Calls  bool        // what it called did
	All    valueChange // both together
}

// A valueChange is a value before and after.
type valueChange struct {
	Unit          string
	Before, After float64
}

func (c valueChange) delta() float64 { return c.After - c.Before }

func (c valueChange) none() bool { return c.Before == 0 && c.After == 0 }

// class colours a change as a table of functions does: by its absolute size.
func (c valueChange) class() string {
	unit := profiler.LookupUnit(c.Unit)
	switch {
	case math.Abs(c.delta()) <= max(unit.FloorAbs, unit.Floor*c.Before):
		return "same"
	case c.delta() < 0:
		return "less"
	}
	return "more"
}

func (c valueChange) before() string { return words.Value(c.Unit, c.Before) }
func (c valueChange) after() string  { return words.Value(c.Unit, c.After) }

func (c valueChange) change() string {
	if c.Before == c.After {
		return "="
	}
	return words.Signed(c.Unit, c.delta())
}

// sourceLines computes what a page shows. Without listings it is empty.
func sourceLines(p SourcePage) sourceTable {
	var t sourceTable
	for _, l := range p.Listings {
		row := sourceRow{Listing: l, Own: p.changeOf(l.Before.Flat, l.After.Flat), All: p.changeOf(l.Before.Cum, l.After.Cum)}
		if !row.All.none() || l.String() == p.Chosen {
			t.Rows = append(t.Rows, row)
		}
	}
	slices.SortStableFunc(t.Rows, func(x, y sourceRow) int {
		return cmp.Or(
			cmp.Compare(math.Abs(y.Own.delta()), math.Abs(x.Own.delta())),
			cmp.Compare(y.Own.After, x.Own.After),
			cmp.Compare(math.Abs(y.All.delta()), math.Abs(x.All.delta())),
			cmp.Compare(y.All.After, x.All.After),
		)
	})
	if len(t.Rows) == 0 {
		return t
	}
	at := slices.IndexFunc(t.Rows, func(row sourceRow) bool { return row.String() == p.Chosen })
	t.Chosen = t.Rows[max(at, 0)]
	for _, line := range t.Chosen.Lines {
		own, all := p.changeOf(line.Before.Flat, line.After.Flat), p.changeOf(line.Before.Cum, line.After.Cum)
		t.Lines = append(t.Lines, lineRow{
			Number: line.Number,
			Text:   line.Text,
			Own:    !own.none(),
			Calls:  own != all,
			All:    all,
		})
	}
	return t
}

// changeOf reads a page's type of value from two profiles.
func (p SourcePage) changeOf(before, after heap.Values) valueChange {
	unit := profiler.BytesPerOp
	if p.Type.CountsObjects() {
		unit = profiler.AllocsPerOp
	}
	return valueChange{
		Unit:   unit,
		Before: float64(before.Of(p.Type)) / float64(max(p.BeforeCalls, 1)),
		After:  float64(after.Of(p.Type)) / float64(max(p.AfterCalls, 1)),
	}
}

// sourceVariants are the variants that a page can hold against the one before.
func sourceVariants(p SourcePage) []choice {
	var all []choice
	for _, v := range p.Report.Variants {
		if v.Name != p.Before && p.Report.Profile(v.Name, p.Kind) != nil {
			all = append(all, choice{words.Plain(v.Name), sourceURL(p, "after", v.Name), "", v.Name == p.After})
		}
	}
	return all
}

// sourceKinds are the kinds of profiles that a page can be about.
func sourceKinds(p SourcePage) []choice {
	var all []choice
	for _, kind := range []profiler.RunKind{profiler.Allocs, profiler.Peak} {
		if p.Report.Profile(p.Before, kind) != nil && p.Report.Profile(p.After, kind) != nil {
			text, help := kindWords(kind)
			all = append(all, choice{text, sourceURL(p, "kind", string(kind), "type", string(DefaultType(kind))), help, kind == p.Kind})
		}
	}
	return all
}

func sourceTypes(p SourcePage) []choice {
	var all []choice
	for _, t := range p.Types {
		all = append(all, choice{typeWords[t][0], sourceURL(p, "type", string(t)), typeWords[t][1], t == p.Type})
	}
	return all
}

// sourceURL is the address of a page with some of its fields changed, in pairs of names and
// values.
func sourceURL(p SourcePage, changes ...string) string {
	query := url.Values{}
	fields := append([]string{"before", p.Before, "after", p.After, "kind", string(p.Kind), "type", string(p.Type), "fn", p.Chosen}, changes...)
	for field := range slices.Chunk(fields, 2) {
		if query.Set(field[0], field[1]); field[1] == "" {
			query.Del(field[0])
		}
	}
	return p.SelfURL + "?" + query.Encode()
}

// sourceWhat says what the values of a page are: what lines did, and when.
func sourceWhat(p SourcePage) string {
	what := map[heap.Type]string{
		heap.AllocSpace: "allocate in one operation, after warm-up", heap.InuseSpace: "leave in use, by operation", heap.ChurnSpace: "allocate and give back in one operation",
	}
	if p.Kind == profiler.Peak {
		what = map[heap.Type]string{
			heap.AllocSpace: "had allocated by the peak", heap.InuseSpace: "have in use at the peak", heap.ChurnSpace: "had allocated and given back by the peak",
		}
	}
	return what[cmp.Or(p.Type.Space(), heap.AllocSpace)]
}

// shortPackage leaves out of an import path what all built-in packages share.
func shortPackage(path string) string { return path[strings.LastIndexByte(path, '/')+1:] + "." }
