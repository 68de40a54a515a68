package subject

import (
	"regexp"
	"strings"

	"heaplab/profiler"
)

// A Reproducer is a Subject that writes the shell commands that repeat its experiments.
type Reproducer interface {
	// Reproduce returns the commands that repeat an experiment. It uses only the kind, the design,
	// the configuration and the sweep.
	Reproduce(profiler.Experiment) []Command
}

// A Command is a shell command for people to copy.
type Command struct {
	Title string
	Lines []string // all but the last end in a backslash, or are commands of their own
}

// plainWord matches text that a shell takes as one word, as it stands.
var plainWord = regexp.MustCompile(`^[A-Za-z0-9_@%+=:,./-]+$`)

// Quote returns text as one word of a shell.
func Quote(text string) string {
	if plainWord.MatchString(text) {
		return text
	}
	return "'" + strings.ReplaceAll(text, "'", `'\''`) + "'"
}

// Lines returns a command with one flag per line.
func Lines(command string, flags []string) []string {
	lines := []string{command}
	for _, flag := range flags {
		lines[len(lines)-1] += " \\"
		lines = append(lines, "  "+flag)
	}
	return lines
}
