package views

import (
	"fmt"
	"strconv"
	"strings"

	"heaplab/profiler"
	"heaplab/profiler/report"
	"heaplab/profiler/words"
)

// codesOf returns the causes whose source code is known, and the functions from or to which their code moved.
func codesOf(causes []report.Cause) (codes []report.Cause) {
	for _, c := range causes {
		if c.Code != nil {
			codes = append(codes, c)
		}
		if c.Moved != nil && c.Moved.Code != nil {
			codes = append(codes, *c.Moved)
		}
	}
	return codes
}

// shortFunction returns the name of a function without the folders of its package.
func shortFunction(name string) string {
	pkg, rest := splitFunction(name)
	return pkg[strings.LastIndexByte(strings.TrimSuffix(pkg, "/"), '/')+1:] + shortArguments(rest)
}

// codeSummary says in a few words how a function changed.
func codeSummary(c *report.Code) string {
	if c.Before == nil && c.After == nil {
		return "not found"
	}
	added, removed := c.Changes()
	text := fmt.Sprintf("%s added, %d removed", words.Plural(added, "line"), removed)
	if added+removed == 0 {
		text = "not changed"
	}
	if n := len(c.Escapes); n > 0 {
		text += fmt.Sprintf("; %s of the compiler changed", words.Plural(n, "decision"))
	}
	return text
}

func escapeGlyph(e report.EscapeLine) string {
	if e.Less {
		return "▼"
	}
	return "▲"
}

func signGlyph(l report.CodeLine) string {
	if l.Before == 0 {
		return "+"
	}
	return "−"
}

func signWord(l report.CodeLine) string {
	if l.Before == 0 {
		return "added"
	}
	return "removed"
}

// codePlace returns the hot line of a function, or else its first.
func codePlace(s *profiler.Source) string {
	line := s.First
	if s.Hot > 0 {
		line = s.Hot
	}
	return fmt.Sprintf("%s:%d", words.Plain(s.File), line)
}

func lineNumber(n int) string {
	if n == 0 {
		return ""
	}
	return strconv.Itoa(n)
}
