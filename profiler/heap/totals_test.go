package heap

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/pprof/profile"
)

// The root of the call tree and every function have the values that go tool pprof prints, in every type.
func TestTotalsMatchPprof(t *testing.T) {
	if testing.Short() {
		t.Skip("go tool pprof is built first, which takes seconds")
	}
	mangled := filepath.Join(t.TempDir(), "mangled.pb.gz")
	if err := os.WriteFile(mangled, zip(t, encode(t, mangledProfile())), 0o600); err != nil {
		t.Fatal(err)
	}
	files := []string{mangled}
	for _, dir := range []string{"testdata", "testdata/producers", *profilesDir} {
		for _, pattern := range []string{"*.pb.gz", "*.heap", "*.txt", "*.heapprofile", "*.json"} {
			found, err := filepath.Glob(filepath.Join(dir, pattern))
			if err != nil {
				t.Fatal(err)
			}
			files = append(files, found...)
		}
	}
	for _, path := range files {
		t.Run(filepath.Base(path), func(t *testing.T) {
			file := readFile(t, path)
			raw, converted, err := Protobuf(file, DefaultLimits)
			if ext := filepath.Ext(path); err != nil && (ext == ".txt" || ext == ".json") && !strings.HasPrefix(path, "testdata") {
				t.Skip(err) // another file in DIR, such as the source of a program
			}
			if err != nil {
				t.Fatal(err)
			}
			readable := path // by pprof
			if converted {
				readable = filepath.Join(t.TempDir(), "converted.pb")
				if err := os.WriteFile(readable, raw, 0o600); err != nil {
					t.Fatal(err)
				}
			}
			prof, err := Read(raw, DefaultLimits)
			if err != nil {
				t.Fatal(err)
			}
			Demangle(prof)
			c, err := newColumns(prof)
			if err != nil {
				t.Fatal(err)
			}
			d, err := NewDigest(prof)
			if err != nil {
				t.Fatal(err)
			}
			readable = withAddressNames(t, readable, raw)
			for i, typ := range sampleTypes {
				if len(c.of[i]) != 1 || !slices.Contains(d.Types, typ) { // pprof does not add up several
					continue
				}
				name := prof.SampleType[c.of[i][0].index].Type
				matchesPprof(t, readable, name, typ, d)
				if converted && bytes.HasPrefix(file, []byte("heap profile:")) { // pprof reads it, without names
					totalMatches(t, runTop(t, path, name, typ), typ, d)
				}
			}
		})
	}
}

// withAddressNames returns a profile's file, or a copy of it in which the functions without a name have the
// names of their addresses: pprof would show all those of a program as one.
func withAddressNames(t *testing.T, file string, raw []byte) string {
	t.Helper()
	prof, err := Read(raw, DefaultLimits)
	if err != nil {
		t.Fatal(err)
	}
	add, nameless := newFunctions(prof), 0
	for _, locations := range namelessLocations(prof) {
		for _, loc := range locations {
			loc.Line = []profile.Line{{Function: add(unnamed(loc), "")}}
			nameless++
		}
	}
	if nameless == 0 {
		return file
	}
	named := filepath.Join(t.TempDir(), "named.pb")
	if err := os.WriteFile(named, encode(t, prof), 0o600); err != nil {
		t.Fatal(err)
	}
	return named
}

// matchesPprof compares the values of one type, which has another name in the file.
func matchesPprof(t *testing.T, file, name string, typ Type, d *Digest) {
	t.Helper()
	out := runTop(t, file, name, typ)
	totalMatches(t, out, typ, d)
	type values struct{ flat, cum string }
	listed := map[string]values{}
	for _, row := range pprofRow.FindAllStringSubmatch(string(out), -1) {
		listed[row[3]] = values{row[1], row[2]}
	}
	for _, f := range d.Functions {
		flat, cum := f.Flat.Of(typ), f.Cum.Of(typ)
		if f.Name == "(no stack)" || flat == 0 && cum == 0 {
			continue // pprof has no frame for a missing stack, and leaves out zeros
		}
		if got, want := (values{fmt.Sprint(flat), fmt.Sprint(cum)}), listed[f.Name]; got != want {
			t.Errorf("%s of %.80q: %v, go tool pprof prints %v", typ, f.Name, got, want)
		}
	}
}

// runTop returns what go tool pprof -top prints for a sample type.
func runTop(t *testing.T, file, name string, typ Type) []byte {
	t.Helper()
	unit := "B"
	if typ.CountsObjects() {
		unit = "count"
	}
	// With -symbolize=remote, pprof demangles names and reads no other file: it asks only servers that a profile came from.
	out, err := exec.Command("go", "tool", "pprof", "-symbolize=remote", "-top", "-nodefraction=0", "-edgefraction=0", "-nodecount=1000000", "-sample_index="+name, "-unit="+unit, file).CombinedOutput()
	if err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	return out
}

func totalMatches(t *testing.T, out []byte, typ Type, d *Digest) {
	t.Helper()
	want := fmt.Sprint(d.Nodes[0].Values.Of(typ))
	if found := pprofTotal.FindSubmatch(out); found == nil || string(found[1]) != want {
		t.Errorf("%s: the tree has %s, go tool pprof prints: %.300s", typ, want, out)
	}
}

// pprofTotal finds the total in a line such as
// "Showing nodes accounting for 61872976B, 100% of 61872976B total".
var pprofTotal = regexp.MustCompile(`(?:% of|accounting for) (\d+)B? total`)

// pprofRow finds the values and the name in a row such as " 25165824B 85.71% 85.71%  25165824B 85.71%  Cache::insert".
var pprofRow = regexp.MustCompile(`(?m)^ *(\d+)B? +[\d.e-]+% +[\d.e-]+% +(\d+)B? +[\d.e-]+%  (.*?)(?: \((?:partial-)?inline\))?$`)
