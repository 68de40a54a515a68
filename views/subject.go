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
	case subject == profiler.SubjectGoBench:
		return "Benchmarks"
	}
	return words.UpperFirst(words.Plain(subject)) + "s"
}

// labelText writes the labels of a design in one line, without those of variants that the title has.
func labelText(d profiler.Design) string {
	separator := "="
	if d.LabelsVariants() {
		separator = ": "
	}
	var parts []string
	for _, name := range d.LabelNames() {
		if d.LabelsVariants() && d.Variant(name) != nil && strings.Contains(d.Title, d.Labels[name]) {
			continue
		}
		parts = append(parts, words.Plain(name)+separator+words.Plain(d.Labels[name]))
	}
	return strings.Join(parts, ", ")
}
