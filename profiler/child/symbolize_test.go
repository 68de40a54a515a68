package child_test

import (
	"debug/elf"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/pprof/profile"

	"heaplab/profiler/heap"
	"heaplab/profiler/profilertest"
)

const native = "../heap/testdata/native.elf"

// addressesOf writes a profile with the address of a function in the program of testdata.
func addressesOf(t *testing.T, name string) (path string) {
	t.Helper()
	f, err := elf.Open(native)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	symbols, err := f.Symbols()
	if err != nil {
		t.Fatal(err)
	}
	m := &profile.Mapping{ID: 1, File: "/srv/native"}
	loc := &profile.Location{ID: 1, Mapping: m}
	for _, s := range symbols {
		if s.Name == name {
			loc.Address = s.Value
		}
	}
	p := &profile.Profile{
		SampleType: []*profile.ValueType{{Type: "inuse_objects", Unit: "count"}, {Type: "inuse_space", Unit: "bytes"}},
		Mapping:    []*profile.Mapping{m}, Location: []*profile.Location{loc},
		Sample: []*profile.Sample{{Value: []int64{1, 100}, Location: []*profile.Location{loc}}},
	}
	return written(t, p)
}

func written(t *testing.T, p *profile.Profile) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "profile.pb.gz")
	file, err := os.Create(path)
	if err == nil {
		err = errors.Join(p.Write(file), file.Close())
	}
	if err != nil {
		t.Fatal(err)
	}
	return path
}

// A program names the addresses of a profile, and Ingest reads the names.
func TestSymbolize(t *testing.T) {
	executor := profilertest.Executor(t)
	to := filepath.Join(executor.Dir, "named")
	s, err := executor.Symbolize(t.Context(), addressesOf(t, "plain"), native, to)
	if err != nil || s.Named != 1 || s.Checked {
		t.Fatalf("%+v, %v", s, err)
	}
	p, err := executor.Ingest(t.Context(), to)
	if err != nil {
		t.Fatal(err)
	}
	if f := p.Summary.Functions; len(f) != 1 || f[0].Name != "plain" || !p.Summary.Unchecked {
		t.Errorf("summary %+v", p.Summary)
	}
}

func TestSymbolizeFaults(t *testing.T) {
	executor := profilertest.Executor(t)
	file := func(content string) string {
		path := filepath.Join(t.TempDir(), "file")
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	for _, test := range []struct {
		name, profile, program string
		want                   string // of the fault; "" is none
	}{
		{"script", addressesOf(t, "plain"), file("#!/bin/sh"), "not a program in ELF format"},
		{"damaged", addressesOf(t, "plain"), file("\x7fELF\x02\x01\x01"), "damaged ELF file"},
		{"profile that is none", file("hello"), native, ""},
		{"profile with names", profileOf(t, 1, "f"), native, ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			to := filepath.Join(executor.Dir, "named")
			s, err := executor.Symbolize(t.Context(), test.profile, test.program, to)
			var fault heap.Fault
			if test.want == "" && err != nil || test.want != "" && (!errors.As(err, &fault) || !strings.Contains(string(fault), test.want)) {
				t.Errorf("%v, want %q", err, test.want)
			}
			if _, err := os.Stat(to); err == nil || s.Named != 0 {
				t.Errorf("%+v, and a file", s)
			}
		})
	}
	if left, err := os.ReadDir(executor.Dir); err != nil || len(left) > 0 {
		t.Errorf("files left: %v, %v", left, err)
	}
}
