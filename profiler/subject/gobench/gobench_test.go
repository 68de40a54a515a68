package gobench_test

import (
	"errors"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"heaplab/profiler"
	"heaplab/profiler/profilertest"
	"heaplab/profiler/report"
	"heaplab/profiler/subject"
	"heaplab/profiler/subject/gobench"
)

// skipUnderRace skips a test of programs that run without the race detector in any case. Other tests run the same code.
func skipUnderRace(t *testing.T) {
	t.Helper()
	if raceEnabled {
		t.Skip("takes a minute, and runs without the race detector in a second pass")
	}
}

func TestMain(m *testing.M) { os.Exit(profilertest.Main(m)) }

// A module is a git repository with one Go module.
type module struct {
	t   *testing.T
	dir string
}

// newModule returns a repository with the given files, committed.
func newModule(t *testing.T, files map[string]string) module {
	t.Helper()
	m := module{t, filepath.Join(t.TempDir(), "module")}
	if err := os.Mkdir(m.dir, 0o700); err != nil {
		t.Fatal(err)
	}
	m.git("init", "--quiet", "--initial-branch=main")
	m.write(files)
	m.commit("first")
	return m
}

func (m module) write(files map[string]string) {
	m.t.Helper()
	for name, content := range files {
		to := filepath.Join(m.dir, name)
		if err := errors.Join(os.MkdirAll(filepath.Dir(to), 0o700), os.WriteFile(to, []byte(content), 0o600)); err != nil {
			m.t.Fatal(err)
		}
	}
}

func (m module) commit(message string) {
	m.t.Helper()
	m.git("add", "--all")
	m.git("-c", "user.name=test", "-c", "user.email=test@localhost", "commit", "--quiet", "-m", message)
}

func (m module) git(args ...string) string {
	m.t.Helper()
	cmd := exec.Command("git", args...)
	cmd.Dir = m.dir
	out, err := cmd.CombinedOutput()
	if err != nil {
		m.t.Fatalf("git %q: %v\n%s", args, err, out)
	}
	return strings.TrimSpace(string(out))
}

// shapes returns the module of shapes of benchmarks.
func shapes(t *testing.T) module {
	t.Helper()
	files := map[string]string{}
	for _, name := range []string{"go.mod", "shapes_test.go"} {
		content, err := os.ReadFile(filepath.Join("testdata", "shapes", name+".txt"))
		if err != nil {
			t.Fatal(err)
		}
		files[name] = string(content)
	}
	return newModule(t, files)
}

// A bench is an experiment of benchmarks that runs without a queue.
type bench struct {
	t       *testing.T
	subject *gobench.Subject
	e       profiler.Experiment
	files   subject.Artefacts
}

// launch designs and prepares an experiment.
func launch(t *testing.T, m module, pattern string, versions ...string) (*bench, error) {
	t.Helper()
	return launchWithin(t, m, time.Minute, pattern, versions...)
}

func launchWithin(t *testing.T, m module, limit time.Duration, pattern string, versions ...string) (*bench, error) {
	t.Helper()
	return launchWith(t, m, testConfig(limit), pattern, versions...)
}

// testConfig returns the conditions of a short experiment.
func testConfig(limit time.Duration) profiler.Config {
	config := profiler.DefaultConfig(0)
	config.Count, config.Benchtime, config.TimeLimit, config.MemoryLimit = 1, "20ms", limit, 2<<30
	return config
}

func launchWith(t *testing.T, m module, config profiler.Config, pattern string, versions ...string) (*bench, error) {
	t.Helper()
	b := &bench{t: t, subject: &gobench.Subject{Executor: profilertest.Executor(t), Folder: m.dir + "-built"}}
	params := map[string]any{gobench.ParamDir: m.dir, gobench.ParamPackage: ".", gobench.ParamBench: pattern}
	for i, name := range subject.Variants(len(versions)) {
		params[name] = versions[i]
	}
	d, faults := b.subject.Design(subject.Launch{Kind: profiler.KindComparison, Params: params, Config: config})
	if len(faults) > 0 {
		return nil, faults
	}
	b.e = profiler.Experiment{Kind: profiler.KindComparison, Design: d, Config: config, Env: os.Environ()}
	var err error
	b.files, err = b.subject.Prepare(t.Context(), b.e)
	return b, err
}

func (b *bench) run(kind profiler.RunKind, variant string) profiler.Run {
	b.t.Helper()
	run, err := b.subject.Run(b.t.Context(), subject.Job{
		Experiment: b.e, Task: profiler.Task{Kind: kind, Variant: variant}, Artefact: b.files.Files[subject.Cell{Variant: variant}],
	})
	if err != nil {
		b.t.Fatal(err)
	}
	return run
}

// Several benchmarks are rows of one run.
func TestRows(t *testing.T) {
	b, err := launch(t, shapes(t), "^Benchmark(Sub|Count)$", "HEAD", "HEAD")
	if err != nil {
		t.Fatal(err)
	}
	run := b.run(profiler.Measure, "after")
	bytes := map[string]float64{}
	for _, m := range run.Measurements {
		if m.Unit == profiler.BytesPerOp {
			bytes[m.Row] = m.Value
		}
	}
	want := map[string]float64{"BenchmarkCount": 1024, "BenchmarkSub/n=64": 64, "BenchmarkSub/n=256": 256}
	if len(bytes) != len(want) || len(b.files.Rows) != len(want) {
		t.Fatalf("B/op = %v, rows %+v, want %v", bytes, b.files.Rows, want)
	}
	for _, row := range b.files.Rows {
		if !isBytes(bytes[row.Name], want[row.Name], row.Ops) {
			t.Errorf("%s allocates %v B/op in %d operations, want %v", row.Name, bytes[row.Name], row.Ops, want[row.Name])
		}
	}
}

// isBytes reports whether operations allocate as many bytes as they should, and otherwise at most what the runtime may
// allocate for itself meanwhile.
func isBytes(got, want float64, ops int64) bool {
	return got >= want && got <= want+report.RuntimeShare(profiler.BytesPerOp, ops)
}

// Benchmarks that give no result, and versions that cannot be built, fail with a sentence.
func TestFailures(t *testing.T) {
	m := shapes(t)
	m.write(map[string]string{"shapes_test.go": "package shapes\n\nfunc broken( {\n"})
	m.commit("broken")
	for _, test := range []struct{ name, pattern, version, reason, output string }{
		{"skipped", "Skipped", "HEAD~", "it was skipped", ""},
		{"no match", "Nothing", "HEAD~", "there is none", ""},
		{"not a number", "NotANumber", "HEAD~", "reported widgets/op = NaN", ""},
		{"fails", "Fails", "HEAD~", "BenchmarkFails reported a failure", "it is broken"},
		{"panics", "Panics", "HEAD~", "panic: boom", "boom"},
		{"not built", "Count", "HEAD", "The build of before ended with exit status 1", "expected ')'"},
	} {
		t.Run(test.name, func(t *testing.T) {
			_, err := launch(t, m, test.pattern, test.version, test.version)
			var failed *profiler.RunError
			if !errors.As(err, &failed) {
				t.Fatalf("error %v", err)
			}
			if !strings.Contains(failed.Reason, test.reason) || !strings.Contains(failed.Output, test.output) {
				t.Errorf("reason %q, output %q", failed.Reason, failed.Output)
			}
		})
	}
}

// Modules that cannot be measured fail with a sentence of their own.
func TestBadModules(t *testing.T) {
	skipUnderRace(t)
	const mod = "module example.com/bad\n\ngo 1.24\n"
	const test = "package bad\n\nimport (\n\t\"os\"\n\t\"testing\"\n\t\"time\"\n)\n\nvar _, _ = os.Exit, time.Now\n\n"
	for _, tt := range []struct {
		name, reason string
		files        map[string]string
	}{
		{"exit in TestMain", "No benchmark", map[string]string{"go.mod": mod, "bad_test.go": test + "func TestMain(m *testing.M) { os.Exit(0) }\n\nfunc BenchmarkX(b *testing.B) {}\n"}},
		{"hangs", "stopped at its time limit", map[string]string{"go.mod": mod, "bad_test.go": test + "func BenchmarkX(b *testing.B) { time.Sleep(time.Hour) }\n"}},
		{"needs a newer Go", "1.99", map[string]string{"go.mod": "module example.com/bad\n\ngo 1.99\n", "bad_test.go": test}},
		{"no tests", "has no tests", map[string]string{"go.mod": mod, "bad.go": "package bad\n"}},
		{"a module that is not there", "The build of before", map[string]string{"go.mod": mod + "\nrequire example.com/missing v1.0.0\n", "bad_test.go": "package bad\n\nimport _ \"example.com/missing\"\n"}},
		{"needs memory", "memory than its limit", map[string]string{"go.mod": mod, "bad_test.go": test + "var kept []byte\n\nfunc BenchmarkX(b *testing.B) { kept = make([]byte, 3<<30); for i := range kept { kept[i] = 1 } }\n"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Setenv("GOFLAGS", "-mod=mod")
			t.Setenv("GOPROXY", "off")
			m := newModule(t, tt.files)
			limit := 20 * time.Second
			if tt.name == "hangs" {
				limit = 3 * time.Second
			}
			_, err := launchWithin(t, m, limit, "X", "HEAD", "HEAD")
			var failed *profiler.RunError
			if !errors.As(err, &failed) || !strings.Contains(failed.Reason+failed.Output, tt.reason) {
				t.Errorf("error %v, want %q", err, tt.reason)
			}
		})
	}
}

// A benchmark that writes into its folder does not affect the next experiment. That vet rejects the package does not
// matter.
func TestFolderIsFresh(t *testing.T) {
	m := newModule(t, map[string]string{
		"go.mod": "module example.com/writes\n\ngo 1.24\n",
		"writes_test.go": "package writes\n\nimport (\n\t\"fmt\"\n\t\"os\"\n\t\"testing\"\n)\n\nfunc TestVet(*testing.T) { fmt.Printf(\"%d\", \"x\") }\n\nfunc BenchmarkWrites(b *testing.B) {\n" +
			"\tif b.N == 1 {\n\t\tf, err := os.OpenFile(\"once\", os.O_CREATE|os.O_EXCL, 0o600)\n\t\tif err != nil && seen == 0 {\n\t\t\tb.Fatal(err)\n\t\t}\n\t\tf.Close()\n\t\tseen++\n\t}\n}\n\nvar seen int\n",
	})
	for range 2 {
		if _, err := launch(t, m, "Writes", "HEAD", "HEAD"); err != nil {
			t.Fatal(err)
		}
	}
	if out := m.git("status", "--porcelain"); out != "" {
		t.Errorf("the repository has %s", out)
	}
}

// The repository of the user is the same after a launch, also with files that are not committed.
func TestRepositoryIsUnchanged(t *testing.T) {
	m := shapes(t)
	m.write(map[string]string{"new_test.go": "package shapes\n\nimport \"testing\"\n\nfunc BenchmarkNew(b *testing.B) {\n\tfor range b.N {\n\t\tkept = make([]byte, 96)\n\t}\n}\n"})
	state := func() string {
		out := m.git("--no-optional-locks", "status", "--porcelain") + m.git("show-ref", "--head") + m.git("stash", "list") + m.git("count-objects", "-v")
		index, err := os.ReadFile(filepath.Join(m.dir, ".git", "index"))
		if err != nil {
			t.Fatal(err)
		}
		return out + string(index)
	}
	before := state()
	b, err := launch(t, m, "New", gobench.Dirty, gobench.Dirty)
	if err != nil {
		t.Fatal(err)
	}
	run := b.run(profiler.Measure, "after")
	if bytes, _ := run.Value(profiler.BytesPerOp); !isBytes(bytes, 96, run.Calls) {
		t.Errorf("B/op = %v, want 96", bytes)
	}
	if state() != before {
		t.Error("the repository has changed")
	}
}

// A branch can be compared with its merge base.
func TestMergeBase(t *testing.T) {
	m := shapes(t)
	first := m.git("rev-parse", "HEAD")
	m.git("switch", "--quiet", "-c", "topic")
	m.write(map[string]string{"topic.go": "package shapes\n"})
	m.commit("on the branch")
	m.git("switch", "--quiet", "main")
	m.write(map[string]string{"main.go": "package shapes\n"})
	m.commit("on main")
	m.git("switch", "--quiet", "topic")
	s := &gobench.Subject{Folder: t.TempDir()}
	d, faults := s.Design(subject.Launch{Kind: profiler.KindComparison, Params: map[string]any{
		gobench.ParamDir: m.dir, gobench.ParamPackage: ".", gobench.ParamBench: "Count", "before": "main...", "after": "topic",
	}})
	if len(faults) > 0 || d.Params["commit.before"] != first {
		t.Errorf("commit %v, faults %v; want %s", d.Params["commit.before"], faults, first)
	}
}

func TestDesignFaults(t *testing.T) {
	m := shapes(t)
	s := &gobench.Subject{Folder: t.TempDir()}
	for _, test := range []struct {
		name, field string
		params      map[string]any
	}{
		{"a relative folder", "param.dir", map[string]any{gobench.ParamDir: "shapes"}},
		{"no repository", "param.dir", map[string]any{gobench.ParamDir: t.TempDir()}},
		{"a package outside", "param.package", map[string]any{gobench.ParamPackage: "../other"}},
		{"an absolute package", "param.package", map[string]any{gobench.ParamPackage: "/etc"}},
		{"all packages", "param.package", map[string]any{gobench.ParamPackage: "./..."}},
		{"a bad pattern", "param.bench", map[string]any{gobench.ParamBench: "("}},
		{"an unknown branch", "param.after", map[string]any{"after": "no-such-branch"}},
		{"a flag", "param.after", map[string]any{"after": "--upload-pack=touch /tmp/x"}},
		{"a line break", "param.before", map[string]any{"before": "HEAD\nHEAD"}},
		{"one version", "param.after", map[string]any{"after": nil}},
	} {
		params := map[string]any{gobench.ParamDir: m.dir, gobench.ParamPackage: ".", gobench.ParamBench: "Count", "before": "HEAD", "after": "HEAD"}
		maps.Copy(params, test.params)
		_, faults := s.Design(subject.Launch{Kind: profiler.KindComparison, Params: params})
		if faults.For(test.field) == "" {
			t.Errorf("%s: faults %v, want one of %s", test.name, faults, test.field)
		}
	}
}
