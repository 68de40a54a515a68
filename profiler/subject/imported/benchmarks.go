package imported

import (
	"cmp"
	"fmt"
	"maps"
	"math"
	"regexp"
	"slices"
	"strings"
	"time"

	"golang.org/x/perf/benchfmt"

	"heaplab/profiler"
	"heaplab/profiler/benchtext"
	"heaplab/profiler/child"
	"heaplab/profiler/subject"
	"heaplab/profiler/words"
)

// Limits of benchmark text that is stored.
const (
	maxBenchFiles  = 8
	maxBenchmarks  = 1000 // in all files
	maxBenchValues = 100_000
	maxBenchUnits  = 50
	maxBenchName   = 500 // bytes of a benchmark's name, a unit or a line of configuration, also if it is not stored
)

// decisive are the units that decide the verdict, if a file has them. Otherwise all of its units do.
var decisive = []string{profiler.BytesPerOp, profiler.AllocsPerOp, profiler.LiveHeap, profiler.NsPerOp}

// conditions are the configuration keys that must be equal in all files.
var conditions = []string{"goos", "goarch", "cpu"}

// ReadBenchmarks returns the experiment of files of benchmark text, and its runs. Every file is a side, the first is
// the baseline; a line is a value of a sample. One file alone holds several sides if its names have a part such as
// /variant=pool, as heaplab's exports do. The error is a profiler.Faults, also if there are more than most values.
func ReadBenchmarks(files []benchtext.File, most int) (profiler.Experiment, []profiler.Run, error) {
	now := time.Now()
	e := profiler.Experiment{Kind: profiler.KindComparison, State: profiler.Done, Created: now, Finished: now}
	lines, units, err := readLines(files, most)
	if err != nil {
		return e, nil, err
	}
	e.Design = profiler.Design{Subject: profiler.SubjectImport, Labels: map[string]string{}, Params: profiler.Params{}, Units: units}
	titles, file := sidesOf(files), ""
	if len(files) == 1 {
		if titles, err = splitVariants(lines); err != nil {
			return e, nil, err
		}
		file = files[0].Name
	}
	var names []string
	for i, name := range subject.Variants(len(titles)) {
		title := shorten(titles[i], maxFileName)
		names = append(names, title)
		e.Design.Variants = append(e.Design.Variants, profiler.VariantInfo{Name: name, Title: title})
		e.Design.Labels[name] = title
	}
	e.Design.Title = shorten(cmp.Or(file, strings.Join(names, " → ")), maxTitle)
	e.Environment = commonConfig(lines)
	runs, err := newRuns(&e, lines, len(titles))
	return e, runs, err
}

// sidesOf returns the names of the files.
func sidesOf(files []benchtext.File) (names []string) {
	for _, f := range files {
		names = append(names, f.Name)
	}
	return names
}

// variantPart matches the part of a benchmark's name that says which variant it is of.
var variantPart = regexp.MustCompile(`/variant=([^/]*?)(-\d+$|$|/)`)

// splitVariants makes each variant of a file a side, in the order in which the file has them, and returns their names.
func splitVariants(lines []line) (variants []string, err error) {
	for i := range lines {
		l := &lines[i]
		part := variantPart.FindStringSubmatchIndex(l.name)
		if part == nil {
			return nil, benchFault(fmt.Sprintf("one file alone needs a part such as /variant=pool in the name of every benchmark, and %q has none: choose a second file", shorten(l.name, maxQuoted)))
		}
		variant := l.name[part[2]:part[3]]
		l.name = l.name[:part[0]] + l.name[part[3]:]
		if l.file = slices.Index(variants, variant); l.file < 0 {
			l.file, variants = len(variants), append(variants, variant)
		}
	}
	if len(variants) < 2 || len(variants) > maxBenchFiles {
		return nil, benchFault(fmt.Sprintf("one file alone must have 2 to %d variants in the names of its benchmarks; it has %d", maxBenchFiles, len(variants)))
	}
	return variants, nil
}

// A line is a result of a benchmark.
type line struct {
	file   int
	name   string // as benchstat writes it
	config map[string]string
	calls  int64
	values []profiler.Measurement
}

// readLines reads all results, in the units in which the files have them.
func readLines(files []benchtext.File, most int) (lines []line, units map[string]profiler.UnitInfo, err error) {
	found := make([]int, len(files)) // results
	used := map[string]bool{}        // units
	var config map[string]string     // of the last line
	var fault error
	n := 0
	metadata, err := benchtext.Each(files, func(i int, r benchfmt.Record) {
		result, ok := r.(*benchfmt.Result)
		if !ok || fault != nil {
			return
		}
		found[i]++
		config = configOf(result, config)
		l := line{file: i, name: valid(result.Name.String()), config: config, calls: int64(result.Iters)}
		for _, v := range result.Values {
			if v.OrigUnit != "" {
				v.Value, v.Unit = v.OrigValue, v.OrigUnit
			}
			l.values = append(l.values, profiler.Measurement{Unit: valid(v.Unit), Value: v.Value})
			used[valid(v.Unit)] = true
		}
		lines, n = append(lines, l), n+len(l.values)
		if fault = checkLine(result, l); n > most && fault == nil {
			fault = fmt.Errorf("the files have more than %s values, the limit of an import. heaplab compare has no such limit", words.Group(fmt.Sprint(most)))
		}
	})
	if err = cmp.Or(fault, err); err != nil {
		return nil, nil, benchFault(err.Error())
	}
	for i, n := range found {
		if n == 0 {
			return nil, nil, benchFault(fmt.Sprintf("%q has no results of benchmarks: it needs lines such as BenchmarkDecode-8 100 5120 ns/op", files[i].Name))
		}
	}
	units = map[string]profiler.UnitInfo{}
	for unit := range used {
		info := profiler.UnitInfo{Better: profiler.LookupUnit(unit).Better, Exact: exact(metadata, unit)}
		if better := metadata.GetBetter(unit); better != 0 || metadata.Get(unit, "better") != nil {
			info.Better = better
		}
		if usual := profiler.LookupUnit(unit); info.Better != usual.Better || info.Exact && !usual.Exact {
			units[unit] = info
		}
	}
	return lines, units, nil
}

func exact(m benchfmt.UnitMetadataMap, unit string) bool {
	assume := m.Get(unit, "assume")
	return assume != nil && assume.Value == "exact"
}

func valid(name string) string { return strings.ToValidUTF8(name, "\uFFFD") }

// configOf returns the configuration of a result, which may be that of the last one. Long lines, such as those of a log,
// are left out.
func configOf(r *benchfmt.Result, last map[string]string) map[string]string {
	config := make(map[string]string, len(last))
	for _, c := range r.Config {
		if !c.File || len(c.Key)+len(c.Value) > maxBenchName {
			continue
		}
		value := last[c.Key] // shared, because a large value can be part of many configurations
		if value != string(c.Value) {
			value = valid(string(c.Value))
		}
		config[c.Key] = value
	}
	if last != nil && maps.Equal(config, last) {
		return last
	}
	return config
}

// checkLine returns what is wrong with a result.
func checkLine(r *benchfmt.Result, l line) error {
	name, number := r.Pos()
	at := fmt.Sprintf("line %d of %q ", number, name)
	if len(l.name) > maxBenchName {
		return fmt.Errorf("%shas a name of %d bytes; it can have %d", at, len(l.name), maxBenchName)
	}
	for _, m := range l.values {
		switch {
		case len(m.Unit) > maxBenchName:
			return fmt.Errorf("%shas a unit of %d bytes; it can have %d", at, len(m.Unit), maxBenchName)
		case math.Abs(m.Value) > child.MaxMagnitude:
			return fmt.Errorf("%shas %v %s, which is not a valid measurement", at, m.Value, m.Unit)
		}
	}
	return nil
}

func benchFault(message string) error {
	return profiler.Faults{{Field: profiler.ImportBaseline, Message: message}}
}

// commonConfig returns the configuration that all lines have, without long texts.
func commonConfig(lines []line) profiler.Environment {
	const longest = 200 // bytes
	common := maps.Clone(lines[0].config)
	for _, l := range lines {
		maps.DeleteFunc(common, func(key, value string) bool { return l.config[key] != value || len(key)+len(value) > longest })
	}
	return common
}
