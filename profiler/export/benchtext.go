package export

import (
	"bytes"
	"maps"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/perf/benchfmt"

	"heaplab/profiler"
	"heaplab/profiler/report"
	"heaplab/profiler/words"
)

// BenchText writes what an experiment measured in the Go benchmark format
// (https://go.dev/design/14313-benchmark-format): the environment as configuration, the better
// direction of each unit, and a line for every run, in the order of the rounds. The variant is a part
// of the benchmark's name, so that benchstat -col /variant compares variants. The value of a sweep is
// another part.
func BenchText(r report.Report) ([]byte, error) {
	var b bytes.Buffer
	b.WriteString("# benchstat -col /variant compares the variants.\n\n")
	w := benchfmt.NewWriter(&b)
	rows := rowsOf(r)
	for _, unit := range unitsOf(rows) {
		if err := writeUnit(w, profiler.UnitOf(r.Units, unit), r.Units[unit].Exact); err != nil {
			return nil, err
		}
	}
	b.WriteByte('\n')
	config := benchConfig(r)
	for round := range roundsIn(rows) {
		for _, p := range rows {
			for _, v := range p.Variants {
				values := benchValues(v, round)
				if len(values) == 0 {
					continue
				}
				line := benchfmt.Result{Config: config, Name: benchName(r, p, v.Name), Iters: operations(r, v, round), Values: values}
				if err := w.Write(&line); err != nil {
					return nil, err
				}
			}
		}
	}
	return b.Bytes(), nil
}

// rowsOf returns the rows of a report, or one row without a name if it has none.
func rowsOf(r report.Report) []report.RowReport {
	if len(r.Rows) > 0 {
		return r.Rows
	}
	return []report.RowReport{{Variants: r.Variants, Comparisons: r.Comparisons}}
}

// unitsOf returns the units that have samples, in the order of reports.
func unitsOf(rows []report.RowReport) []string {
	units := map[string]bool{}
	for _, p := range rows {
		for _, v := range p.Variants {
			for unit := range v.Samples {
				units[unit] = true
			}
		}
	}
	return slices.SortedFunc(maps.Keys(units), profiler.CompareUnits)
}

// writeUnit writes what is known of a unit. It says that values are exact only if the imported text did: benchstat tests
// other units with a test that needs several values.
func writeUnit(w *benchfmt.Writer, unit profiler.Unit, exact bool) error {
	write := func(key, value string) error {
		name := word(unit.Name)
		return w.Write(&benchfmt.UnitMetadata{UnitMetadataKey: benchfmt.UnitMetadataKey{Unit: name, Key: key}, OrigUnit: name, Value: value})
	}
	if exact {
		if err := write("assume", "exact"); err != nil {
			return err
		}
	}
	switch unit.Better {
	case -1:
		return write("better", "lower")
	case +1:
		return write("better", "higher")
	}
	return nil
}

// roundsIn returns the length of the longest sample.
func roundsIn(rows []report.RowReport) int {
	n := 0
	for _, p := range rows {
		for _, v := range p.Variants {
			for _, values := range v.Samples {
				n = max(n, len(values))
			}
		}
	}
	return n
}

// benchValues returns the values that one run of a variant measured. If some runs lack a unit, its
// values are in the first lines, because a report does not say which runs they belong to.
func benchValues(v report.VariantReport, round int) []benchfmt.Value {
	var values []benchfmt.Value
	for _, unit := range slices.SortedFunc(maps.Keys(v.Samples), profiler.CompareUnits) {
		if sample := v.Samples[unit]; round < len(sample) {
			values = append(values, benchfmt.Value{Value: sample[round], Unit: word(unit)})
		}
	}
	return values
}

// operations returns the number of operations of a run. Reports frozen by older versions do not have
// it, but the benchtime of some of them does.
func operations(r report.Report, v report.VariantReport, round int) int {
	if round < len(v.Calls) {
		return int(v.Calls[round])
	}
	asked, err := profiler.ParseBenchtime(r.Config.Benchtime)
	if err != nil {
		return 1
	}
	return max(asked.Iterations, 1)
}

// benchName returns a name such as Preallocation/gogc=50/variant=fresh-2, where 2 is GOMAXPROCS.
func benchName(r report.Report, row report.RowReport, variant string) benchfmt.Name {
	name := words.UpperFirst(part(r.Case))
	procs := r.Environment["gomaxprocs"]
	switch {
	case r.Sweep != nil:
		name += "/" + part(r.Sweep.Over) + "=" + part(row.Value)
		if r.Sweep.Over == "gomaxprocs" {
			procs = row.Value
		}
	case row.Row != "":
		name += "/row=" + part(row.Row)
	}
	name += "/variant=" + part(variant)
	if n, err := strconv.Atoi(procs); err == nil && n > 0 {
		name += "-" + strconv.Itoa(n)
	}
	return benchfmt.Name(name)
}

// configKeys are the first keys of the configuration, in their order.
var configKeys = []string{
	"goos", "goarch", "cpu", "cpu-count", "kernel", "mem-total", "toolchain", "commit", "dirty",
	"gogc", "gomemlimit", "gomaxprocs", "godebug", "memprofilerate", "heaplab",
}

// benchConfig returns the configuration of all lines: the environment, the case, its labels and the
// length of a round, without the setting or param that a sweep varies.
func benchConfig(r report.Report) []benchfmt.Config {
	var config []benchfmt.Config
	taken := map[string]bool{}
	if r.Sweep != nil {
		taken[r.Sweep.Over] = true
	}
	add := func(key, value string) {
		if value = strings.TrimSpace(words.Plain(value)); value != "" && isConfigKey(key) && !taken[key] {
			taken[key] = true
			config = append(config, benchfmt.Config{Key: key, Value: []byte(value), File: true})
		}
	}
	for _, key := range configKeys {
		add(key, r.Environment[key])
	}
	for _, key := range slices.Sorted(maps.Keys(r.Environment)) {
		add(key, r.Environment[key])
	}
	add("case", r.Case)
	add("per", r.Divisor.Singular()) // of an import
	add("benchtime", r.Config.Benchtime)
	for _, name := range r.LabelNames() {
		add(name, r.Labels[name])
	}
	return config
}

// isConfigKey reports whether the format allows a key. A key begins with a lower-case letter and has
// no upper-case letters, blanks or colons.
func isConfigKey(key string) bool {
	first, _ := utf8.DecodeRuneInString(key)
	return unicode.IsLower(first) && !strings.ContainsFunc(key, func(c rune) bool {
		return unicode.IsUpper(c) || unicode.IsSpace(c) || unicode.IsControl(c) || c == ':'
	})
}

// word writes a name without blanks, as the format requires of units.
func word(name string) string { return strings.Join(strings.Fields(words.Plain(name)), "_") }

// part writes a name as one part of a benchmark's name.
func part(name string) string { return strings.ReplaceAll(word(name), "/", "_") }
