package imported

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"heaplab/profiler"
	"heaplab/profiler/words"
)

// rowNames returns the names of the lines' rows. Lines of one file with different configurations are different rows,
// such as those of benchmarks of two packages.
func rowNames(lines []line) ([]string, error) {
	varies := map[string]bool{}
	first := map[int]map[string]string{} // configuration of the first line of each file
	for _, l := range lines {
		if first[l.file] == nil {
			first[l.file] = l.config
		}
		for _, config := range []map[string]string{l.config, first[l.file]} {
			for key := range config {
				if l.config[key] != first[l.file][key] {
					varies[key] = true
				}
			}
		}
	}
	keys := slices.Sorted(maps.Keys(varies))
	names := make([]string, len(lines))
	for i, l := range lines {
		var parts []string
		for _, key := range keys {
			switch value := l.config[key]; {
			case value == "":
			case key == "pkg":
				parts = append(parts, value)
			default:
				parts = append(parts, key+"="+value)
			}
		}
		names[i] = strings.Join(append(parts, l.name), " ")
		if n := len(names[i]); n > maxBenchName {
			return nil, benchFault(fmt.Sprintf("the name %q has %d bytes with the configuration that varies; it can have %d", shorten(names[i], maxQuoted), n, maxBenchName))
		}
	}
	return names, nil
}

// newRuns returns the runs: in each round, one of every side that has more lines has the next line of each benchmark. It
// sets the number of rounds, the units that decide, and the rows of the design.
func newRuns(e *profiler.Experiment, lines []line, sides int) ([]profiler.Run, error) {
	names, err := rowNames(lines)
	if err != nil {
		return nil, err
	}
	of := map[string][][]line{} // by row and side
	for i, l := range lines {
		if of[names[i]] == nil {
			of[names[i]] = make([][]line, sides)
		}
		of[names[i]][l.file] = append(of[names[i]][l.file], l)
	}
	var rows, leftOut []string
	for _, name := range slices.Sorted(maps.Keys(of)) {
		others := slices.ContainsFunc(of[name][1:], func(sample []line) bool { return len(sample) > 0 })
		if len(of[name][0]) > 0 && others {
			rows = append(rows, name)
		} else {
			leftOut = append(leftOut, name)
		}
	}
	if len(rows) == 0 {
		return nil, benchFault(fmt.Sprintf("no benchmark of the baseline is in another file: it has %s. Names include the number of processors, such as -8", leftOut[0]))
	}
	e.Design.Primary, e.Design.Rows = primaryOf(lines), rowInfos(rows, of)
	counts := make([]int, sides) // rounds of each side
	for _, name := range rows {
		for side, sample := range of[name] {
			counts[side] = max(counts[side], len(sample))
		}
	}
	e.Config.Count = slices.Max(counts)
	var runs []profiler.Run
	at := make([][]int, sides) // the runs of each side by round
	for round := range e.Config.Count {
		for side, v := range e.Design.Variants {
			if round >= counts[side] {
				continue
			}
			run := profiler.Run{Task: profiler.Task{Kind: profiler.Measure, Variant: v.Name, Round: round}, Started: e.Created, Environment: profiler.Environment{}}
			if len(leftOut) > 0 {
				run.Environment[profiler.EnvLeftOut] = listSome(leftOut)
			}
			runs, at[side] = append(runs, run), append(at[side], len(runs))
		}
	}
	for _, name := range rows {
		for side, sample := range of[name] {
			for round, l := range sample {
				addLine(&runs[at[side][round]], l, name, len(rows) > 1)
			}
		}
	}
	return runs, nil
}

// wholeBytes is a number of operations in which the runtime allocates about one byte for each. Text has whole bytes, so more
// operations do not make it finer.
const wholeBytes = 8 << 10

// rowInfos returns the rows with the smallest number of operations of their lines, which lowers the noise floor.
func rowInfos(names []string, of map[string][][]line) []profiler.RowInfo {
	var rows []profiler.RowInfo
	for _, name := range names {
		row := profiler.RowInfo{Name: name, Ops: wholeBytes}
		for _, l := range slices.Concat(of[name]...) {
			row.Ops = min(row.Ops, l.calls)
		}
		rows = append(rows, row)
	}
	if len(rows) == 1 {
		rows[0].Name = ""
	}
	return rows
}

// addLine adds the values of a line to a run. A row has a name only if there are several.
func addLine(run *profiler.Run, l line, row string, several bool) {
	for _, m := range l.values {
		if several {
			m.Row = row
		} else {
			run.Calls = l.calls
		}
		run.Measurements = append(run.Measurements, m)
	}
	for _, key := range conditions {
		if value := l.config[key]; value != "" {
			run.Environment[key] = value
		}
	}
}

// primaryOf returns the decisive units of the lines, or all their units if they have none of them.
func primaryOf(lines []line) []string {
	used := map[string]bool{}
	for _, l := range lines {
		for _, m := range l.values {
			used[m.Unit] = true
		}
	}
	if primary := slices.DeleteFunc(slices.Clone(decisive), func(unit string) bool { return !used[unit] }); len(primary) > 0 {
		return primary
	}
	return slices.SortedFunc(maps.Keys(used), profiler.CompareUnits)
}

// listSome lists names, and the number of the rest if they are many.
func listSome(names []string) string {
	const most = 20
	if len(names) <= most {
		return strings.Join(names, ", ")
	}
	return fmt.Sprintf("%s and %s more", strings.Join(names[:most], ", "), words.Group(fmt.Sprint(len(names)-most)))
}
