package report

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"heaplab/profiler"
)

// differences says in sentences how the experiments of the columns differ, the most important
// difference first.
func differences(columns []Column) []string {
	out := []string{}
	add := func(name string, value func(Report) string) {
		if text := difference(name, columns, value); text != "" {
			out = append(out, text)
		}
	}
	add("The subject", func(r Report) string { return r.Subject })
	keys := map[string]bool{}
	labels := map[string]bool{}
	for _, c := range columns {
		for key := range c.Report.Environment {
			keys[key] = true
		}
		for name := range c.Report.Labels {
			labels[name] = c.Report.Subject != profiler.SubjectImport || labels[name] // of an import, they are names of files
		}
	}
	add("The unit of values", func(r Report) string { return cmp.Or(r.Divisor.Singular(), "whole profiles") })
	for _, name := range slices.Sorted(maps.Keys(labels)) {
		if !labels[name] {
			continue
		}
		add("The param "+name, func(r Report) string { return r.Labels[name] })
	}
	add("The number of rounds", func(r Report) string { return fmt.Sprint(r.Config.Count) })
	add("The length of a round", func(r Report) string { return r.Config.Benchtime })
	for _, key := range slices.Sorted(maps.Keys(keys)) {
		add("The environment's "+key, func(r Report) string { return r.Environment[key] })
	}
	for _, c := range columns {
		for _, sentence := range c.Report.Comparability {
			sentence = fmt.Sprintf("#%d, as a whole: %s", c.Report.ID, sentence)
			if !slices.Contains(out, sentence) { // two columns may be variants of the same experiment
				out = append(out, sentence)
			}
		}
	}
	return out
}

// difference says which experiment has which value, or returns "" if all have the same value.
func difference(name string, columns []Column, value func(Report) string) string {
	var values []string
	experiments := map[string][]string{} // by value
	for _, c := range columns {
		v := value(c.Report)
		if v == "" {
			v = "not known"
		}
		if !slices.Contains(values, v) {
			values = append(values, v)
		}
		if id := fmt.Sprintf("#%d", c.Report.ID); !slices.Contains(experiments[v], id) {
			experiments[v] = append(experiments[v], id)
		}
	}
	if len(values) < 2 {
		return ""
	}
	var texts []string
	for _, v := range values {
		texts = append(texts, fmt.Sprintf("%s in %s", v, strings.Join(experiments[v], ", ")))
	}
	return name + " is " + strings.Join(texts, ", and ") + "."
}
