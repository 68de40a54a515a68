package report

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"heaplab/profiler"
	"heaplab/profiler/words"
)

// A condition is a key of an environment with its name for people.
type condition struct{ key, name string }

// unchanging lists the keys of an environment that must not change between the rounds of an experiment.
var unchanging = []condition{
	{"goos", "operating system"},
	{"goarch", "architecture"},
	{"cpu", "CPU"},
	{"cpu-count", "number of CPUs"},
	{"mem-total", "size of the memory"},
	{"kernel", "kernel"},
	{"toolchain", "Go version"},
	{"heaplab", "version of heaplab"},
	{"commit", "commit of heaplab"},
	{"dirty", "state of heaplab's working copy (modified)"},
	{"code", "code of the cases"},
}

// ofRuns lists the keys that only the environments of runs have and that must not change, with their names
// for people.
var ofRuns = []condition{
	{"data", "version of the data"},
	{"godebug", "GODEBUG"},
}

// hugePages begins the keys of an environment that describe the kernel's settings of huge pages.
const hugePages = "thp"

// EnvironmentChanges returns a clause for each condition that differs between two environments, such as
// "the kernel was 6.1.0 and is 6.2.0 now". Runs under both are not comparable.
func EnvironmentChanges(then, now profiler.Environment) []string {
	var out []string
	add := func(key, name string) {
		if then[key] != now[key] {
			out = append(out, fmt.Sprintf("the %s %s", name, changeOf(key, then[key], now[key])))
		}
	}
	for _, c := range unchanging {
		add(c.key, c.name)
	}
	keys := maps.Clone(now)
	maps.Copy(keys, then)
	for _, key := range slices.Sorted(maps.Keys(keys)) {
		if strings.HasPrefix(key, hugePages) {
			add(key, "huge-page setting "+words.Plain(key))
		}
	}
	if len(out) == 0 && then["machine"] != now["machine"] {
		out = append(out, "the machine is a different one")
	}
	return out
}

// RunChanges is EnvironmentChanges for the environments of two runs. It leaves out what one of them did not
// record, because older versions recorded less.
func RunChanges(then, now profiler.Environment) []string {
	both := func(a, b profiler.Environment) profiler.Environment {
		known := maps.Clone(a)
		maps.DeleteFunc(known, func(key, _ string) bool { _, ok := b[key]; return !ok })
		return known
	}
	then, now = both(then, now), both(now, then)
	out := EnvironmentChanges(then, now)
	for _, c := range ofRuns {
		before, after := then[c.key], now[c.key]
		if before != after {
			text := func(value string) string { return cmp.Or(conditionText(c.key, value), "empty") }
			out = append(out, fmt.Sprintf("the %s was %s and is %s now", c.name, text(before), text(after)))
		}
	}
	return out
}

// changeOf says what a condition was and is.
func changeOf(key, then, now string) string {
	switch {
	case then == "":
		return "was not recorded"
	case now == "":
		return fmt.Sprintf("was %s and is not known now", conditionText(key, then))
	}
	return fmt.Sprintf("was %s and is %s now", conditionText(key, then), conditionText(key, now))
}

func conditionText(key, value string) string {
	if key == "commit" || key == "code" || key == "data" {
		value = ShortHash(value)
	}
	return words.Plain(value)
}

// LackingRounds returns how many more rounds the comparisons of an experiment need to be decided, or 0 if
// none lacks rounds.
func LackingRounds(r Report) int {
	needs := 0
	for _, c := range r.Comparisons {
		needs = max(needs, c.NeedsRounds)
	}
	for _, row := range r.Rows {
		for _, c := range row.Along {
			needs = max(needs, c.NeedsRounds)
		}
	}
	return max(needs-r.Config.Count, 0)
}

// AddedText says when rounds were added to an experiment that had ended, such as "Rounds were added on
// 28 Nov 2026: 2, then 4 more." It returns "" if none were added.
func AddedText(r Report) string {
	first := r.Config.Count
	var more, days []string
	for _, a := range r.Added {
		first -= a.Rounds
		if a.Rounds == 0 { // the plan stayed the same
			continue
		}
		more = append(more, fmt.Sprintf(", then %d more", a.Rounds))
		if day := words.Day(a.At); !slices.Contains(days, day) {
			days = append(days, day)
		}
	}
	if len(more) == 0 {
		return ""
	}
	return fmt.Sprintf("Rounds were added on %s: %d%s.", words.List(days), first, strings.Join(more, ""))
}

// AddedWarning says what added rounds mean for the verdicts of a report. It returns "" if there are none,
// or if the report has no verdicts.
func AddedWarning(r Report) string {
	if AddedText(r) == "" || r.Kind == profiler.KindCalibration {
		return ""
	}
	return "The verdicts were visible before these rounds were added, so a wrong verdict is more likely than with planned rounds."
}
