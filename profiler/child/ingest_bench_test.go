package child_test

import (
	"context"
	"flag"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/google/pprof/profile"

	"heaplab/profiler/profilertest"
)

var profilesDir = flag.String("profiles", "", "benchmark with the real profiles in `DIR`")

// parseAlone is the environment variable with the file that TestParseAlone parses.
const parseAlone = "HEAPLAB_TEST_PARSE"

// TestParseAlone parses a profile. BenchmarkIngest starts it in its own process.
func TestParseAlone(t *testing.T) {
	name := os.Getenv(parseAlone)
	if name == "" {
		return
	}
	file, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := profile.ParseData(file); err != nil {
		t.Fatal(err)
	}
}

// BenchmarkIngest measures reading a large profile in a child with a limit of 2 GiB, from the start of the
// process to its answer. For comparison it measures parsing only: once in a new process, and repeatedly
// in this process, which has its memory already.
func BenchmarkIngest(b *testing.B) {
	if *profilesDir == "" {
		b.Skip("run with -profiles DIR")
	}
	for _, name := range []string{"medium-compile-strings-rate1", "large-compile-nethttp-rate1"} {
		path := filepath.Join(*profilesDir, name+".pb.gz")
		file, err := os.ReadFile(path)
		if err != nil {
			b.Fatal(err)
		}
		own := filepath.Join(b.TempDir(), "profile") // Ingest makes a link to it
		if err := os.WriteFile(own, file, 0o600); err != nil {
			b.Fatal(err)
		}
		b.Run(name+"/ingest", func(b *testing.B) {
			executor := profilertest.Executor(b)
			for b.Loop() {
				p, err := executor.Ingest(context.Background(), own)
				if err != nil {
					b.Fatal(err)
				}
				b.ReportMetric(float64(len(p.Digest)), "digest-bytes")
			}
		})
		b.Run(name+"/profile.Parse-in-new-process", func(b *testing.B) {
			for b.Loop() {
				cmd := exec.Command(os.Args[0], "-test.run", "^TestParseAlone$", "-profiles", *profilesDir)
				cmd.Env = append(os.Environ(), parseAlone+"="+own)
				if out, err := cmd.CombinedOutput(); err != nil {
					b.Fatalf("%v: %s", err, out)
				}
			}
		})
		b.Run(name+"/profile.Parse-repeatedly", func(b *testing.B) {
			for b.Loop() {
				if _, err := profile.ParseData(file); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
