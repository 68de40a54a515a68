package handlers_test

import (
	"bytes"
	"flag"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"github.com/google/pprof/profile"

	"heaplab/handlers"
	"heaplab/profiler"
	"heaplab/profiler/heap"
	"heaplab/profiler/profilertest"
	"heaplab/store"
)

var profilesDir = flag.String("profiles", "", "benchmark with the real profiles in `DIR`: a medium pair and a large one")

// File names of the real profiles in profilesDir.
const (
	mediumBefore = "medium-compile-strings-rate1.pb.gz"
	mediumAfter  = "medium-compile-strings-rate1-N-l.pb.gz"
	large        = "large-compile-nethttp-rate1.pb.gz"
)

func realProfile(b *testing.B, name string) []byte {
	b.Helper()
	if *profilesDir == "" {
		b.Skip("run with -profiles DIR")
	}
	file, err := os.ReadFile(filepath.Join(*profilesDir, name))
	if err != nil {
		b.Fatal(err)
	}
	return file
}

// BenchmarkDiffPage measures the page of two profiles, from the request to the compressed response.
func BenchmarkDiffPage(b *testing.B) {
	for _, bench := range []struct {
		name, before, after string
		halve               bool
	}{
		{"medium", mediumBefore, mediumAfter, false},
		{"large", large, large, true},
	} {
		b.Run(bench.name, func(b *testing.B) {
			routes := serveProfiles(b, realProfile(b, bench.before), halved(b, realProfile(b, bench.after), bench.halve))
			for _, view := range []string{"", "?width=change", "?view=calls", "?view=top"} {
				b.Run("view="+view, func(b *testing.B) {
					size := 0
					for b.Loop() {
						r := httptest.NewRequest("GET", "http://localhost/experiments/1/profile"+view, nil)
						r.Header.Set("Accept-Encoding", "gzip")
						w := httptest.NewRecorder()
						routes.ServeHTTP(w, r)
						if size = w.Body.Len(); w.Code != http.StatusOK || w.Header().Get("Content-Encoding") != "gzip" {
							b.Fatalf("status %d, %s", w.Code, w.Body)
						}
					}
					b.ReportMetric(float64(size), "page-bytes")
				})
			}
		})
	}
}

// The page that the benchmark measures exists also without real profiles.
func TestDiffPage(t *testing.T) {
	file, err := os.ReadFile("../profiler/heap/testdata/encodingjson.pb.gz")
	if err != nil {
		t.Fatal(err)
	}
	w := httptest.NewRecorder()
	serveProfiles(t, file, file).ServeHTTP(w, httptest.NewRequest("GET", "http://localhost/experiments/1/profile", nil))
	if w.Code != http.StatusOK || !bytes.Contains(w.Body.Bytes(), []byte("is accounted for")) {
		t.Errorf("status %d, %.300s", w.Code, w.Body)
	}
}

// halved returns the profile with half of each value, if do is set.
func halved(b *testing.B, file []byte, do bool) []byte {
	if !do {
		return file
	}
	prof, err := profile.ParseData(file)
	if err != nil {
		b.Fatal(err)
	}
	for _, s := range prof.Sample {
		for i := range s.Value {
			s.Value[i] /= 2
		}
	}
	var out bytes.Buffer
	if err := prof.Write(&out); err != nil {
		b.Fatal(err)
	}
	return out.Bytes()
}

// serveProfiles returns the handler of a site with one experiment. The files are the profiles of its
// two variants.
func serveProfiles(b testing.TB, files ...[]byte) http.Handler {
	b.Helper()
	s, err := store.Open(b.Context(), filepath.Join(b.TempDir(), "test.db"), nil)
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { s.Close() })
	e, err := s.Add(b.Context(), profiler.Experiment{Kind: profiler.KindComparison, Config: profiler.Config{Count: 1}, Design: designOf(profilertest.Cases, "known"), Created: time.Now()})
	if err != nil {
		b.Fatal(err)
	}
	if err := s.Start(b.Context(), e, time.Now(), profiler.Environment{}); err != nil {
		b.Fatal(err)
	}
	for i, variant := range []string{"all", "none"} {
		p := digested(b, files[i])
		run := profiler.Run{Task: profiler.Task{Kind: profiler.Allocs, Variant: variant}, Started: time.Now(), Calls: 1, Profile: &p}
		if err := s.AddRun(b.Context(), e, run); err != nil {
			b.Fatal(err)
		}
	}
	if err := s.Finish(b.Context(), e, store.Ending{State: profiler.Done, At: time.Now()}); err != nil {
		b.Fatal(err)
	}
	app := &handlers.App{Store: s, Builtin: profilertest.Subject(b), Log: slog.New(slog.NewTextHandler(io.Discard, nil))}
	return app.Routes()
}

func digested(b testing.TB, file []byte) profiler.Profile {
	b.Helper()
	raw, err := heap.Gunzip(file, heap.DefaultLimits)
	if err != nil {
		b.Fatal(err)
	}
	prof, err := heap.Read(raw, heap.DefaultLimits)
	if err != nil {
		b.Fatal(err)
	}
	d, err := heap.NewDigest(prof)
	if err != nil {
		b.Fatal(err)
	}
	stored, err := d.Encode()
	if err != nil {
		b.Fatal(err)
	}
	return profiler.Profile{SHA256: b.Name() + time.Now().String(), Gzip: file, GzipSize: int64(len(file)), Summary: profiler.NewSummary(d), Digest: stored}
}

// BenchmarkDiffPageOfPprof measures the flame graph of the medium pair on pprof's own server, to
// compare with BenchmarkDiffPage. pprof does not compress its pages. It needs more memory for the
// large pair than the machine has.
func BenchmarkDiffPageOfPprof(b *testing.B) {
	dir := b.TempDir()
	for name, file := range map[string][]byte{"before": realProfile(b, mediumBefore), "after": realProfile(b, mediumAfter)} {
		if err := os.WriteFile(filepath.Join(dir, name), file, 0o600); err != nil {
			b.Fatal(err)
		}
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	addr := listener.Addr().String()
	listener.Close()
	cmd := exec.Command("go", "tool", "pprof", "-symbolize=none", "-no_browser", "-sample_index=alloc_space", "-http="+addr, "-diff_base", filepath.Join(dir, "before"), filepath.Join(dir, "after"))
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} // go tool starts another process
	if err := cmd.Start(); err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() {
		_ = syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL)
		_ = cmd.Wait()
	})
	page := "http://" + addr + "/ui/flamegraph"
	for range 600 { // until it listens
		if _, err := get(page); err == nil {
			break
		}
		time.Sleep(50 * time.Millisecond)
	}
	for b.Loop() {
		size, err := get(page)
		if err != nil {
			b.Fatal(err)
		}
		b.ReportMetric(float64(size), "page-bytes")
	}
}

func get(url string) (size int64, err error) {
	resp, err := http.Get(url)
	if err != nil {
		return 0, err
	}
	defer resp.Body.Close()
	return io.Copy(io.Discard, resp.Body)
}
