package profiler_test

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/klauspost/compress/gzip"

	"heaplab/profiler"
	"heaplab/profiler/heap"
	"heaplab/profiler/profilertest"
)

func TestIngest(t *testing.T) {
	const real = "heap/testdata/encodingjson.pb.gz"
	cut := filepath.Join(t.TempDir(), "cut.pb.gz")
	b, err := os.ReadFile(real)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(cut, b[:len(b)/2], 0o600); err != nil {
		t.Fatal(err)
	}
	executor := profilertest.Executor(t)

	p, err := executor.Ingest(context.Background(), real)
	if err != nil {
		t.Fatal(err)
	}
	d, err := heap.Decode(p.Digest)
	if err != nil {
		t.Fatal(err)
	}
	if d.Totals.AllocSpace != 61872976 || p.Summary.Totals != d.Totals || len(p.SHA256) != 64 {
		t.Errorf("totals %+v, of the summary %+v, SHA-256 %q", d.Totals, p.Summary.Totals, p.SHA256)
	}

	var fault heap.Fault
	if _, err := executor.Ingest(context.Background(), cut); !errors.As(err, &fault) || !strings.Contains(err.Error(), "ends early") {
		t.Errorf("half of a profile: %v, want a fault", err)
	}
	if left, err := os.ReadDir(executor.Dir); err != nil || len(left) > 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
}

// TestProfileThatCannotBeReadIsKept has one of ours that is over the limits.
func TestProfileThatCannotBeReadIsKept(t *testing.T) {
	var file bytes.Buffer
	zip := gzip.NewWriter(&file)
	if _, err := zip.Write(make([]byte, heap.DefaultLimits.Raw+1)); err != nil {
		t.Fatal(err)
	}
	if err := zip.Close(); err != nil {
		t.Fatal(err)
	}
	p, err := profilertest.Executor(t).Reread(context.Background(), profiler.Profile{SHA256: "x", Gzip: file.Bytes()})
	if err != nil {
		t.Fatal(err)
	}
	if want := "The profile is larger than 64 MiB once it is decompressed."; p.Fault != want || p.SHA256 != "x" {
		t.Errorf("fault %q, want %q; SHA-256 %q", p.Fault, want, p.SHA256)
	}
}
