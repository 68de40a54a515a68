package views

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/a-h/templ"

	"heaplab/profiler"
	"heaplab/profiler/heap"
	"heaplab/profiler/words"
)

// profileLead writes the change of the whole profile.
func profileLead(p ProfilePage) string {
	sides := p.sideName(p.Query.Before) + " against " + p.sideName(p.Query.After)
	if p.Missing != "" {
		return sides
	}
	r := newReading(p)
	r = r.absolute()
	return sides + ". " + p.typeWords(r.typ)[0] + ": " + r.sentence(&heap.Frame{Function: heap.Root, Change: p.Diff.Total(r.typ)}) + "."
}

// sideBySide reports whether the page compares columns of /compare rather than variants of one experiment.
func (p *ProfilePage) sideBySide() bool { return p.Fixed.Has("id") }

// sideName writes the name of a variant, or of a column of /compare.
func (p *ProfilePage) sideName(name string) string {
	if p.sideBySide() {
		return columnLabel(name)
	}
	return words.Plain(name)
}

// backWord names the page that this one belongs to.
func backWord(p ProfilePage) string {
	if p.sideBySide() {
		return "Comparison"
	}
	return "Report"
}

func graphTitle(p ProfilePage) string {
	if p.Query.Focus != "" {
		return shortName(p.Query.Focus) + " and its callees"
	}
	return "Difference flame graph"
}

func graphLead(p ProfilePage) string {
	if p.Query.Focus != "" {
		return focusLead(p) + " " + widthLead(p)
	}
	return widthLead(p)
}

// focusLead says how the function in focus changed, and where its callers are.
func focusLead(p ProfilePage) string {
	return words.UpperFirst(newReading(p).sentence(p.Graph.Callees)) + ". Callers are above it, callees below."
}

// widthLead explains widths and colours.
func widthLead(p ProfilePage) string {
	return "Width is " + map[string]string{
		WidthBoth: "the larger of before and after, summed over the parts", WidthBefore: "the value before", WidthAfter: "the value after", WidthChange: "the size of the change, summed over the parts",
	}[p.Query.Width] + "; colour is the change, stronger for larger changes."
}

func reportFlameLead(p ProfilePage) string {
	if p.Missing != "" {
		return "The callers and callees of the functions above"
	}
	r := newReading(p)
	root := p.Graph.Callees
	return words.UpperFirst(p.counts(r.typ)) + " " + r.head() + ": " + r.sentence(root) + ". Width is the larger of before and after, summed over the parts; colour is the change."
}

func emptyGraph(p ProfilePage) string {
	root := p.Graph.Callees
	switch {
	case p.Query.Focus != "" && p.Diff.Function(p.Query.Focus) < 0:
		return unknownFocus(p)
	case p.Query.Width == WidthChange && root.Before+root.After > 0:
		return "Both profiles have equal values here."
	case p.Query.Width == WidthBefore && root.After > 0:
		return "The before profile has nothing here. Choose another width to see the after profile."
	case p.Query.Width == WidthAfter && root.Before > 0:
		return "The after profile has nothing here. Choose another width to see the before profile."
	case p.changed():
		return "Nothing in these profiles matches the filters."
	}
	return "Neither profile has values of this type."
}

// unknownFocus lists the functions that match a focus which is not a function's name.
func unknownFocus(p ProfilePage) string {
	if len(p.Named) == 0 {
		return "Neither profile has a function named " + words.Plain(p.Query.Focus) + "."
	}
	const few = 5
	named := p.Named[:min(len(p.Named), few)]
	text := words.Plural(len(p.Named), "function") + " match this name: " + words.Plain(strings.Join(named, ", "))
	if more := len(p.Named) - len(named); more > 0 {
		text += " and " + strconv.Itoa(more) + " more"
	}
	return text + ". Type more of the name."
}

func flameNotes(p ProfilePage, f flame) []string {
	r := newReading(p)
	var notes []string
	for i, side := range p.Sides {
		if [2]int64{p.Diff.Before.Of(r.typ), p.Diff.After.Of(r.typ)}[i] == 0 {
			notes = append(notes, "The profile of "+p.sideName(side.Name)+" has no values of this type.")
		}
		if side.Period > 1 {
			notes = append(notes, "The profile of "+p.sideName(side.Name)+" is sampled, one allocation in "+words.Bytes(float64(side.Period))+": values are estimates, and changes that may come from sampling alone are grey. ± is two standard deviations of the sampling.")
		} else if side.Period == 0 && p.Query.Kind == profiler.Imported {
			notes = append(notes, "The profile of "+p.sideName(side.Name)+" does not say whether it is sampled: its values may be estimates, and changes may be noise that ± does not include.")
		}
	}
	if c := [2]int64{p.Sides[0].Calls, p.Sides[1].Calls}; r.per == PerTotal && c[0] != c[1] && c[0] > 0 && c[1] > 0 {
		notes = append(notes, fmt.Sprintf("These are totals of %d and %d operations, so they are not comparable as totals. Compare them per operation.", c[0], c[1]))
	}
	if n := [2]int{max(p.Sides[0].Merged, 1), max(p.Sides[1].Merged, 1)}; r.per == PerTotal && max(n[0], n[1]) > 1 {
		notes = append(notes, fmt.Sprintf("These are sums of %s and %s.", words.Plural(n[0], "profile"), words.Plural(n[1], "profile")))
	}
	if n := p.oncePerRun(); n != "" {
		notes = append(notes, n)
	}
	if p.Search != nil {
		notes = append(notes, words.Plural(f.Matched, "frame")+" of this graph "+verb(f.Matched, "matches", "match")+" the search.")
	}
	if f.Cut > 0 {
		notes = append(notes, "The depth limit leaves out "+words.Plural(f.Cut, "call")+".")
	}
	if f.Trimmed > 0 {
		notes = append(notes, words.Plural(f.Trimmed, "call")+" in nearly empty deeper rows "+verb(f.Trimmed, "is", "are")+" left out: choose a frame, or set a depth, to see them.")
	}
	notes = append(notes, joinedNotes(p.Diff)...)
	if f.Folded > 0 {
		notes = append(notes, words.Plural(f.Folded, "call")+" "+verb(f.Folded, "is", "are")+" too narrow to be drawn separately.")
	}
	return notes
}

func verb(n int, one, many string) string {
	if n == 1 {
		return one
	}
	return many
}

// oncePerRun says why the medians of the benchmark differ from the root, or "".
func (p *ProfilePage) oncePerRun() string {
	if p.Query.Kind != profiler.Allocs || p.Query.Per != PerOp || p.Query.Type != heap.AllocSpace || len(p.Report.Variants) == 0 || p.Query.Before != p.Report.Variants[0].Name {
		return ""
	}
	return onceOnly(p.Report, p.Query.After, newReading(*p).of(p.Diff.Total(heap.AllocSpace)))
}

// rowTitle is the head of the first column of the table of functions.
func rowTitle(p ProfilePage) string {
	if p.Query.By == ByPackage {
		return "Package"
	}
	return "Function"
}

func topLead(p ProfilePage, r reading) string {
	if p.Query.By == ByPackage {
		return p.typeWords(r.typ)[0] + " by the functions of the package themselves, " + r.head() + "."
	}
	of := "the function itself"
	if p.Query.Package != "" {
		of = "the functions of " + words.Plain(p.Query.Package) + " themselves"
	}
	return p.typeWords(r.typ)[0] + " by " + of + ", and with callees, " + r.head() + "."
}

// rowLink returns the link of a row: to a function in focus, or to the functions of a package.
func (p *ProfilePage) rowLink(name string) templ.SafeURL {
	if p.Query.By != ByPackage {
		return p.frameLink()(name)
	}
	return templ.SafeURL(p.URL(func(q *ProfileQuery) {
		q.By, q.Package, q.Search, q.All = ByFunction, name, "", false
	}) + "#graph")
}

// conservationText says whether the parts sum to the whole profiles.
func conservationText(p ProfilePage) string {
	t := p.Query.Type
	r := reading{typ: t, per: PerTotal}
	before, after := p.Diff.Before.Of(t), p.Diff.After.Of(t)
	whole := fmt.Sprintf("%s before and %s after", r.write(float64(before)), r.write(float64(after)))
	if !p.Graph.Conserved(p.Diff) {
		return "The parts do not sum to the totals of both profiles, " + whole + ". Do not trust this page; open the profiles with pprof."
	}
	text := map[bool]string{true: "Every object is accounted for: ", false: "Every byte is accounted for: "}[t.CountsObjects()] + whole
	if left := p.Graph.Left.Before + p.Graph.Left.After; left > 0 && p.Query.View != ViewTop {
		text += fmt.Sprintf(", of which the filters and the focus leave out %s and %s", r.write(float64(p.Graph.Left.Before)), r.write(float64(p.Graph.Left.After)))
	}
	if unseen := p.Graph.Unseen.Before + p.Graph.Unseen.After; unseen > 0 && p.Query.View != ViewTop {
		text += fmt.Sprintf("; filters do not apply to %s and %s on paths that were too small to keep", r.write(float64(p.Graph.Unseen.Before)), r.write(float64(p.Graph.Unseen.After)))
	}
	for i, side := range p.Sides {
		if side.Calls > 0 {
			text += [2]string{", over ", " and "}[i] + words.Plural(int(side.Calls), "operation")
		}
	}
	if n := [2]int{max(p.Sides[0].Merged, 1), max(p.Sides[1].Merged, 1)}; max(n[0], n[1]) > 1 {
		text += fmt.Sprintf(", the sums of %s and %s", words.Plural(n[0], "profile"), words.Plural(n[1], "profile"))
	}
	return text + "."
}
