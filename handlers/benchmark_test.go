package handlers_test

import (
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"heaplab/profiler"
	"heaplab/profiler/report"
	"heaplab/profiler/subject/gobench"
	"heaplab/store/queue"
)

// newModule returns the folder of a git repository with a Go module whose work tree differs from its commit.
func newModule(t *testing.T, committed, changed map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	write := func(files map[string]string) {
		for name, content := range files {
			if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o600); err != nil {
				t.Fatal(err)
			}
		}
	}
	write(committed)
	for _, args := range [][]string{
		{"init", "--quiet"}, {"add", "--all"}, {"-c", "user.name=test", "-c", "user.email=test@localhost", "commit", "--quiet", "-m", "first"},
	} {
		cmd := exec.Command("git", args...)
		cmd.Dir = dir
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("git %q: %v\n%s", args, err, out)
		}
	}
	write(changed)
	return dir
}

// bench launches an experiment of the benchmarks of a module, and returns its report.
func (s *site) bench(l queue.Launch) report.Report {
	s.Helper()
	l.Subject, l.Env = profiler.SubjectGoBench, os.Environ()
	s.app.Queue.Subjects = append(s.app.Queue.Subjects, &gobench.Subject{Executor: s.app.Builtin.Executor, Folder: s.TempDir()})
	s.run()
	if _, err := s.app.Queue.Launch(s.Context(), l); err != nil {
		s.Fatal(err)
	}
	return s.await("/api/v1/experiments/1")
}

// Each of several benchmarks has its own profiles, and a page that names its causes.
func TestBenchmarkRows(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	const test = "package m\n\nimport \"testing\"\n\nvar kept []byte\n\nfunc BenchmarkGrows(b *testing.B) {\n\tfor range b.N {\n\t\tkept = grows()\n\t}\n}\n\n" +
		"func BenchmarkSame(b *testing.B) {\n\tb.Run(\"n=1\", func(b *testing.B) {\n\t\tfor range b.N {\n\t\t\tkept = same()\n\t\t}\n\t})\n}\n\n//go:noinline\nfunc same() []byte { return make([]byte, 256) }\n"
	code := func(size string) string {
		return "package m\n\n//go:noinline\nfunc grows() []byte {\n\treturn make([]byte, " + size + ")\n}\n"
	}
	dir := newModule(t, map[string]string{"go.mod": "module example.com/m\n\ngo 1.24\n", "m_test.go": test, "m.go": code("1024")}, map[string]string{"m.go": code("4096")})
	rep := s.bench(queue.Launch{Count: "2", Benchtime: "10ms", Params: map[string]any{
		gobench.ParamDir: dir, gobench.ParamPackage: ".", gobench.ParamBench: ".", "before": "HEAD", "after": gobench.Dirty,
	}})
	if rep.State != profiler.Done || rep.RunsDone != rep.RunsTotal || rep.RunsTotal != 2*2+2*2*2 {
		t.Fatalf("%s: %s, %d of %d runs", rep.State, rep.Error, rep.RunsDone, rep.RunsTotal)
	}
	if len(rep.Rows) != 2 || len(rep.Profiles) != 8 || len(rep.Warnings) > 0 {
		t.Fatalf("%d rows, %d profiles, %q", len(rep.Rows), len(rep.Profiles), rep.Warnings)
	}
	const grows, same = "BenchmarkGrows", "BenchmarkSame/n=1"
	changed := report.ChangedRows(rep, "after")
	if len(changed) != 1 || changed[0].Row != grows {
		t.Fatalf("%d rows changed", len(changed))
	}
	causes := report.CausesOf(changed[0], "after")
	if len(causes) != 1 || causes[0].Function != "example.com/m.grows" || causes[0].Line != 5 {
		t.Errorf("causes %+v", causes)
	}
	if at, _ := rep.AtRow(same); len(at.Profiles) != 4 || len(report.CausesOf(at, "after")) > 0 {
		t.Errorf("%s has %d profiles and causes %+v", same, len(at.Profiles), at.Causes)
	}
	if again := s.get("/api/v1/experiments/1/profiles/before.pb.gz"); again.StatusCode != http.StatusNotFound {
		t.Errorf("a profile of no row has status %d", again.StatusCode)
	}
	page := s.get("/experiments/1")
	page.want(t, http.StatusOK, "launch them again")
	if strings.Contains(page.body, "Add rounds") || strings.Contains(page.body, "new?from=1") {
		t.Error("the page has buttons that are refused")
	}
	link := s.share(`{"include_profiles":true}`)
	for _, base := range []string{"/experiments/1", link} {
		s.get(base).want(t, http.StatusOK, "Where it changed")
		s.get(base+"/profile").want(t, http.StatusOK, grows)
		for _, row := range []string{grows, same} {
			query := "?" + url.Values{"row": {row}}.Encode()
			page := s.get(base + query)
			page.want(t, http.StatusOK, "All benchmarks")
			diff := s.get(base + "/profile" + query)
			diff.want(t, http.StatusOK, "example.com/m.")
			if other := map[string]string{grows: "m.same", same: "m.grows"}[row]; strings.Contains(diff.body, other) {
				t.Errorf("the profiles of %s have %s", row, other)
			}
			s.get(base+"/report.md"+query).want(t, http.StatusOK, "Bytes per op")
			s.get(base+"/report.html"+query).want(t, http.StatusOK, row)
			s.get(base+"/profile.svg"+query).want(t, http.StatusOK, "svg")
		}
	}
	for _, p := range rep.Profiles {
		address, err := url.Parse(p.URL)
		if err != nil {
			t.Fatal(err)
		}
		if file := s.get(address.RequestURI()); file.StatusCode != http.StatusOK || !strings.Contains(file.Header.Get("Content-Disposition"), p.Variant) {
			t.Errorf("%s: status %d", p.URL, file.StatusCode)
		}
	}
	for _, path := range []string{"/api/v1/experiments/1/profiles/diff.pb.gz", link + "/diff.pb.gz", link + "/after.pb.gz"} {
		s.get(path+"?"+url.Values{"row": {same}}.Encode()).want(t, http.StatusOK, "")
	}
	if !slices.Equal([]string{rep.Rows[0].Row, rep.Rows[1].Row}, []string{grows, same}) {
		t.Errorf("rows %v", rep.Rows)
	}
}
