package views

import (
	"cmp"
	"strings"

	"heaplab/profiler"
	"heaplab/profiler/report"
	"heaplab/profiler/words"
)

// importCaveats are what the two profiles cannot tell, beside what the report warns of.
func importCaveats(r report.Report) []string {
	sentences := []string{"A process that did more work has allocated more: compare processes that did the same."}
	for _, w := range r.Warnings {
		sentences = append(sentences, words.Plain(w))
	}
	return sentences
}

func fileName(p report.ProfileReport) string { return cmp.Or(p.File, "without a name") }

// subjectWord names a subject where its page is linked to.
func subjectWord(subject string) string {
	d := profiler.Design{Subject: subject}
	switch {
	case d.Case() != "":
		return words.Plain(d.Case())
	case subject == "":
		return "Experiments"
	}
	return words.UpperFirst(words.Plain(subject)) + "s"
}

// labelText writes the labels of a design in a line.
func labelText(d profiler.Design) string {
	if len(d.Params) > 0 {
		return paramText(d.Params)
	}
	var parts []string
	for _, name := range d.LabelNames() {
		parts = append(parts, words.Plain(name)+": "+words.Plain(d.Labels[name]))
	}
	return strings.Join(parts, ", ")
}
