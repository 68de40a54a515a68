package views

import (
	"maps"
	"net/url"
	"slices"
	"strings"

	"heaplab/profiler"
	"heaplab/profiler/heap"
	"heaplab/profiler/words"
)

func profileChrome(p ProfilePage) Chrome {
	return Chrome{Title: "Heap profiles: " + words.Plain(p.Report.Title), Section: sectionExperiments, ReadOnly: p.Shared, Flame: true}
}

// fieldTitles and fieldHints describe the fields of the filters.
var fieldTitles = map[string]string{
	"q": "Search", "focus": "Focus on", "ignore": "Ignore", "hide": "Hide", "from": "Show from", "depth": "Depth",
	"view": "View", "before": "Before", "after": "After", "kind": "Profile", "type": "Values", "per": "Read", "width": "Width", "sort": "Sort", "by": "Rows",
}

var fieldHints = map[string]string{
	"q": "regular expression", "focus": "name of a function", "ignore": "leaves out stacks with this function", "hide": "removes functions from stacks",
	"from": "stacks begin here", "depth": "rows, all by default",
}

// A hiddenField keeps state that the form does not show.
type hiddenField struct{ Name, Value string }

// hidden returns the state that the form of the filters has no field for.
func (p *ProfilePage) hidden() []hiddenField {
	visible := []string{"q"}
	if len(p.Report.Variants) > 1 {
		visible = append(visible, "before", "after")
	}
	if p.Query.View != ViewTop {
		visible = append(visible, "focus", "ignore", "hide", "from", "depth")
	}
	_, query, _ := strings.Cut(p.URL(func(*ProfileQuery) {}), "?")
	values, err := url.ParseQuery(query)
	if err != nil {
		return nil
	}
	for _, name := range visible {
		values.Del(name)
	}
	var fields []hiddenField
	for _, name := range slices.Sorted(maps.Keys(values)) {
		for _, value := range values[name] {
			fields = append(fields, hiddenField{name, value})
		}
	}
	return fields
}

func (p *ProfilePage) filtered() bool {
	q := p.Query
	return q.Ignore != "" || q.Hide != "" || q.From != "" || q.Depth > 0 || len(p.Faults) > 0
}

// changed reports whether there is anything to reset.
func (p *ProfilePage) changed() bool {
	return p.filtered() || p.Query.Focus != "" || p.Query.Search != "" || p.Query.Package != ""
}

// reset returns the address of the page without focus, search and filters.
func (p *ProfilePage) reset() string {
	return p.URL(func(q *ProfileQuery) {
		q.Focus, q.Search, q.Ignore, q.Hide, q.From, q.Package, q.Depth, q.All = "", "", "", "", "", "", 0, false
	})
}

// svgURL returns the address of the graph as a picture.
func (p *ProfilePage) svgURL() string {
	_, query, found := strings.Cut(p.URL(func(q *ProfileQuery) { q.View = ViewGraph }), "?")
	if !found {
		return p.Path + ".svg"
	}
	return p.Path + ".svg?" + query
}

// A choice is a link to another state of the page.
type choice struct {
	Text, URL, Help string
	Current         bool
}

func kindChoices(p ProfilePage) []choice {
	var all []choice
	for _, kind := range p.Kinds {
		text, help := kindWords(kind)
		all = append(all, choice{text, p.URL(func(q *ProfileQuery) { q.Kind, q.Type, q.Per = kind, DefaultType(kind), DefaultPer(p.Report, kind) }), help, kind == p.Query.Kind})
	}
	return all
}

// rowChoices returns the rows that have profiles.
func rowChoices(p ProfilePage) []choice {
	var all []choice
	for _, row := range p.Rows {
		of := p
		of.Fixed = maps.Clone(p.Fixed)
		of.Fixed.Set("row", row)
		url := of.URL(func(q *ProfileQuery) { q.Focus, q.Search, q.Package, q.All = "", "", "", false })
		all = append(all, choice{words.Plain(row), url, "", row == p.Report.Row})
	}
	return all
}

func kindWords(kind profiler.RunKind) (text, help string) {
	switch kind {
	case profiler.Allocs:
		return "Operations", "exact allocations of operations, without set-up and warm-up"
	case profiler.Peak:
		return "Peak", "memory in use at its peak"
	}
	return "Imported", "whole processes, not per operation"
}

// typeWords have the name of a type, and what it counts.
var typeWords = map[heap.Type][2]string{
	heap.AllocSpace:   {"Allocated", "bytes allocated"},
	heap.AllocObjects: {"Objects", "objects allocated; the runtime combines tiny ones, so they differ from allocs/op"},
	heap.InuseSpace:   {"In use", "bytes in use when the profile was written"},
	heap.InuseObjects: {"In-use objects", "objects in use when the profile was written"},
	heap.ChurnSpace:   {"Churn", "bytes allocated and no longer in use"},
	heap.ChurnObjects: {"Churned objects", "objects allocated and no longer in use"},
}

// typeWords returns the name of a type, and what it counts.
func (p *ProfilePage) typeWords(t heap.Type) [2]string {
	if name := p.Diff.TypeNames.Own(t); name != "" {
		name = words.Plain(name)
		return [2]string{name, name}
	}
	return typeWords[t]
}

// counts names what the values of a type are, such as "bytes in use".
func (p *ProfilePage) counts(t heap.Type) string {
	if name := p.Diff.TypeNames.Own(t); name != "" {
		return words.Plain(name)
	}
	return map[heap.Type]string{
		heap.AllocSpace: "allocated bytes", heap.AllocObjects: "allocated objects", heap.InuseSpace: "bytes in use", heap.InuseObjects: "objects in use",
		heap.ChurnSpace: "churned bytes", heap.ChurnObjects: "churned objects",
	}[t]
}

func typeChoices(p ProfilePage) []choice {
	var all []choice
	for _, t := range p.Diff.Types {
		all = append(all, choice{p.typeWords(t)[0], p.URL(func(q *ProfileQuery) { q.Type = t }), p.typeWords(t)[1], t == p.Query.Type})
	}
	return all
}

func perChoices(p ProfilePage) []choice {
	var all []choice
	for _, per := range []struct{ name, text string }{
		{PerOp, "Per op"}, {PerCount, "Per " + words.Plain(p.Report.Counts.Singular())}, {PerSecond, "Per second"}, {PerProfile, "Per profile"}, {PerTotal, "Total"}, {PerShare, "Share"},
	} {
		if !p.Offers(per.name) {
			continue
		}
		all = append(all, choice{per.text, p.URL(func(q *ProfileQuery) { q.Per = per.name }), "", per.name == p.Query.Per})
	}
	return all
}

// Offers reports whether the values of the profiles can be shown in a way.
func (p *ProfilePage) Offers(per string) bool {
	imported := p.Query.Kind == profiler.Imported
	switch per {
	case PerOp:
		return p.Sides[0].Calls > 0 && p.Sides[1].Calls > 0
	case PerCount, PerSecond:
		return imported && p.Report.DivisorBy(per) != nil
	case PerProfile:
		return imported && max(p.Sides[0].Merged, p.Sides[1].Merged) > 1
	}
	return true
}

func widthChoices(p ProfilePage) []choice {
	var all []choice
	for _, w := range []struct{ name, text, help string }{
		{WidthBoth, "Both", "the larger of before and after"},
		{WidthBefore, "Before", "the value before"},
		{WidthAfter, "After", "the value after"},
		{WidthChange, "Change", "only changes, by their size"},
	} {
		all = append(all, choice{w.text, p.URL(func(q *ProfileQuery) { q.Width = w.name }), w.help, w.name == p.Query.Width})
	}
	return all
}

func byChoices(p ProfilePage) []choice {
	var all []choice
	for _, by := range []struct{ name, text string }{{ByFunction, "Functions"}, {ByPackage, "Packages"}} {
		url := p.URL(func(q *ProfileQuery) {
			q.By, q.Package, q.All = by.name, "", false
			if q.Sort == "cum" {
				q.Sort = p.Defaults.Sort
			}
		})
		all = append(all, choice{by.text, url + "#graph", "", by.name == p.Query.By})
	}
	return all
}

// labelChoices returns the labels by which stacks can be grouped.
func labelChoices(p ProfilePage) []choice {
	set := func(label string) string {
		return p.URL(func(q *ProfileQuery) { q.Label, q.Focus, q.All = label, "", false }) + "#graph"
	}
	all := []choice{{"None", set(""), "", p.Query.Label == ""}}
	for _, label := range p.Labels {
		all = append(all, choice{words.Plain(label), set(label), "group stacks by the values of this label", label == p.Query.Label})
	}
	return all
}

func views(p ProfilePage) []choice {
	var all []choice
	for _, v := range []struct{ name, text string }{{ViewGraph, "Flame graph"}, {ViewCalls, "Calls"}, {ViewTop, "Functions"}, {ViewVariants, "All variants"}} {
		if v.name == ViewVariants && len(p.Report.Variants) < 3 {
			continue
		}
		url := p.URL(func(q *ProfileQuery) { q.View, q.All = v.name, false })
		all = append(all, choice{v.text, url + "#graph", "", v.name == p.Query.View})
	}
	return all
}
