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

	ViewVariants = "variants" // all variants, if there are more than two
)

// Values of ProfileQuery.Width: the meaning of a frame's width.
const (
	WidthBoth   = "both" // the larger of before and after
	WidthBefore = "before"
	WidthAfter  = "after"
	WidthChange = "change" // the size of the change
)

// Values of ProfileQuery.Per: how values are shown.
const (
	PerOp    = "op"    // per operation
	PerTotal = "total" // as in the profiles
	PerShare = "share" // as a share of each profile

	// Of imports: the mean of several profiles, and what the report can divide it by.
	PerProfile = report.PerProfile
	PerCount   = report.PerCount
	PerSecond  = report.PerSecond
)

// Values of ProfileQuery.By: the rows of the table of functions.
const (
	ByFunction = "function"
	ByPackage  = "package"
)

// A ProfileQuery is the state of a page of profiles. The query of its address has all of it.
type ProfileQuery struct {
	View          string
	Before, After string           // variants
	Kind          profiler.RunKind // of profiles
	Type          heap.Type
	Per           string // PerOp, PerTotal and so on
	Width         string
	Focus         string // a function
	Label         string // a label of samples whose values are the callers of all stacks; "" for none
	Search        string // a regular expression, like the three below
	Ignore        string
	Hide          string
	From          string
	Depth         int    // rows below the root or the focus; 0 is no limit
	By            string // ByFunction or ByPackage: rows of the table of functions
	Package       string // the table has only functions of this package; "" is all
	Sort          string // of that table
	All           bool   // all rows of a table, however many
}

// A ProfilePage compares two heap profiles.
type ProfilePage struct {
	Report   report.Report
	Query    ProfileQuery
	Defaults ProfileQuery       // of the fields that an address leaves out; Type only of an import
	Kinds    []profiler.RunKind // that the experiment has
	Rows     []string           // that have profiles, if there are several; Report is about one of them
	Path     string             // of the address
	Fixed    url.Values         // other fields of its query
	Shared   bool               // read-only, by a link
	File     bool               // a graph in a file, which has no links
	Faults   profiler.Faults

	Base      string   // of the addresses of the experiment, or of the share
	Named     []string // functions that match the focus, if no function has exactly that name
	Missing   string   // why nothing can be shown, as a sentence, or ""
	Labels    []string // that the profiles have
	Diff      *heap.Diff
	Graph     *heap.Graph
	Selection heap.Selection // what Graph shows of Diff
	Search    *regexp.Regexp // nil without a search
	Sides     [2]ProfileSide // before and after
	Scale     float64        // the change with the full colour; 0 is the largest of the graph
	Variants  []ProfilePage  // of ViewVariants: each variant against the one before, that one first
}

// A ProfileSide is one of the two profiles.
type ProfileSide struct {
	Name   string
	Calls  int64 // operations that it spans; 0 if it does not record operations
	Merged int   // imported profiles that it is the sum of; 0 or 1 if it is one
	Period int64 // bytes between two samples; 1: it is exact; 0: not known, if it was imported
}

// URL returns the address of the page in another state.
func (p *ProfilePage) URL(change func(*ProfileQuery)) string {
	q := p.Query
	change(&q)
	return p.address(q)
}

// address writes the fields that differ from the defaults.
func (p *ProfilePage) address(q ProfileQuery) string {
	v := maps.Clone(p.Fixed)
	if v == nil {
		v = url.Values{}
	}
	set := func(key, value, standard string) {
		if value != standard && p.Faults.For(key) == "" {
			v.Set(key, value)
		}
	}
	d := p.Defaults
	set("view", q.View, d.View)
	set("before", q.Before, d.Before)
	set("after", q.After, d.After)
	set("kind", string(q.Kind), string(d.Kind))
	set("type", string(q.Type), string(p.defaultType(q.Kind)))
	set("per", q.Per, DefaultPer(p.Report, q.Kind))
	set("width", q.Width, d.Width)
	set("focus", q.Focus, "")
	set("label", q.Label, "")
	set("q", q.Search, "")
	set("ignore", q.Ignore, "")
	set("hide", q.Hide, "")
	set("from", q.From, "")
	set("by", q.By, d.By)
	set("package", q.Package, "")
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

// DefaultType returns the sample type that a page shows first: bytes in use for a profile of the peak,
// or else bytes allocated.
func DefaultType(kind profiler.RunKind) heap.Type {
	if kind == profiler.Peak {
		return heap.InuseSpace
	}
	return heap.AllocSpace
}

// defaultType is DefaultType, or that of an import.
func (p *ProfilePage) defaultType(kind profiler.RunKind) heap.Type {
	if kind == profiler.Imported && p.Defaults.Type != "" {
		return p.Defaults.Type
	}
	return DefaultType(kind)
}

// DefaultPer returns how values are shown first: per operation if the profile spans a known number of
// them, and those of an import as the report divides them.
func DefaultPer(r report.Report, kind profiler.RunKind) string {
	switch {
	case kind == profiler.Allocs:
		return PerOp
	case kind == profiler.Imported && (r.Divisor != nil || report.Rounds(r) > 1):
		return r.Per()
	}
	return PerTotal
}

// sourcePage returns the address of the same two profiles by source line.
func (p *ProfilePage) sourcePage() string {
	q := url.Values{"before": {p.Query.Before}, "after": {p.Query.After}, "kind": {string(p.Query.Kind)}}
	return p.Base + "/source?" + q.Encode()
}

// pprofPage returns the address of pprof's own pages of the profile after.
func (p *ProfilePage) pprofPage() string {
	return p.Base + "/pprof/" + url.PathEscape(p.Query.After) + "/" + string(p.Query.Kind) + "/"
}

func filterType(name string) string {
	if name == "q" {
		return "search"
	}
	return "text"
}

func depthText(depth int) string {
	if depth == 0 {
		return ""
	}
	return strconv.Itoa(depth)
}
