package views

import (
	"strconv"

	"heaplab/profiler/heap"
	"heaplab/profiler/words"
)

// joinRules lists the rules by which functions with different names are joined, in the order in which pages count
// them: why they are the same function, and what the names differ by.
var joinRules = []struct {
	rule heap.Rule
	why  string
	by   string
}{
	{heap.ByArguments, "the names differ only in type arguments", "type arguments"},
	{heap.ByOrder, "the compiler's numbers shifted, so closures are joined in the order of their lines", "the number of the closure"},
	{heap.ByMove, "the only function with this name in another package path", "the path of the package"},
	{heap.ByVersion, "the names differ only in a version or vendor folder", "a version or vendor folder"},
	{heap.BySuffix, "the names differ only in a suffix of the compiler", "a suffix of the compiler"},
}

// shiftedWhy says why a closure may be another one than its name says.
const shiftedWhy = "closures were added to this function or removed from it, so this name may have been another closure before"

// joinedMark is the mark of a function whose name may mislead, or "".
func joinedMark(f heap.FunctionDiff) string {
	switch {
	case f.JoinedBy == heap.ByNumber:
		return "number may have shifted"
	case f.JoinedBy != "":
		return "joined"
	}
	return ""
}

// joinedTitle explains the mark of a function, or returns "".
func joinedTitle(f heap.FunctionDiff) string {
	if f.JoinedBy == heap.ByNumber {
		return shiftedWhy
	}
	for _, r := range joinRules {
		if r.rule == f.JoinedBy {
			return "was " + words.Plain(f.Was) + ": " + r.why
		}
	}
	return ""
}

// joinedNotes counts the functions of a diff that were joined although their names differ, and those that may not be
// the same.
func joinedNotes(d *heap.Diff) (notes []string) {
	count := map[heap.Rule]int{}
	for _, f := range d.Functions {
		count[f.JoinedBy]++
	}
	all := 0
	for _, r := range joinRules {
		all += count[r.rule]
	}
	if all > 0 {
		var parts []string
		for _, r := range joinRules {
			if n := count[r.rule]; n > 0 {
				parts = append(parts, strconv.Itoa(n)+" in "+r.by)
			}
		}
		notes = append(notes, words.Plural(all, "function")+" "+verb(all, "is", "are")+" joined although their names differ: "+words.List(parts)+".")
	}
	if n := count[heap.ByNumber]; n > 0 {
		notes = append(notes, words.Plural(n, "closure")+" "+verb(n, "is", "are")+" joined by name, but may be other closures than before: some were added or removed.")
	}
	return notes
}
