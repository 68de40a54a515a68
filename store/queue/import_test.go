package queue_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/pprof/profile"
	"github.com/klauspost/compress/gzip"

	"heaplab/profiler"
	"heaplab/profiler/heap"
	"heaplab/profiler/subject/imported"
	"heaplab/store"
	"heaplab/store/queue"
)

const realProfile = "../../profiler/heap/testdata/encodingjson.pb.gz"

func upload(path string) []imported.Upload {
	return []imported.Upload{{Name: filepath.Base(path), Path: path}}
}

// written writes content to a file and returns the upload of it.
func written(t *testing.T, name string, content []byte) []imported.Upload {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, content, 0o600); err != nil {
		t.Fatal(err)
	}
	return upload(path)
}

// raw returns the real profile, decompressed.
func raw(t *testing.T) []byte {
	t.Helper()
	file, err := os.ReadFile(realProfile)
	if err != nil {
		t.Fatal(err)
	}
	b, err := heap.Gunzip(file, heap.DefaultLimits)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestImport(t *testing.T) {
	q := newQueue(t)
	uncompressed := written(t, "after.pb", raw(t))
	e, err := q.Import(t.Context(), importer(q), imported.Import{Note: " hello ", Tags: []string{"red"}, Baseline: upload(realProfile), Variant: uncompressed})
	if err != nil {
		t.Fatal(err)
	}
	if e.Design.Title != "encodingjson.pb.gz → after.pb" || e.Note != "hello" || e.State != profiler.Done || e.Design.Subject != profiler.SubjectImport || e.Design.Labels["variant"] != "after.pb" {
		t.Errorf("experiment = %+v", e)
	}
	file, err := q.Store.Profile(t.Context(), e.ID, profiler.ImportVariant, profiler.Imported, "")
	if err != nil {
		t.Fatal(err)
	}
	zip, err := gzip.NewReader(bytes.NewReader(file))
	if err != nil {
		t.Fatal(err)
	}
	if content, err := io.ReadAll(zip); err != nil || !bytes.Equal(content, raw(t)) {
		t.Errorf("the uncompressed upload has %d bytes, %v", len(content), err)
	}
}

func TestImportRefuses(t *testing.T) {
	q := newQueue(t)
	good, bad := upload(realProfile), written(t, strings.Repeat("long", 50), []byte("nonsense"))
	inUse := written(t, "in-use.pb", profileOf(t, "objects", "space"))
	allocated := written(t, "allocated.pb", profileOf(t, "alloc_objects", "alloc_space"))
	for _, test := range []struct {
		name   string
		of     imported.Import
		faults map[string]string // parts of the messages by field
	}{
		{"title", imported.Import{Title: strings.Repeat("x", 201), Baseline: good, Variant: good}, map[string]string{"title": "at most 200 bytes; it has 201"}},
		{"title that is not text", imported.Import{Title: "\xff", Baseline: good, Variant: good}, map[string]string{"title": "must be valid UTF-8"}},
		{"note and tags", imported.Import{Note: strings.Repeat("x", 2001), Tags: []string{"<b>"}, Baseline: good, Variant: good},
			map[string]string{"note": "2000 characters", "tags": "is not a tag"}},
		{"both files", imported.Import{Baseline: bad, Variant: []imported.Upload{{Path: bad[0].Path}}},
			map[string]string{"baseline": `"longlong`, "variant": `the file is text that begins with "nonsense", not a heap profile`}},
		{"nothing in common", imported.Import{Baseline: allocated, Variant: inUse},
			map[string]string{"variant": `"in-use.pb" cannot be compared with the baseline: it has inuse_space and inuse_objects, and the baseline alloc_space and alloc_objects`}},
	} {
		t.Run(test.name, func(t *testing.T) {
			_, err := q.Import(t.Context(), importer(q), test.of)
			var faults profiler.Faults
			if !errors.As(err, &faults) || len(faults) != len(test.faults) {
				t.Fatalf("error = %v, want faults of %v", err, test.faults)
			}
			for field, want := range test.faults {
				if got := faults.For(field); !strings.Contains(got, want) || len(got) > 500 {
					t.Errorf("%s: %q, want %q", field, got, want)
				}
			}
		})
	}
}

// If the child that reads a file fails, the fault names the file.
func TestImportWithFailingChild(t *testing.T) {
	q := newQueue(t)
	q.Executor.Path = "/bin/false"
	_, err := q.Import(t.Context(), importer(q), imported.Import{Baseline: upload(realProfile), Variant: upload(realProfile)})
	var faults profiler.Faults
	if !errors.As(err, &faults) || faults.For("baseline") != `"encodingjson.pb.gz" cannot be read within the limits: reading the profile ended with exit status 1` {
		t.Errorf("error = %v", err)
	}
}

func TestImportsAreLimited(t *testing.T) {
	q := newQueue(t)
	var leave []func()
	for range 66 {
		l, err := q.Admit()
		if err != nil {
			t.Fatal(err)
		}
		leave = append(leave, l)
	}
	if _, err := q.Admit(); !errors.Is(err, queue.ErrFull) {
		t.Errorf("one too many: %v", err)
	}
	leave[0]()
	if _, err := q.Admit(); err != nil {
		t.Errorf("after one has left: %v", err)
	}
}

func TestImportEndsWithContext(t *testing.T) {
	q := newQueue(t)
	gone := errors.New("gone")
	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(gone)
	if _, err := q.Import(ctx, importer(q), imported.Import{Baseline: upload(realProfile), Variant: upload(realProfile)}); !errors.Is(err, gone) {
		t.Errorf("error = %v", err)
	}
	if page, err := q.Store.History(t.Context(), store.Filter{Limit: 1}); err != nil || len(page.Experiments) > 0 {
		t.Errorf("stored %v, %v", page.Experiments, err)
	}
}

// profileOf returns a profile with those sample types.
func profileOf(t *testing.T, types ...string) []byte {
	t.Helper()
	f := &profile.Function{ID: 1, Name: "f"}
	l := &profile.Location{ID: 1, Line: []profile.Line{{Function: f}}}
	p := &profile.Profile{Function: []*profile.Function{f}, Location: []*profile.Location{l}}
	sample := &profile.Sample{Location: p.Location}
	for _, name := range types {
		unit := "count"
		if strings.HasSuffix(name, "space") {
			unit = "bytes"
		}
		p.SampleType = append(p.SampleType, &profile.ValueType{Type: name, Unit: unit})
		sample.Value = append(sample.Value, 10)
	}
	p.Sample = []*profile.Sample{sample}
	var b bytes.Buffer
	if err := p.WriteUncompressed(&b); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// If the child that adds the files of a side fails, the fault says what would help.
func TestImportOfTooMuch(t *testing.T) {
	q := newQueue(t)
	several := append(upload(realProfile), written(t, "less.pb", profileOf(t, "alloc_objects", "alloc_space", "inuse_objects", "inuse_space"))...)
	// The program reads profiles, and fails to add them.
	script := filepath.Join(t.TempDir(), "fails")
	program := q.Executor.Path
	content := "#!/bin/sh\nfor f in " + q.Executor.Dir + "/merge-*; do [ -e \"$f\" ] && exit 1; done\nexec " + program + " \"$@\"\n"
	if err := os.WriteFile(script, []byte(content), 0o700); err != nil {
		t.Fatal(err)
	}
	q.Executor.Path = script
	_, err := q.Import(t.Context(), importer(q), imported.Import{Baseline: several, Variant: upload(realProfile)})
	var faults profiler.Faults
	if !errors.As(err, &faults) || faults.For("baseline") != "the sum of the 2 files cannot be read within the limits: adding the profiles ended with exit status 1; choose fewer or smaller files" {
		t.Errorf("error = %v", err)
	}
}
