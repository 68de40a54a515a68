package report

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"heaplab/profiler"
	"heaplab/profiler/words"
)

// An EnvironmentLine is a fact about the environment that results depend on.
type EnvironmentLine struct{ Name, Value string }

// environmentNames lists the keys that come first, with their names for people.
var environmentNames = []struct{ key, name string }{
	{"toolchain", "Go"},
	{"cpu", "CPU"},
	{"cpu-count", "CPUs"},
	{"gomaxprocs", "GOMAXPROCS"},
	{"mem-total", "Memory"},
	{"kernel", "Kernel"},
	{"thp", "Transparent huge pages"},
	{"thp-defrag", "Huge page defrag"},
	{"thp-max-ptes-none", "Huge page max_ptes_none"},
	{"gogc", "GOGC"},
	{"gomemlimit", "GOMEMLIMIT"},
	{"memprofilerate", "Profile rate"},
	{"machine", "Machine"},
	{"heaplab", "Heaplab"},
	{"commit", "Commit"},
	{"code", "Code of the cases"},
	{"data", "Version of the data"},
}

// EnvironmentLines returns the environment of a report. The keys of environmentNames come first,
// then the other keys by name, then the configuration of the experiment.
func EnvironmentLines(r Report) []EnvironmentLine {
	rest := maps.Clone(r.Environment)
	if rest == nil {
		rest = map[string]string{}
	}
	if system := strings.Trim(rest["goos"]+"/"+rest["goarch"], "/"); system != "" && rest["toolchain"] != "" {
		rest["toolchain"] += " " + system
		delete(rest, "goos")
		delete(rest, "goarch")
	}
	if n, err := strconv.ParseFloat(rest["mem-total"], 64); err == nil {
		rest["mem-total"] = words.Bytes(n)
	}
	if hash := rest["commit"]; hash != "" {
		rest["commit"] = ShortHash(hash)
	}
	if r.Sweep != nil && r.Sweep.IsSetting() {
		rest[r.Sweep.Over] = strings.Join(r.Sweep.Values, ", ")
	}
	var lines []EnvironmentLine
	for _, known := range environmentNames {
		if value, ok := rest[known.key]; ok {
			lines = append(lines, EnvironmentLine{known.name, words.Plain(value)})
			delete(rest, known.key)
		}
	}
	for _, key := range slices.Sorted(maps.Keys(rest)) {
		lines = append(lines, EnvironmentLine{words.Plain(key), words.Plain(rest[key])})
	}
	test := EnvironmentLine{"Test", "Mann–Whitney U, Holm, 5%"}
	if r.Source == profiler.SubjectImport { // neither the order nor the limits of its runs are known
		return append(lines, test)
	}
	lines = append(lines, EnvironmentLine{"Rounds", fmt.Sprintf("%d of each variant, interleaved", r.Config.Count)})
	if r.Config.Benchtime != "" { // a command has no operations to repeat
		lines = append(lines, EnvironmentLine{"Length of a round", words.RoundLength(r.Config.Benchtime)})
	}
	return append(lines,
		EnvironmentLine{"Limits of a process", words.Elapsed(r.Config.TimeLimit) + ", " + words.Bytes(float64(r.Config.MemoryLimit))},
		test,
	)
}

// ShortHash returns the first 12 characters of a hash.
func ShortHash(hash string) string {
	if len(hash) > 12 {
		return hash[:12]
	}
	return hash
}
