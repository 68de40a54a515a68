package handlers

import (
	"errors"
	"fmt"
	"net/url"
	"regexp"
	"regexp/syntax"
	"slices"
	"strconv"

	"heaplab/profiler"
)

// fields reads the fields of a query and collects their faults.
type fields struct {
	query  url.Values
	faults profiler.Faults
}

// choice returns a field that has one of a few values, or the standard value.
func (f *fields) choice(name, standard string, words ...string) string {
	return choice(f, name, standard, words...)
}

func choice[T ~string](f *fields, name string, standard T, words ...T) T {
	value := T(f.query.Get(name))
	switch {
	case value == "":
		return standard
	case slices.Contains(words, value):
		return value
	}
	f.faults = append(f.faults, profiler.Fault{Field: name, Message: fmt.Sprintf("%q is not a valid choice", value)})
	return standard
}

// Limits of a regular expression: bytes of its text, and instructions of its compiled program, which
// decide the time that a match takes.
const (
	maxPattern = 500
	maxProgram = 500
)

// pattern returns a field that is a regular expression (RE2), or nil if it is empty or invalid.
func (f *fields) pattern(name string, foldCase bool) *regexp.Regexp {
	text := f.query.Get(name)
	if text == "" {
		return nil
	}
	if len(text) > maxPattern {
		f.faults = append(f.faults, profiler.Fault{Field: name, Message: fmt.Sprintf("is longer than %d bytes", maxPattern)})
		return nil
	}
	flags := ""
	if foldCase {
		flags = "(?i)"
	}
	if programSize(flags+text) > maxProgram {
		f.faults = append(f.faults, profiler.Fault{Field: name, Message: "is too complex: use a simpler expression, with smaller repetitions"})
		return nil
	}
	pattern, err := regexp.Compile(flags + text)
	if err != nil {
		message := fmt.Sprintf("%q is not a valid regular expression (RE2)", text)
		if e, ok := errors.AsType[*syntax.Error](err); ok {
			message += ": " + e.Code.String()
		}
		f.faults = append(f.faults, profiler.Fault{Field: name, Message: message})
		return nil
	}
	return pattern
}

// programSize returns the number of instructions of a compiled expression, or 0 if it is invalid.
func programSize(text string) int {
	parsed, err := syntax.Parse(text, syntax.Perl)
	if err != nil {
		return 0
	}
	program, err := syntax.Compile(parsed.Simplify())
	if err != nil {
		return 0
	}
	return len(program.Inst)
}

const maxDepth = 10_000

func (f *fields) depth() int {
	text := f.query.Get("depth")
	if text == "" {
		return 0
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 1 || n > maxDepth {
		f.faults = append(f.faults, profiler.Fault{Field: "depth", Message: fmt.Sprintf("must be a number from 1 to %d, or empty for all rows", maxDepth)})
		return 0
	}
	return n
}
