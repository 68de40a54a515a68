package views

import (
	"regexp"
	"slices"
	"strings"

	"github.com/google/pprof/profile"

	"heaplab/profiler"
	"heaplab/profiler/heap"
	"heaplab/profiler/report"
	"heaplab/profiler/report/reporttest"
)

// digestOf makes the digest of a profile. A stack is a list of names, outermost first, with the bytes that
// it allocates in objects of 16 bytes. A quarter of them is in use.
func digestOf(stacks map[string]int64) *heap.Digest {
	p := &profile.Profile{SampleType: []*profile.ValueType{
		{Type: "alloc_objects", Unit: "count"}, {Type: "alloc_space", Unit: "bytes"},
		{Type: "inuse_objects", Unit: "count"}, {Type: "inuse_space", Unit: "bytes"},
	}}
	locations := map[string]*profile.Location{}
	for stack, bytes := range stacks {
		sample := &profile.Sample{Value: []int64{bytes / 16, bytes, bytes / 64, bytes / 4}}
		for name := range strings.SplitSeq(stack, ";") {
			if locations[name] == nil {
				id := uint64(len(locations) + 1)
				locations[name] = &profile.Location{ID: id, Line: []profile.Line{{Function: &profile.Function{ID: id, Name: name}}}}
				p.Location = append(p.Location, locations[name])
			}
			sample.Location = append([]*profile.Location{locations[name]}, sample.Location...)
		}
		p.Sample = append(p.Sample, sample)
	}
	d, err := heap.NewDigest(p)
	if err != nil {
		panic(err)
	}
	return d
}

// testProfilePage is the page of two profiles of 10 and 20 operations each.
func testProfilePage(change func(*ProfileQuery)) ProfilePage {
	const mib = 1 << 20
	before := digestOf(map[string]int64{
		"main;serve;decode;example.com/json.(*Decoder).refill": 40 * 10 * mib,
		"main;serve;decode;example.com/json.(*Decoder).value":  16 * 10 * mib,
		"main;serve;encode;bytes.growSlice":                    20 * 10 * mib,
		"main;serve;log":                                       10 * mib,
	})
	after := digestOf(map[string]int64{
		"main;serve;decode;example.com/json.(*Decoder).value": 4 * 20 * mib,
		"main;serve;encode;bytes.growSlice":                   20 * 20 * mib,
		"main;serve;decode;sync.(*Pool).pinSlow":              6 * 20 * mib,
		"main;serve;log":                                      20 * mib,
	})
	q := ProfileQuery{
		View: ViewGraph, Before: "fresh", After: "preallocated", Kind: profiler.Allocs,
		Type: heap.AllocSpace, Per: PerOp, Width: WidthBoth, By: ByFunction, Sort: "change",
	}
	p := ProfilePage{
		Report: reporttest.Comparison(), Query: q, Defaults: q, Kinds: []profiler.RunKind{profiler.Allocs, profiler.Peak},
		Base: "/experiments/42", Path: "/experiments/42/profile",
		Diff:  heap.NewDiff(before, after),
		Sides: [2]ProfileSide{{Name: "fresh", Calls: 10}, {Name: "preallocated", Calls: 20}},
	}
	change(&p.Query)
	p.Selection = heap.Selection{Type: p.Query.Type, Focus: p.Query.Focus}
	if p.Query.Search != "" {
		p.Search = regexp.MustCompile(p.Query.Search)
	}
	p.Graph = p.Diff.Graph(p.Selection)
	return p
}

// testCompare compares an experiment with a later one of the same case.
func testCompare() ComparePage {
	first, second := reporttest.Comparison(), reporttest.Comparison()
	second.ID, second.Environment = 43, profiler.Environment{"toolchain": "go1.27"}
	for _, r := range []*report.Report{&first, &second} {
		for i := range r.Variants {
			r.Variants[i].Samples = map[string][]float64{profiler.BytesPerOp: {float64(r.ID), 2, 3, 4, 5, 6}, profiler.NsPerOp: {1, 2, 3, 4, 5, float64(r.ID)}}
		}
	}
	s := report.NewSideBySide([]report.Column{{Report: first}, {Report: second}}, nil)
	return ComparePage{IDs: []string{"42", "43"}, SideBySide: &s, Candidates: []HistoryItem{testItem(42, profiler.Done)}}
}

// flameOf returns the page of the profiles of a report. Their functions are those of the summaries, without
// callers.
func flameOf(r report.Report, after string) *ProfilePage {
	kind, per := profiler.Allocs, PerOp
	if !r.Measured() {
		kind, per = profiler.Imported, PerTotal
	}
	q := ProfileQuery{View: ViewGraph, Before: r.Variants[0].Name, After: after, Kind: kind, Type: heap.AllocSpace, Per: per, Width: WidthBoth, By: ByFunction, Sort: "change"}
	p := &ProfilePage{Report: r, Query: q, Defaults: q, Kinds: []profiler.RunKind{kind}, Base: "/experiments/42", Path: "/experiments/42/profile"}
	var digests [2]*heap.Digest
	for i, variant := range []string{q.Before, after} {
		of := r.Profile(variant, kind)
		if of == nil {
			p.Missing = "There is no profile of " + variant + "."
			return p
		}
		digests[i] = summarised(of.Summary)
		p.Sides[i] = ProfileSide{Name: variant, Calls: of.Calls, Period: of.Summary.Period}
	}
	p.Diff = heap.NewDiff(digests[0], digests[1])
	if !slices.Contains(p.Diff.Types, q.Type) {
		p.Query.Type = p.Diff.Types[0]
	}
	p.Selection = heap.Selection{Type: p.Query.Type}
	p.Graph = p.Diff.Graph(p.Selection)
	return p
}

func summarised(s profiler.Summary) *heap.Digest {
	d := &heap.Digest{
		Types: s.Types, Period: s.Period, Totals: s.Totals, Error: s.Errors(), Functions: slices.Clone(s.Functions),
		Nodes: []heap.Node{{Parent: -1, Function: heap.Root, Values: s.Totals, Error: s.Errors()}},
	}
	if d.Types == nil {
		d.Types = heap.Types
	}
	for i := range d.Functions {
		f := &d.Functions[i]
		f.FlatError, f.CumError = heap.ErrorsOf(f.Flat, s.Period), heap.ErrorsOf(f.Cum, s.Period)
		d.Nodes = append(d.Nodes, heap.Node{Parent: 0, Function: i, Values: f.Flat, Error: f.FlatError})
	}
	return d
}
