package views

import (
	"maps"
	"net/url"
	"regexp"
	"strconv"

	"heaplab/profiler"
	"heaplab/profiler/heap"
	"heaplab/profiler/report"
)

// Views of two profiles. They are part of addresses.
const (
	ViewGraph = "graph" // flame graph
	ViewCalls = "calls" // the same as a table
	ViewTop   = "top"   // table of functions

	ViewVariants = "variants" // all variants, where there are more than two
)

// What the width of a frame stands for.
const (
	WidthBoth   = "both" // the larger of before and after
	WidthBefore = "before"
	WidthAfter  = "after"
	WidthChange = "change" // the size of the change
)

// How values are read.
const (
	PerOp    = "op"    // per operation
	PerTotal = "total" // as the profiles hold them
	PerShare = "share" // of all, each profile's own
)

// What a row of the table of functions stands for.
const (
	ByFunction = "function"
	ByPackage  = "package"
)

// A ProfileQuery is all of the state of a page of profiles: it is the query of its address.
type ProfileQuery struct {
	View          string
	Before, After string           // variants
	Kind          profiler.RunKind // of profiles
	Type          heap.Type
	Per           string // PerOp, PerTotal or PerShare
	Width         string
	Focus         string // a function
	Search        string // regular expressions, as the three below
	Ignore        string
	Hide          string
	From          string
	Depth         int    // rows below the root or the focus; 0 is no limit
	By            string // ByFunction or ByPackage: rows of the table of functions
	Sort          string // of that table
	All           bool   // all rows of a table, however many
}

// A ProfilePage holds one heap profile against another.
type ProfilePage struct {
	Report   report.Report
	Query    ProfileQuery
	Defaults ProfileQuery       // of what an address leaves out
	Kinds    []profiler.RunKind // of profiles that there are
	Path     string             // of the address
	Fixed    url.Values         // what its query holds besides the state of the page
	Shared   bool               // read-only, by a link
	File     bool               // a graph in a file that opens from a disk: without links
	Faults   profiler.Faults

	Base      string   // of the addresses of the experiment, or of the share
	Named     []string // functions that the focus may mean
	Missing   string   // why there is nothing to show, as a sentence; "" where there is
	Diff      *heap.Diff
	Graph     *heap.Graph
	Selection heap.Selection // what Graph shows of Diff
	Search    *regexp.Regexp // nil where nothing is searched for
	Sides     [2]ProfileSide // before and after
	Scale     float64        // change that has full colour; 0 is the largest of the graph
	Variants  []ProfilePage  // of ViewVariants: each variant against the one before, that one first
}

// A ProfileSide is one of the two profiles.
type ProfileSide struct {
	Name   string
	Calls  int64 // operations that it spans; 0 where it is not about operations
	Period int64 // bytes between two samples; 1 or less: it is exact
}

// URL is the address of the page in another state.
func (p *ProfilePage) URL(change func(*ProfileQuery)) string {
	q := p.Query
	change(&q)
	return p.address(q)
}

// address writes what differs from the defaults.
func (p *ProfilePage) address(q ProfileQuery) string {
	v := maps.Clone(p.Fixed)
	if v == nil {
		v = url.Values{}
	}
	set := func(key, value, standard string) {
		if value != standard && faultOf(p.Faults, key) == "" {
			v.Set(key, value)
		}
	}
	d := p.Defaults
	set("view", q.View, d.View)
	set("before", q.Before, d.Before)
	set("after", q.After, d.After)
	set("kind", string(q.Kind), string(d.Kind))
	set("type", string(q.Type), string(DefaultType(q.Kind)))
	set("per", q.Per, DefaultPer(q.Kind))
	set("width", q.Width, d.Width)
	set("focus", q.Focus, "")
	set("q", q.Search, "")
	set("ignore", q.Ignore, "")
	set("hide", q.Hide, "")
	set("from", q.From, "")
	set("by", q.By, d.By)
	set("sort", q.Sort, d.Sort)
	if q.Depth > 0 {
		v.Set("depth", strconv.Itoa(q.Depth))
	}
	if q.All {
		v.Set("all", "1")
	}
	if len(v) == 0 {
		return p.Path
	}
	return p.Path + "?" + v.Encode()
}

// DefaultType is the sample type that a profile of that kind is about: what is in use at the
// peak, or else what was allocated.
func DefaultType(kind profiler.RunKind) heap.Type {
	if kind == profiler.Peak {
		return heap.InuseSpace
	}
	return heap.AllocSpace
}

// DefaultPer is how values of a profile of that kind are read: per operation where it spans a
// known number of them.
func DefaultPer(kind profiler.RunKind) string {
	if kind == profiler.Allocs {
		return PerOp
	}
	return PerTotal
}

// sourcePage is where the same two profiles stand beside lines of source.
func (p *ProfilePage) sourcePage() string {
	q := url.Values{"before": {p.Query.Before}, "after": {p.Query.After}, "kind": {string(p.Query.Kind)}}
	return p.Base + "/source?" + q.Encode()
}

// pprofPage is where pprof's own pages show the profile after.
func (p *ProfilePage) pprofPage() string {
	return p.Base + "/pprof/" + url.PathEscape(p.Query.After) + "/" + string(p.Query.Kind) + "/"
}
