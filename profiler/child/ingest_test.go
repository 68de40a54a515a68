package child_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/google/pprof/profile"
	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"

	"heaplab/profiler"
	"heaplab/profiler/heap"
	"heaplab/profiler/profilertest"
)

func TestIngest(t *testing.T) {
	const real = "../heap/testdata/encodingjson.pb.gz"
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
		t.Errorf("files left: %v, %v", left, err)
	}
}

// Ingest converts a profile that pprof does not open, or opens without its names.
func TestIngestConverts(t *testing.T) {
	executor := profilertest.Executor(t)
	text, err := executor.Ingest(context.Background(), "../heap/testdata/go-debug1.txt")
	if err != nil {
		t.Fatal(err)
	}
	raw, err := heap.Gunzip(text.Gzip, heap.DefaultLimits)
	if err != nil {
		t.Fatal(err)
	}
	sum := sha256.Sum256(raw)
	if text.SHA256 != hex.EncodeToString(sum[:]) || text.Summary.MemStats == nil || text.Summary.MemStats.HeapReleased != 6701056 {
		t.Errorf("SHA-256 %s of %d bytes, memory %+v", text.SHA256, len(raw), text.Summary.MemStats)
	}
	again, err := executor.Reread(context.Background(), *text)
	if err != nil || !reflect.DeepEqual(again.Summary, text.Summary) || !bytes.Equal(again.Digest, text.Digest) || again.Fault != "" {
		t.Errorf("read again: %+v, %v", again.Summary, err)
	}
	const real = "../heap/testdata/encodingjson.pb.gz"
	file, err := os.ReadFile(real)
	if err != nil {
		t.Fatal(err)
	}
	if raw, err = heap.Gunzip(file, heap.DefaultLimits); err != nil {
		t.Fatal(err)
	}
	want, err := executor.Ingest(context.Background(), real)
	if err != nil || want.Gzip != nil {
		t.Fatalf("pprof's format is converted: %v", err)
	}
	encoder, err := zstd.NewWriter(nil)
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "profile.pb.zst")
	if err := os.WriteFile(path, encoder.EncodeAll(raw, nil), 0o600); err != nil {
		t.Fatal(err)
	}
	got, err := executor.Ingest(context.Background(), path)
	if err != nil || got.SHA256 != want.SHA256 || !bytes.Equal(got.Digest, want.Digest) {
		t.Fatalf("zstd: %+v, %v", got, err)
	}
	if stored, err := heap.Gunzip(got.Gzip, heap.DefaultLimits); err != nil || !bytes.Equal(stored, raw) {
		t.Errorf("zstd: %d bytes, %v", len(stored), err)
	}
}

// Small files that would become huge are refused, or read within the limits.
func TestIngestHostileFormats(t *testing.T) {
	const header = "heap profile: 1: 1 [1: 1] @ heapprofile\n1: 1 [1: 1] @ 0x1\n"
	variables := header + "MAPPED_LIBRARIES:\nv0=xx\n"
	for i := range 60 {
		variables += fmt.Sprintf("v%d=$v%d$v%d\n", i+1, i, i)
	}
	path := strings.Repeat(`{"children":[`, 4000)
	for _, test := range []struct{ name, file, want string }{
		{"variables that double", variables, ""},
		{"paths that multiply", `{"head":{"children":[` + path + strings.Repeat(`{"selfSize":1},`, 100_000) + "{}" + strings.Repeat("]}", 4000) + "]}}", "too many deep call paths"},
		{"stacks that repeat", "heap_v2/1\n@" + strings.Repeat(" 0x1", 4096) + "\n" + strings.Repeat("t*: 1: 1 [0: 0]\n", 100_000), "too many deep call paths"},
		{"deep JSON", strings.Repeat("[", 16<<20), "nested too deeply"},
		{"deep tree", `{"head":` + path + strings.Repeat(`{"children":[`, 200) + strings.Repeat("]}", 4200) + "}", "more than 4096 frames"},
	} {
		t.Run(test.name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "file")
			if err := os.WriteFile(path, []byte(test.file), 0o600); err != nil {
				t.Fatal(err)
			}
			_, err := profilertest.Executor(t).Ingest(context.Background(), path)
			var fault heap.Fault
			if test.want == "" && err != nil || test.want != "" && (!errors.As(err, &fault) || !strings.Contains(err.Error(), test.want)) {
				t.Errorf("got %v, want a fault with %q", err, test.want)
			}
		})
	}
}

// Reread returns a profile that is over the limits, with a fault.
func TestRereadKeepsUnreadableProfile(t *testing.T) {
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

// Ingest shortens long names, and refuses profiles that are too large for a page.
func TestIngestLargeProfiles(t *testing.T) {
	executor := profilertest.Executor(t)
	long := strings.Repeat("a<", 1<<20)
	p, err := executor.Ingest(context.Background(), profileOf(t, 1, long+"b", long+"c"))
	if err != nil {
		t.Fatal(err)
	}
	one, two := p.Summary.Functions[0].Name, p.Summary.Functions[1].Name
	if one == two || len(one) > 1<<10 || !strings.HasPrefix(one, "a<a<") || !strings.HasSuffix(one+two, "a<b") && !strings.HasSuffix(two+one, "a<b") {
		t.Errorf("functions %q and %q", one, two)
	}

	var names []string
	for i := range 100 {
		names = append(names, fmt.Sprint("f", i))
	}
	var fault heap.Fault
	if _, err := executor.Ingest(context.Background(), profileOf(t, 1000, names...)); !errors.As(err, &fault) || !strings.Contains(err.Error(), "more than a page can show") {
		t.Errorf("a hundred thousand call paths: %v, want a fault", err)
	}
}

// Ingest demangles names before it shortens them.
func TestIngestMangledNames(t *testing.T) {
	mangled := "_ZN5Cache6insertE" + strings.Repeat("i", 2000) // parameters
	path := profileOf(t, 1, mangled)
	file, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	prof, err := profile.ParseData(file)
	if err != nil {
		t.Fatal(err)
	}
	prof.Function[0].SystemName = mangled
	var out bytes.Buffer
	if err := prof.Write(&out); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, out.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	p, err := profilertest.Executor(t).Ingest(context.Background(), path)
	if err != nil {
		t.Fatal(err)
	}
	if got := p.Summary.Functions[0].Name; got != "Cache::insert" {
		t.Errorf("function %q", got)
	}
}

// profileOf writes a profile with that many stacks of the functions, each in a different order.
func profileOf(t *testing.T, stacks int, names ...string) (path string) {
	t.Helper()
	p := &profile.Profile{SampleType: []*profile.ValueType{{Type: "alloc_objects", Unit: "count"}, {Type: "alloc_space", Unit: "bytes"}}}
	for i, name := range names {
		f := &profile.Function{ID: uint64(i + 1), Name: name}
		p.Function = append(p.Function, f)
		p.Location = append(p.Location, &profile.Location{ID: f.ID, Line: []profile.Line{{Function: f}}})
	}
	random := rand.New(rand.NewPCG(1, 2))
	for range stacks {
		s := &profile.Sample{Value: []int64{1, 1000}, Location: slices.Clone(p.Location)}
		random.Shuffle(len(s.Location), func(i, j int) { s.Location[i], s.Location[j] = s.Location[j], s.Location[i] })
		p.Sample = append(p.Sample, s)
	}
	path = filepath.Join(t.TempDir(), "profile.pb.gz")
	file, err := os.Create(path)
	if err == nil {
		err = errors.Join(p.Write(file), file.Close())
	}
	if err != nil {
		t.Fatal(err)
	}
	return path
}
