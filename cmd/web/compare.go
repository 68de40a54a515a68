package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"slices"
	"strings"

	"golang.org/x/perf/benchfmt"

	"heaplab/profiler/benchtext"
	"heaplab/profiler/export"
	"heaplab/profiler/report"
	"heaplab/profiler/subject/imported"
)

type compareCmd struct {
	Old      string   `arg:"" help:"Results before the change: benchmark text or the output of go test -json; - is standard input. With LABEL=FILE, LABEL is its name in the output."`
	New      []string `arg:"" help:"Results after the change; may be several files."`
	FailOn   string   `help:"Exit with status 1 if one of these holds, such as 'B/op>+5%,allocs/op>+0'. Units are those of the files." placeholder:"CONDITIONS"`
	JSON     bool     `name:"json" xor:"format" help:"Print the tables as JSON."`
	Markdown bool     `xor:"format" help:"Print the tables in Markdown, for a pull request."`
}

// Run compares files of benchmark results.
func (c *compareCmd) Run() error {
	holds, err := c.run()
	switch {
	case err != nil:
		return exitStatus{err, exitError}
	case len(holds) > 0:
		return exitStatus{fmt.Errorf("--fail-on: %s", strings.Join(holds, "\n--fail-on: ")), exitHolds}
	}
	return nil
}

// run returns the conditions that hold.
func (c *compareCmd) run() (holds []string, err error) {
	var gates []report.Gate
	if c.FailOn != "" {
		if gates, err = report.ParseUnitGates(c.FailOn); err != nil {
			return nil, fmt.Errorf("--fail-on %w", err)
		}
	}
	files, err := readBenchFiles(append([]string{c.Old}, c.New...), os.Stdin)
	if err != nil {
		return nil, err
	}
	tables, skipped, err := benchtext.Compare(files)
	if err != nil {
		return nil, err
	}
	for _, s := range skipped {
		fmt.Fprintln(os.Stderr, s)
	}
	for _, f := range files {
		if !benchtext.Has(tables, f.Name) {
			return nil, fmt.Errorf("%s has no results of benchmarks: it needs lines such as BenchmarkDecode-8 100 5120 ns/op", f.Name)
		}
	}
	outcomes, failed := judgeBenchmarks(files, gates)
	if err := c.print(tables, skipped, outcomes); err != nil {
		return nil, err
	}
	return held(outcomes), failed
}

// judgeBenchmarks applies the conditions to the verdicts that an import of the files has.
func judgeBenchmarks(files []benchtext.File, gates []report.Gate) ([]report.Outcome, error) {
	if len(gates) == 0 {
		return nil, nil
	}
	e, runs, err := imported.ReadBenchmarks(files, math.MaxInt)
	if err != nil {
		return nil, err
	}
	r := report.NewReport(e, runs, nil)
	for _, text := range slices.Concat(r.Comparability, r.Warnings) {
		fmt.Fprintln(os.Stderr, text)
	}
	return judgeUnits(r, gates)
}

// A comparison is what heaplab compare prints as JSON.
type comparison struct {
	Tables     []benchtext.Table `json:"tables"`
	Skipped    []string          `json:"skipped_lines"`
	Conditions []condition       `json:"conditions"`
}

type condition struct {
	Condition string `json:"condition"`
	Holds     bool   `json:"holds"`
	Text      string `json:"text"`
}

func (c *compareCmd) print(tables []benchtext.Table, skipped []*benchfmt.SyntaxError, outcomes []report.Outcome) error {
	if c.JSON {
		out := comparison{tables, []string{}, []condition{}}
		for _, s := range skipped {
			out.Skipped = append(out.Skipped, s.Error())
		}
		for _, o := range outcomes {
			out.Conditions = append(out.Conditions, condition{o.Gate.Text, o.Holds, o.Text})
		}
		encoder := json.NewEncoder(os.Stdout)
		encoder.SetEscapeHTML(false)
		encoder.SetIndent("", "  ")
		return encoder.Encode(out)
	}
	if c.Markdown {
		fmt.Print(export.BenchTables(tables))
	} else if err := benchtext.WriteText(os.Stdout, tables); err != nil {
		return err
	}
	printOutcomes(outcomes, c.Markdown)
	return nil
}

// readBenchFiles reads files as benchstat does: the name of LABEL=FILE is the label, and equal names get numbers.
func readBenchFiles(args []string, stdin io.Reader) ([]benchtext.File, error) {
	times := map[string]int{}
	for _, arg := range args {
		if !strings.Contains(arg, "=") {
			times[arg]++
		}
	}
	number := map[string]int{}
	var files []benchtext.File
	for _, arg := range args {
		name, path, labelled := strings.Cut(arg, "=")
		if !labelled {
			path = arg
		}
		if !labelled && times[arg] > 1 {
			name = fmt.Sprintf("%s#%d", arg, number[arg])
			number[arg]++
		}
		content, err := readBenchFile(path, &stdin)
		if err != nil {
			return nil, err
		}
		text, err := benchtext.Text(content)
		if err != nil {
			return nil, fmt.Errorf("%s cannot be read: %w", path, err)
		}
		files = append(files, benchtext.File{Name: name, Text: text})
	}
	return files, nil
}

// readBenchFile reads a file, or standard input, which it sets to nil.
func readBenchFile(path string, stdin *io.Reader) ([]byte, error) {
	if path != "-" {
		return os.ReadFile(path)
	}
	if *stdin == nil {
		return nil, errors.New("standard input, -, can be only one of the files")
	}
	content, err := io.ReadAll(*stdin)
	*stdin = nil
	return content, err
}
