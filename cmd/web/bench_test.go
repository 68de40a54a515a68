package main

import (
	"encoding/json"
	"errors"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"heaplab/profiler"
	"heaplab/profiler/report"
)

// A goModule is a git repository with a Go module, for heaplab bench.
type goModule struct {
	*testing.T
	dir string
}

const goodCode = `package words

import "strings"

// Join joins words with commas.
func Join(words []string) string {
	var b strings.Builder
	b.Grow(64)
	for i, w := range words {
		if i > 0 {
			b.WriteString(",")
		}
		b.WriteString(w)
	}
	return b.String()
}
`

const wastefulCode = `package words

// Join joins words with commas.
func Join(words []string) string {
	out := ""
	for i, w := range words {
		if i > 0 {
			out += ","
		}
		out += w // line 10
	}
	return out
}
`

const benchmarkCode = `package words

import "testing"

var joined string

func BenchmarkJoin(b *testing.B) {
	words := []string{"heap", "lab", "allocates", "bytes", "per", "operation"}
	for b.Loop() {
		joined = Join(words)
	}
}
`

// newGoModule returns a repository whose commit is good, and whose work tree is wasteful.
func newGoModule(t *testing.T) goModule {
	t.Helper()
	m := goModule{t, t.TempDir()}
	m.write("go.mod", "module example.com/words\n\ngo 1.24\n")
	m.write("words.go", goodCode)
	m.write("words_test.go", benchmarkCode)
	for _, args := range [][]string{
		{"init", "--quiet", "--initial-branch=main"}, {"add", "--all"},
		{"-c", "user.name=test", "-c", "user.email=test@localhost", "commit", "--quiet", "-m", "good"},
	} {
		cmd := exec.Command("git", args...)
		cmd.Dir = m.dir
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("git %q: %v\n%s", args, err, out)
		}
	}
	m.write("words.go", wastefulCode)
	return m
}

func (m goModule) write(name, content string) {
	m.Helper()
	if err := os.WriteFile(filepath.Join(m.dir, name), []byte(content), 0o600); err != nil {
		m.Fatal(err)
	}
}

// bench runs heaplab bench in the module, and returns its outputs and its exit status.
func (m goModule) bench(data string, args ...string) (stdout, stderr string, status int) {
	m.Helper()
	cmd := exec.Command(program, append([]string{"bench", "--data", data}, args...)...)
	cmd.Dir = m.dir
	var out, errs strings.Builder
	cmd.Stdout, cmd.Stderr = &out, &errs
	err := cmd.Run()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		m.Fatal(err)
	}
	return out.String(), errs.String(), cmd.ProcessState.ExitCode()
}

// A work tree that allocates more than its last commit fails the check, and the report names the function and the
// line.
func TestBenchFindsCause(t *testing.T) {
	m, data := newGoModule(t), t.TempDir()
	stdout, stderr, status := m.bench(data, "--bench", "Join", "--count", "4", "--benchtime", "100000x", "--json", "--fail-on", "B/op>+5%,allocs/op>+0")
	if status != exitHolds {
		t.Fatalf("status %d, want %d\n%s\n%s", status, exitHolds, stdout, stderr)
	}
	var r report.Report
	if err := json.Unmarshal([]byte(stdout), &r); err != nil {
		t.Fatal(err)
	}
	if c := r.Comparison("after", profiler.BytesPerOp); c == nil || c.Verdict != report.Worse || math.Round(float64(c.Baseline.Center)) != 64 { // the runtime allocates less than half a byte, too
		t.Errorf("comparison of B/op = %+v", c)
	}
	causes := report.CausesOf(r, "after")
	if len(causes) == 0 || causes[0].Function != "example.com/words.Join" || causes[0].Place() != "words.go:10" {
		t.Errorf("causes = %+v", causes)
	}
	if len(causes) > 0 && (causes[0].Code == nil || !strings.Contains(causes[0].Code.Diff, "\n-\tb.Grow(64)\n+\tout := \"\"\n")) {
		t.Errorf("source code of the cause = %+v", causes[0].Code)
	}
	if !strings.Contains(stderr, "B/op>+5% holds") || !strings.Contains(stderr, "allocs/op>+0 holds") {
		t.Errorf("stderr = %s", stderr)
	}
	stdout, stderr, status = m.bench(data, "--bench", "Join", "--before", "HEAD", "--after", "HEAD", "--count", "4", "--benchtime", "20ms", "--fail-on", "B/op>+5%")
	if status != 0 || !strings.Contains(stdout, "B/op") {
		t.Errorf("status %d of the same version\n%s\n%s", status, stdout, stderr)
	}
}

// Only packages that depend on a change are measured, each in an experiment of its own.
func TestBenchChanged(t *testing.T) {
	m, data := newGoModule(t), t.TempDir()
	stdout, stderr, status := m.bench(data, "--changed", "--benchtime", "1x", "--count", "1", "--fail-on", "allocs/op>+0")
	if status != exitHolds || !strings.Contains(stderr, "they depend on what changed: .\n") || !strings.Contains(stdout, "B/op") {
		t.Errorf("status %d\n%s\n%s", status, stdout, stderr)
	}
	if stdout, stderr, status = m.bench(data, "--changed", "--after", "HEAD"); status != 0 || !strings.Contains(stderr, "No benchmark depends") {
		t.Errorf("status %d of no change\n%s\n%s", status, stdout, stderr)
	}
}

// Each bad input has a sentence of its own and the exit status of errors.
func TestBenchRefuses(t *testing.T) {
	m, data := newGoModule(t), t.TempDir()
	for _, test := range []struct {
		name, want string
		args       []string
	}{
		{"no benchmarks named", "bench: must be a regular expression", nil},
		{"an unknown setting", "is no setting", []string{"--bench", "Join", "--before", "HEAD exec=touch"}},
		{"an unknown version", "git knows no commit", []string{"--bench", "Join", "--before", "nothing"}},
		{"two versions for --changed", "give one --after", []string{"--changed", "--after", "HEAD", "--after", "HEAD~0"}},
		{"a bad pattern", "regular expression", []string{"--bench", "("}},
		{"a bad condition", "expected > or <", []string{"--bench", "Join", "--fail-on", "B/op"}},
		{"a folder without a module", "not in a Go module", []string{"/", "--bench", "Join"}},
		{"no folder", "not the folder of a package", []string{"./nothing", "--bench", "Join"}},
		{"no match", "No benchmark of . that matches Nothing ran", []string{"--bench", "Nothing", "--benchtime", "1x"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			stdout, stderr, status := m.bench(data, test.args...)
			if status != exitError || !strings.Contains(stderr, test.want) {
				t.Errorf("status %d, %s%s", status, stdout, stderr)
			}
		})
	}
}
