package views

import (
	"cmp"
	"fmt"
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

// A SourcePage shows the values of two profiles by source line.
type SourcePage struct {
	Report        report.Report
	Before, After string           // variants
	Kind          profiler.RunKind // of the profiles
	Type          heap.Type
	Types         []heap.Type // that both profiles have

	BeforeCalls, AfterCalls int64 // operations that the profiles are divided by

	Listings  []listing.Listing
	Chosen    string // the declaration whose lines are shown; "" is the one that changed most
	Missing   string // why there are no lines, as a sentence, or ""
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
	Own valueChange // of its lines themselves
	All valueChange // of its lines and their callees
}

// A lineRow is a line of source in two profiles.
type lineRow struct {
	Number int
	Text   string
	Own    bool        // the line itself has values
	Calls  bool        // its callees have values
	All    valueChange // both together
}

// A valueChange is a value before and after.
type valueChange struct {
	Unit          string
	Before, After float64
}

func (c valueChange) delta() float64 { return c.After - c.Before }

func (c valueChange) none() bool { return c.Before == 0 && c.After == 0 }

// class returns the class of a change by its absolute size, as in a table of functions.
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

// sourceLines computes the tables of a page. Without listings they are empty.
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

// changeOf returns the values of the page's type in two profiles.
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

// sourceVariants returns the variants that can be compared with the one before.
func sourceVariants(p SourcePage) []choice {
	var all []choice
	for _, v := range p.Report.Variants {
		if v.Name != p.Before && p.Report.Profile(v.Name, p.Kind) != nil {
			all = append(all, choice{words.Plain(v.Name), sourceURL(p, "after", v.Name), "", v.Name == p.After})
		}
	}
	return all
}

// sourceKinds returns the kinds of profiles that the page can show.
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

// sourceURL returns the address of the page with other fields, given as pairs of names and values.
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

// sourceWhat describes the values of a page: what lines did, and when.
func sourceWhat(p SourcePage) string {
	what := map[heap.Type]string{
		heap.AllocSpace: "allocate in one operation, after warm-up", heap.InuseSpace: "leave in use, by operation", heap.ChurnSpace: "allocate and free in one operation",
	}
	if p.Kind == profiler.Peak {
		what = map[heap.Type]string{
			heap.AllocSpace: "had allocated by the peak", heap.InuseSpace: "have in use at the peak", heap.ChurnSpace: "had allocated and freed by the peak",
		}
	}
	return what[cmp.Or(p.Type.Space(), heap.AllocSpace)]
}

// shortPackage removes the part of an import path that all built-in packages share.
func shortPackage(path string) string { return path[strings.LastIndexByte(path, '/')+1:] + "." }

// glyph marks values of the line itself and of its callees.
func (line lineRow) glyph() string {
	switch {
	case line.Own && line.Calls:
		return "●↳"
	case line.Own:
		return "●"
	}
	return "↳"
}

func (line lineRow) how() string {
	switch {
	case line.Own && line.Calls:
		return "the line itself and its callees"
	case line.Own:
		return "the line itself"
	}
	return "its callees"
}

func sourceChrome(p SourcePage) Chrome {
	c := Chrome{Title: "Source lines of " + words.Plain(p.Report.Title), Section: sectionExperiments, ReadOnly: p.Shared, Foot: reportFoot(ReportPage{Report: p.Report, Shared: p.Shared, Expires: p.Expires})}
	if p.Shared {
		c.Description = fmt.Sprintf("What lines of the built-in code %s, %s compared with %s.", sourceWhat(p), words.Plain(p.Before), words.Plain(p.After))
	}
	return c
}
