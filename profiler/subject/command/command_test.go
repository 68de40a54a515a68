package command_test

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"heaplab/profiler"
	"heaplab/profiler/profilertest"
	"heaplab/profiler/profilertest/installed"
	"heaplab/profiler/subject"
	"heaplab/profiler/subject/command"
)

func TestMain(m *testing.M) { os.Exit(profilertest.Main(m)) }

func TestDesign(t *testing.T) {
	s := &command.Subject{}
	launch := func(params map[string]any) subject.Launch {
		return subject.Launch{Subject: "command", Kind: profiler.KindComparison, Params: params}
	}
	d, faults := s.Design(launch(map[string]any{"before": "sleep 1", "after": " sleep 2 ", "after-2": "sleep 3", "dir": "/tmp"}))
	if len(faults) > 0 {
		t.Fatal(faults)
	}
	if len(d.Variants) != 3 || d.Baseline() != "before" || d.Last() != "after-2" || d.Labels["after"] != "sleep 2" || d.Labels["dir"] != "/tmp" {
		t.Errorf("design = %+v", d)
	}
	if d.Title != "sleep 1 → sleep 3" || d.Subject != profiler.SubjectCommand {
		t.Errorf("title = %q, subject = %q", d.Title, d.Subject)
	}
	for _, test := range []struct {
		name   string
		launch subject.Launch
		field  string
	}{
		{"nothing to compare with", launch(map[string]any{"before": "true"}), "param.after"},
		{"an empty command", launch(map[string]any{"before": " ", "after": "true"}), "param.before"},
		{"a NUL byte", launch(map[string]any{"before": "true", "after": "a\x00b"}), "param.after"},
		{"no UTF-8", launch(map[string]any{"before": "true", "after": "echo \xff"}), "param.after"},
		{"a relative folder", launch(map[string]any{"before": "true", "after": "true", "dir": "tmp"}), "param.dir"},
		{"a folder with a NUL byte", launch(map[string]any{"before": "true", "after": "true", "dir": "/tmp\x00"}), "param.dir"},
		{"nine commands", launch(commands(9)), "param.after"},
		{"a sweep", subject.Launch{Kind: profiler.KindSweep}, "kind"},
	} {
		if _, faults := s.Design(test.launch); faults.For(test.field) == "" {
			t.Errorf("%s: faults = %v, want one of %s", test.name, faults, test.field)
		}
	}
}

// commands returns the params of a launch of n commands.
func commands(n int) map[string]any {
	params := map[string]any{}
	for _, name := range subject.Variants(n) {
		params[name] = "true"
	}
	return params
}

func TestDesignOfMostCommands(t *testing.T) {
	s := &command.Subject{}
	if d, faults := s.Design(subject.Launch{Kind: profiler.KindComparison, Params: commands(8)}); len(faults) > 0 || len(d.Variants) != 8 {
		t.Errorf("%d variants, faults %v", len(d.Variants), faults)
	}
	_, faults := s.Design(subject.Launch{Kind: profiler.KindComparison, Params: commands(9)})
	if got := faults.For("param.after"); !strings.Contains(got, "8 commands at most") {
		t.Errorf("fault of 9 commands = %q", got)
	}
}

// A trial runs one command.
type trial struct {
	line   string
	env    []string
	params map[string]any
	limit  time.Duration
	memory int64
}

func (c trial) run(t *testing.T) (profiler.Run, error) {
	t.Helper()
	s := &command.Subject{Executor: profilertest.Executor(t)}
	config := profiler.Config{Count: 1, TimeLimit: time.Minute, MemoryLimit: 1 << 30}
	if c.limit > 0 {
		config.TimeLimit = c.limit
	}
	if c.memory > 0 {
		config.MemoryLimit = c.memory
	}
	params := map[string]any{"before": c.line, "after": c.line}
	for name, value := range c.params {
		params[name] = value
	}
	d, faults := s.Design(subject.Launch{Subject: "command", Kind: profiler.KindComparison, Params: params, Config: config})
	if len(faults) > 0 {
		t.Fatal(faults)
	}
	env := append([]string{"PATH=" + os.Getenv("PATH"), "HOME=" + t.TempDir()}, c.env...)
	e := profiler.Experiment{Kind: profiler.KindComparison, Design: d, Config: config, Env: env}
	return s.Run(t.Context(), subject.Job{Experiment: e, Task: profiler.Task{Kind: profiler.Measure, Variant: "after"}})
}

func TestRunMeasures(t *testing.T) {
	dir := t.TempDir()
	program := filepath.Join(dir, "hold")
	source := filepath.Join(dir, "hold.c")
	const code = `#include <stdlib.h>
#include <string.h>
int main(int n, char **v) { size_t m = (size_t)atoi(v[1]) << 20; char *p = malloc(m); memset(p, 1, m); free(p); return 0; }`
	if err := os.WriteFile(source, []byte(code), 0o600); err != nil {
		t.Fatal(err)
	}
	if out, err := exec.Command("gcc", "-O0", "-o", program, source).CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	large, err := trial{line: program + " 200"}.run(t)
	if err != nil {
		t.Fatal(err)
	}
	small, err := trial{line: program + " 20"}.run(t)
	if err != nil {
		t.Fatal(err)
	}
	a, _ := large.Value(profiler.PeakRSS)
	b, _ := small.Value(profiler.PeakRSS)
	if got := (a - b) / (1 << 20); got < 178 || got > 182 {
		t.Errorf("peak RSS differs by %.1f MiB, want 180 within 2", got)
	}
	for _, unit := range []string{profiler.WallTime, profiler.UserTime, profiler.PeakAnon, profiler.PeakFile, profiler.MinorFaults} {
		if v, ok := large.Value(unit); !ok || v < 0 {
			t.Errorf("%s = %v, %v", unit, v, ok)
		}
	}
	if tl := large.Timeline; tl == nil || len(tl.Anon) != len(tl.T) || tl.Heap != nil {
		t.Errorf("timeline = %+v, want only resident memory", tl)
	}
	if large.Environment["peak"] != "known" {
		t.Errorf("the peak of one process is %s, want it known", large.Environment["peak"])
	}
}

// A failed command gives a RunError with a sentence and the end of the output.
func TestRunFails(t *testing.T) {
	for _, test := range []struct {
		name, reason, output string
		trial                trial
	}{
		{"exit status", "ended with exit status 3", "the reason", trial{line: "echo the reason >&2; exit 3"}},
		{"missing", "ended with exit status 127", "not found", trial{line: "no-such-command-here"}},
		{"missing folder", "there is no folder /no/such/folder", "", trial{line: "true", params: map[string]any{"dir": "/no/such/folder"}}},
		{"signal", "was killed by a signal (segmentation fault)", "", trial{line: "kill -SEGV $$"}},
		{"time limit", "stopped at its time limit of 1s", "before it hung", trial{line: "echo before it hung; sleep 60", limit: time.Second}},
		{"memory limit", "more memory than its limit of 64 MiB", "", trial{line: "exec python3 -c 'x=bytearray(500<<20); import time; time.sleep(9)'", memory: 64 << 20}},
	} {
		t.Run(test.name, func(t *testing.T) {
			if strings.Contains(test.trial.line, "python3") {
				installed.Program(t, "python3")
			}
			start := time.Now()
			_, err := test.trial.run(t)
			var failure *profiler.RunError
			if !errors.As(err, &failure) {
				t.Fatalf("error = %v, want a RunError", err)
			}
			if !strings.HasPrefix(failure.Reason, "The run of after ") || !strings.Contains(failure.Reason, test.reason) {
				t.Errorf("reason = %q, want %q", failure.Reason, test.reason)
			}
			if !strings.Contains(failure.Output, test.output) {
				t.Errorf("output = %q, want %q in it", failure.Output, test.output)
			}
			if took := time.Since(start); took > 20*time.Second {
				t.Errorf("it took %v", took)
			}
		})
	}
}

// A command gets the environment and the folder of its launcher, not of the server.
func TestRunEnvironment(t *testing.T) {
	t.Setenv("HEAPLAB_SECRET", "a secret")
	dir := t.TempDir()
	got := outputOf(t, trial{line: `echo "[$GREETING] [$HEAPLAB_SECRET] $(pwd)"`, env: []string{"GREETING=hello \xff\xfe"}, params: map[string]any{"dir": dir}})
	if want := "[hello \xff\xfe] [] " + dir + "\n"; got != want {
		t.Errorf("output = %q, want %q", got, want)
	}
}

// outputOf returns the output of a command. It makes the command fail, because the output is not kept
// otherwise.
func outputOf(t *testing.T, c trial) string {
	t.Helper()
	c.line += "\nexit 3"
	_, err := c.run(t)
	var failure *profiler.RunError
	if !errors.As(err, &failure) || !strings.Contains(failure.Reason, "ended with exit status 3") {
		t.Fatalf("error = %v", err)
	}
	return failure.Output
}

func TestRunKeepsNoOutputOfSuccess(t *testing.T) {
	run, err := trial{line: "echo confidential; echo confidential >&2"}.run(t)
	if err != nil || run.Output != "" {
		t.Errorf("output = %q, error %v", run.Output, err)
	}
}

// A command has no file of the server and no answer pipe of its warden, so it cannot forge a result.
func TestRunInheritsNoFiles(t *testing.T) {
	fd, err := syscall.Open("/dev/null", syscall.O_RDONLY, 0) // a file that the server inherited
	if err != nil {
		t.Fatal(err)
	}
	defer syscall.Close(fd)
	if got := outputOf(t, trial{line: `ls /proc/$$/fd`}); got != "0\n1\n2\n" {
		t.Errorf("the command has the files %q", got)
	}
	const forged = `{"Calls":1,"Measurements":[{"unit":"peak-RSS-bytes","value":1e300}]}`
	run, err := trial{line: `(echo '` + forged + `' >&3) 2>/dev/null; sleep 0.05`}.run(t)
	if err != nil {
		t.Fatal(err)
	}
	if v, _ := run.Value(profiler.PeakRSS); v < 100<<10 || v > 100<<20 {
		t.Errorf("peak RSS = %v", v)
	}
}

// A command that reads the terminal fails instead of waiting in the background.
func TestRunHasNoTerminal(t *testing.T) {
	if got := outputOf(t, trial{line: `read -r line </dev/tty && echo read`, limit: 5 * time.Second}); strings.Contains(got, "read\n") {
		t.Errorf("output = %q", got)
	}
}

func TestGCTrace(t *testing.T) {
	dir := t.TempDir()
	program := filepath.Join(dir, "main.go")
	const code = `package main

import "runtime"

var held []byte

func main() {
	held = make([]byte, 50<<20)
	for i := range held {
		held[i] = 1
	}
	runtime.GC()
}
`
	if err := os.WriteFile(program, []byte(code), 0o600); err != nil {
		t.Fatal(err)
	}
	binary := filepath.Join(dir, "prog")
	if out, err := exec.Command("go", "build", "-o", binary, program).CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	run, err := trial{line: binary, env: []string{"GODEBUG=madvdontneed=1"}, params: map[string]any{"gctrace": "1"}}.run(t)
	if err != nil {
		t.Fatal(err)
	}
	live, ok := run.Value(profiler.TraceLive)
	if !ok || live < 50<<20 || live > 52<<20 {
		t.Errorf("live heap = %v MiB, %v; want 50", live/(1<<20), ok)
	}
	if n, ok := run.Value(profiler.Collections); !ok || n < 1 {
		t.Errorf("collections = %v, %v", n, ok)
	}
}

func TestPrepareWithoutEnvironment(t *testing.T) {
	s := &command.Subject{}
	_, err := s.Prepare(context.Background(), profiler.Experiment{})
	var failure *profiler.RunError
	if !errors.As(err, &failure) || !strings.Contains(failure.Reason, "heaplab exec again") {
		t.Errorf("error = %v", err)
	}
}
