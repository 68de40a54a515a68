package views

import (
	"strings"

	"heaplab/profiler"
	"heaplab/profiler/words"
)

// subjectWord is the text of a link to a subject.
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

// isCase reports whether a subject is a built-in case, whose labels are its params.
func isCase(subject string) bool {
	d := profiler.Design{Subject: subject}
	return d.Case() != ""
}

// labelText writes the labels of a design in one line.
func labelText(d profiler.Design) string {
	if isCase(d.Subject) {
		return paramText(d.Params)
	}
	var parts []string
	for _, name := range d.LabelNames() {
		parts = append(parts, words.Plain(name)+": "+words.Plain(d.Labels[name]))
	}
	return strings.Join(parts, ", ")
}
