package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"text/tabwriter"
	"unicode/utf8"

	"golang.org/x/perf/benchunit"

	"heaplab/profiler/weights"
	"heaplab/profiler/words"
)

type predictCmd struct {
	File string `arg:"" help:"A safetensors or GGUF file. Only its header is read."`
	JSON bool   `name:"json" help:"Print JSON."`
}

func (p *predictCmd) Run() error {
	file, err := weights.ReadFile(p.File)
	var fault weights.Fault
	switch {
	case errors.As(err, &fault):
		return fmt.Errorf("%s %w", p.File, err)
	case err != nil:
		return err
	}
	prediction := weights.Predict(file)
	if p.JSON {
		out := json.NewEncoder(os.Stdout)
		out.SetIndent("", "  ")
		return out.Encode(prediction)
	}
	writePrediction(os.Stdout, prediction)
	return nil
}

// writePrediction writes one line for each technique, its assumptions, and the bytes of each layer
// and kind of tensor.
func writePrediction(w io.Writer, p weights.Prediction) {
	fmt.Fprintf(w, "file: %s, %s, %s bytes\n", words.Plain(p.Path), p.Format, weights.Digits(p.Size))
	fmt.Fprintf(w, "parameters: %s in %s bytes\n", weights.Digits(p.Parameters), weights.Digits(p.Bytes))
	for _, sum := range p.Types {
		fmt.Fprintf(w, "type: %s, %d tensors, %s bytes\n", words.Plain(string(sum.Type)), sum.Tensors, weights.Digits(sum.Bytes))
	}
	for _, note := range p.Notes {
		fmt.Fprintln(w, "note:", note)
	}
	writeSavings(w, p.Savings)
	fromFile := slices.DeleteFunc(slices.Clone(p.Savings), func(s weights.Saving) bool { return s.Before != p.Bytes })
	writeParts(w, "by layer", p.Layers, fromFile, func(s weights.Saving) []weights.Change { return s.Layers })
	writeParts(w, "by kind", p.Kinds, fromFile, func(s weights.Saving) []weights.Change { return s.Kinds })
}

func writeSavings(w io.Writer, savings []weights.Saving) {
	width := 0
	for _, s := range savings {
		width = max(width, len(s.Name))
	}
	fmt.Fprintln(w)
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintf(t, "%-*s\tbytes before\tafter\tratio\t\n", width, "")
	for _, s := range savings {
		if !s.Known() {
			continue
		}
		more := ""
		if s.Bigger() {
			more = "  more, not less"
		}
		fmt.Fprintf(t, "%-*s\t%s\t%s\t%.2f\t%s\n", width, s.Name, weights.Digits(s.Before), weights.Digits(s.After), s.Ratio(), more)
	}
	t.Flush()
	fmt.Fprintln(w)
	assumption := ""
	for _, s := range savings {
		if !s.Known() {
			fmt.Fprintf(w, "%-*s  %s: %s\n", width, s.Name, s.Title, s.Unknown)
			continue
		}
		fmt.Fprintf(w, "%-*s  %s: %s.", width, s.Name, s.Title, s.Formula)
		if s.Assumption != assumption { // variants of pruning share one
			assumption = s.Assumption
			fmt.Fprint(w, " ", assumption)
		}
		fmt.Fprintln(w)
	}
}

// writeParts writes the size of each part of a model in the file, and after each technique that
// changes the weights.
func writeParts(w io.Writer, title string, groups []weights.Group, savings []weights.Saving, parts func(weights.Saving) []weights.Change) {
	if len(groups) == 0 {
		return
	}
	width := len(title)
	for _, g := range groups {
		width = max(width, utf8.RuneCountInString(columnName(g.Name)))
	}
	fmt.Fprintln(w)
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintf(t, "%-*s\tparameters\tin the file\t", width, title)
	for _, s := range savings {
		if len(parts(s)) > 0 {
			fmt.Fprintf(t, "%s\t", s.Name)
		}
	}
	fmt.Fprintln(t)
	for i, g := range groups {
		fmt.Fprintf(t, "%-*s\t%s\t%s\t", width, columnName(g.Name), weights.Digits(g.Parameters), scaledBytes(g.Bytes))
		for _, s := range savings {
			if changes := parts(s); len(changes) > 0 {
				fmt.Fprintf(t, "%s\t", scaledBytes(changes[i].After))
			}
		}
		fmt.Fprintln(t)
	}
	t.Flush()
}

func scaledBytes(n int64) string { return benchunit.Scale(float64(n), benchunit.Binary) + "B" }

// columnName shortens a name to the width of a column.
func columnName(name string) string {
	const most = 60
	if runes := []rune(words.Plain(name)); len(runes) > most {
		return string(runes[:most-1]) + "…"
	}
	return words.Plain(name)
}
