package views

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"github.com/a-h/templ"

	"heaplab/profiler"
	"heaplab/profiler/heap"
	"heaplab/profiler/words"
)

// profileLead is the whole change in a sentence.
func profileLead(p ProfilePage) string {
	sides := p.sideName(p.Query.Before) + " against " + p.sideName(p.Query.After)
	if p.Missing != "" {
		return sides
	}
	r := newReading(p)
	r = r.absolute()
	return sides + ". " + typeWords[r.typ][0] + ": " + r.sentence(&heap.Frame{Function: heap.Root, Before: p.Diff.Before.Of(r.typ), After: p.Diff.After.Of(r.typ)}) + "."
}

// parts reports whether the page is of parts of a comparison, and not of one experiment.
func (p *ProfilePage) parts() bool { return len(p.Fixed) > 0 }

// sideName is what a variant is called, or a part of a comparison.
func (p *ProfilePage) sideName(name string) string {
	if p.parts() {
		return partLabel(name)
	}
	return words.Plain(name)
}

// backWord names the page that this one belongs to.
func backWord(p ProfilePage) string {
	if p.parts() {
		return "Comparison"
	}
	return "Report"
}

func graphTitle(p ProfilePage) string {
	if p.Query.Focus != "" {
		return shortName(p.Query.Focus) + " and what it calls"
	}
	return "Difference flame graph"
}

func graphLead(p ProfilePage) string {
	if p.Query.Focus != "" {
		return focusLead(p) + " " + widthLead(p)
	}
	return widthLead(p)
}

// focusLead is what happened to the function in focus, and where its callers are.
func focusLead(p ProfilePage) string {
	return words.UpperFirst(newReading(p).sentence(p.Graph.Callees)) + ". Callers are above it, what it calls below."
}

// widthLead says what widths and colours mean.
func widthLead(p ProfilePage) string {
	return "Width is " + map[string]string{
		WidthBoth: "the larger of before and after of its parts", WidthBefore: "before", WidthAfter: "after", WidthChange: "the size of the changes of its parts",
	}[p.Query.Width] + ", colour the change: the stronger, the larger."
}

func reportFlameLead(p ProfilePage) string {
	if p.Missing != "" {
		return "What the functions above call, and who calls them"
	}
	r := newReading(p)
	root := p.Graph.Callees
	return words.UpperFirst(typeWords[r.typ][1]) + " " + r.head() + ": " + r.sentence(root) + ". Width is the larger of before and after of its parts, colour the change."
}

func emptyGraph(p ProfilePage) string {
	root := p.Graph.Callees
	switch {
	case p.Query.Focus != "" && p.Diff.Function(p.Query.Focus) < 0:
		return unknownFocus(p)
	case p.Query.Width == WidthChange && root.Before+root.After > 0:
		return "Nothing changed: both profiles hold the same here."
	case p.Query.Width == WidthBefore && root.After > 0:
		return "Before, there is nothing here. Choose another width to see what there is after."
	case p.Query.Width == WidthAfter && root.Before > 0:
		return "After, there is nothing left here. Choose another width to see what there was before."
	case p.changed():
		return "The filters leave nothing of these profiles."
	}
	return "Neither profile holds anything of this kind."
}

// unknownFocus says which functions a focus may mean that is no function's name.
func unknownFocus(p ProfilePage) string {
	if len(p.Named) == 0 {
		return "Neither profile has a function named " + words.Plain(p.Query.Focus) + "."
	}
	const few = 5
	named := p.Named[:min(len(p.Named), few)]
	text := words.Plural(len(p.Named), "function") + " are named so: " + words.Plain(strings.Join(named, ", "))
	if more := len(p.Named) - len(named); more > 0 {
		text += " and " + strconv.Itoa(more) + " more"
	}
	return text + ". Write more of the name."
}

func flameNotes(p ProfilePage, f flame) []string {
	r := newReading(p)
	var notes []string
	for i, side := range p.Sides {
		if [2]int64{p.Diff.Before.Of(r.typ), p.Diff.After.Of(r.typ)}[i] == 0 {
			notes = append(notes, "The profile of "+p.sideName(side.Name)+" holds nothing of this.")
		}
		if side.Period > 1 {
			notes = append(notes, "The profile of "+p.sideName(side.Name)+" is sampled, one allocation in "+words.Bytes(float64(side.Period))+": small values are estimates, and changes that sampling alone can make are grey.")
		}
	}
	if c := [2]int64{p.Sides[0].Calls, p.Sides[1].Calls}; r.per == PerTotal && c[0] != c[1] && c[0] > 0 && c[1] > 0 {
		notes = append(notes, fmt.Sprintf("These are totals of %d and %d operations: they differ for that alone. Read them per operation to compare.", c[0], c[1]))
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
		notes = append(notes, words.Plural(f.Trimmed, "call")+" in deeper rows, where next to nothing is drawn, "+verb(f.Trimmed, "is", "are")+" left out: look from a frame, or set a depth, to see them.")
	}
	if f.Folded > 0 {
		notes = append(notes, words.Plural(f.Folded, "call")+" "+verb(f.Folded, "is", "are")+" too narrow to be drawn by "+verb(f.Folded, "itself", "themselves")+".")
	}
	return notes
}

func verb(n int, one, many string) string {
	if n == 1 {
		return one
	}
	return many
}

// oncePerRun says how the medians of the benchmark differ from the root, where they do.
func (p *ProfilePage) oncePerRun() string {
	if p.Query.Kind != profiler.Allocs || p.Query.Per != PerOp || p.Query.Type != heap.AllocSpace || len(p.Report.Variants) == 0 || p.Query.Before != p.Report.Variants[0].Name {
		return ""
	}
	return onceOnly(p.Report, p.Query.After, newReading(*p).of(p.Diff.Before.AllocSpace, p.Diff.After.AllocSpace))
}

// rowTitle is what a row of the table of functions stands for.
func rowTitle(p ProfilePage) string {
	if p.Query.By == ByPackage {
		return "Package"
	}
	return "Function"
}

func topLead(p ProfilePage, r reading) string {
	if p.Query.By == ByPackage {
		return typeWords[r.typ][0] + " by the functions of the package themselves, " + r.head() + "."
	}
	return typeWords[r.typ][0] + " by the function itself, and with all that it calls, " + r.head() + "."
}

// rowLink looks from a function, or at the functions of a package.
func (p *ProfilePage) rowLink(name string) templ.SafeURL {
	if p.Query.By != ByPackage {
		return p.frameLink()(name)
	}
	return templ.SafeURL(p.URL(func(q *ProfileQuery) {
		q.By, q.Search, q.All = ByFunction, "^"+regexp.QuoteMeta(name)+`(\.([^/[]|\[.*\])*)?$`, false
	}) + "#graph")
}

// conservationText says what was added up.
func conservationText(p ProfilePage) string {
	t := p.Query.Type
	r := reading{typ: t, per: PerTotal}
	before, after := p.Diff.Before.Of(t), p.Diff.After.Of(t)
	whole := fmt.Sprintf("%s before and %s after", r.write(float64(before)), r.write(float64(after)))
	if !p.Graph.Conserved(p.Diff) {
		return "The parts do not sum to the whole of both profiles, which is " + whole + ". Do not trust this page: open the profiles themselves."
	}
	text := map[bool]string{true: "Every object is accounted for: ", false: "Every byte is accounted for: "}[t.CountsObjects()] + whole
	if left := p.Graph.LeftBefore + p.Graph.LeftAfter; left > 0 && p.Query.View != ViewTop {
		text += fmt.Sprintf(", of which the filters and the focus leave out %s and %s", r.write(float64(p.Graph.LeftBefore)), r.write(float64(p.Graph.LeftAfter)))
	}
	if unseen := p.Graph.UnseenBefore + p.Graph.UnseenAfter; unseen > 0 && p.Query.View != ViewTop {
		text += fmt.Sprintf("; filters do not see into %s and %s on paths that were too small to keep", r.write(float64(p.Graph.UnseenBefore)), r.write(float64(p.Graph.UnseenAfter)))
	}
	for i, side := range p.Sides {
		if side.Calls > 0 {
			text += [2]string{", over ", " and "}[i] + words.Plural(int(side.Calls), "operation")
		}
	}
	return text + "."
}
