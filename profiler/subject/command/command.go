// Package command measures any command from outside: its wall time, its processor time and the memory of
// all its processes.
package command

import (
	"context"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"unicode/utf8"

	"heaplab/profiler"
	"heaplab/profiler/child"
	"heaplab/profiler/subject"
)

// A Subject measures commands. /bin/sh -c runs each command, and a warden process watches it.
type Subject struct{ Executor *child.Executor }

// Kind returns "command".
func (s *Subject) Kind() string { return profiler.SubjectCommand }

// Configure removes the settings of the Go runtime and the length of a round: a command has neither.
func (s *Subject) Configure(c profiler.Config) profiler.Config {
	c.Benchtime, c.GOGC, c.GOMEMLIMIT, c.GOMAXPROCS = "", "", "", 0
	return c
}

// Params of a launch, besides the command lines, which have the names of their variants.
const (
	ParamDir     = "dir"     // working directory
	ParamGCTrace = "gctrace" // "1" to read the trace of the Go garbage collector
	ParamNoTrace = "notrace" // "1" to watch without ptrace, for commands that use ptrace themselves
)

// maxCommands is the largest number of commands in an experiment.
const maxCommands = 8

// Design returns the design of an experiment that compares commands.
func (s *Subject) Design(l subject.Launch) (profiler.Design, profiler.Faults) {
	d := profiler.Design{
		Subject: profiler.SubjectCommand,
		Title:   l.Title,
		Params:  profiler.Params{},
		Labels:  map[string]string{},
		Primary: []string{profiler.PeakRSS, profiler.WallTime},
	}
	if l.Kind != profiler.KindComparison {
		return d, profiler.Faults{{Field: "kind", Message: "must be comparison: commands have no sweeps or calibrations"}}
	}
	var faults profiler.Faults
	add := func(name, message string) {
		faults = append(faults, profiler.Fault{Field: "param." + name, Message: message})
	}
	for i, name := range subject.Variants(maxCommands + 1) {
		line, ok := l.Params[name].(string)
		if !ok {
			break
		}
		if i == maxCommands {
			add("after", fmt.Sprintf("must have at most %d commands: an experiment compares %d commands at most", maxCommands-1, maxCommands))
			break
		}
		if line = strings.TrimSpace(line); line == "" || !isText(line) {
			add(name, "must be a command in UTF-8 without zero bytes, such as 'python3 script.py'")
		}
		d.Variants = append(d.Variants, profiler.VariantInfo{Name: name, Title: shorten(line)})
		d.Params[name], d.Labels[name] = line, line
	}
	if len(d.Variants) < 2 {
		add("after", "must have a command: an experiment needs at least two commands")
	}
	if dir, _ := l.Params[ParamDir].(string); dir != "" && (!filepath.IsAbs(dir) || !isText(dir)) {
		add(ParamDir, "must be the absolute path of a folder, in UTF-8 without zero bytes")
	}
	for _, name := range []string{ParamDir, ParamGCTrace, ParamNoTrace} {
		if value, _ := l.Params[name].(string); value != "" {
			d.Params[name], d.Labels[name] = value, value
		}
	}
	if len(faults) == 0 && d.Title == "" {
		d.Title = shorten(d.Labels["before"]) + " → " + shorten(d.Labels[d.Last()])
	}
	return d, faults
}

// isText reports whether s is valid UTF-8 without zero bytes.
func isText(s string) bool { return utf8.ValidString(s) && !strings.ContainsRune(s, 0) }

// shorten cuts a command line for a title.
func shorten(line string) string {
	const most = 60 // runes
	runes := []rune(strings.Join(strings.Fields(line), " "))
	if len(runes) <= most {
		return string(runes)
	}
	return string(runes[:most-1]) + "…"
}

// Prepare checks that the environment of the commands is still known. It is not stored.
func (s *Subject) Prepare(_ context.Context, e profiler.Experiment) (subject.Artefacts, error) {
	if e.Env == nil {
		return subject.Artefacts{}, &profiler.RunError{Reason: "The server was restarted before this experiment began, and the environment of its commands was only in memory. Run heaplab exec again."}
	}
	return subject.Artefacts{}, nil
}

// Run runs the command of a variant once. If the command is missing, fails, is killed or exceeds a limit,
// the error is a *profiler.RunError with the end of its output. The output of a run that succeeds is not kept.
func (s *Subject) Run(ctx context.Context, job subject.Job) (profiler.Run, error) {
	e, task := job.Experiment, job.Task
	line, _ := e.Design.Params[task.Variant].(string)
	dir, _ := e.Design.Params[ParamDir].(string)
	trace := e.Design.Params[ParamGCTrace] != nil
	env := e.Env
	if trace {
		env = withGCTrace(env)
	}
	variables := make([][]byte, len(env))
	for i, v := range env {
		variables[i] = []byte(v)
	}
	run, err := s.Executor.Run(ctx, child.Spec{
		Who:    "The run of " + task.Variant,
		Config: e.Config,
		Command: &child.CommandSpec{
			Argv: []string{"/bin/sh", "-c", line}, Dir: dir, Env: variables,
			GCTrace: trace, Untraced: e.Design.Params[ParamNoTrace] != nil,
		},
	}, task)
	run.Output = "" // it can be confidential, and only the output of a failure is needed
	if task.Round > 0 {
		run.Timeline = nil // a report shows one for each variant
	}
	return run, err
}

// withGCTrace adds gctrace=1 to the GODEBUG of an environment.
func withGCTrace(env []string) []string {
	const name, setting = "GODEBUG=", "gctrace=1"
	out := slices.Clone(env)
	for i, v := range out {
		if value, ok := strings.CutPrefix(v, name); ok {
			out[i] = name + strings.TrimPrefix(value+","+setting, ",")
			return out
		}
	}
	return append(out, name+setting)
}
