package main

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/pprof/profile"
)

// writeProfile writes a heap profile with each value multiplied.
func writeProfile(t *testing.T, path string, factor float64) {
	t.Helper()
	b, err := os.ReadFile("../../profiler/heap/testdata/encodingjson.pb.gz")
	if err != nil {
		t.Fatal(err)
	}
	p, err := profile.ParseData(b)
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range p.Sample {
		for i := range s.Value {
			s.Value[i] = int64(float64(s.Value[i]) * factor)
		}
	}
	var out bytes.Buffer
	if err := p.Write(&out); err != nil {
		t.Fatal(err)
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, out.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
}

// writeProfiles writes one.pb.gz, and two.pb.gz with twice its values; and six profiles each in the folders
// before, after, which has a fifth more, and noisy, whose values spread around those of before.
func writeProfiles(t *testing.T, dir string) {
	t.Helper()
	writeProfile(t, filepath.Join(dir, "one.pb.gz"), 1)
	writeProfile(t, filepath.Join(dir, "two.pb.gz"), 2)
	for i, noise := range []float64{0.7, 1.4, 0.8, 1.3, 0.9, 1.2} {
		name := fmt.Sprintf("%d.pb.gz", i)
		writeProfile(t, filepath.Join(dir, "before", name), 1+float64(i)/200)
		writeProfile(t, filepath.Join(dir, "after", name), 1.2+float64(i)/200)
		writeProfile(t, filepath.Join(dir, "noisy", name), noise)
	}
}

// A server that owns the data folder imports the profiles.
func TestImportThroughServer(t *testing.T) {
	d := startDashboard(t, t.TempDir())
	dir := t.TempDir()
	writeProfiles(t, dir)
	cmd := exec.Command(program, "import", "--data", d.data, filepath.Join(dir, "before"), filepath.Join(dir, "after"))
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%v: %s", err, &stderr)
	}
	if link := d.url + "/experiments/1"; !strings.Contains(string(out), link) || !strings.Contains(stderr.String(), link) {
		t.Errorf("no link to %s in %s and %s", link, out, &stderr)
	}
	rep, err := client{base: d.url}.report(t.Context(), 1)
	if err != nil || rep.Profiles[0].Merged != 6 {
		t.Errorf("report %+v, %v", rep, err)
	}
}

func TestProfileFiles(t *testing.T) {
	dir := t.TempDir()
	t.Chdir(dir)
	for _, name := range []string{"a,b.pb", "a-1.pb", "a-2.pb", "c/3.pb", "c/4.pb", "c/.hidden", "c/d/5.pb", "[x].pb"} {
		if err := os.MkdirAll(filepath.Dir(name), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Mkdir("empty", 0o700); err != nil {
		t.Fatal(err)
	}
	for i := range 33 {
		if err := os.MkdirAll("many", 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(fmt.Sprintf("many/%d", i), nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for arg, want := range map[string]string{
		"a-1.pb":        "a-1.pb",
		"a,b.pb":        "a,b.pb", // one file
		"a-1.pb,a-2.pb": "a-1.pb a-2.pb",
		"a-*.pb":        "a-1.pb a-2.pb",
		"c":             "c/3.pb c/4.pb",
		"c,a-?.pb":      "c/3.pb c/4.pb a-1.pb a-2.pb",
		"[x].pb":        "[x].pb", // no pattern
	} {
		if got, err := profileFiles(arg); err != nil || strings.Join(got, " ") != want {
			t.Errorf("%s: %q, %v, want %s", arg, got, err, want)
		}
	}
	for arg, want := range map[string]string{
		"no.pb":         "no.pb: no such file",
		"a-1.pb,no.pb":  "no.pb: no such file",
		"a-1.pb,":       "no such file",
		"b-*.pb":        "no file matches",
		"[":             "not a pattern",
		"empty":         "has no files",
		"many":          "these are 33 files; at most 32",
		"many,a-1.pb":   "these are 33 files",
		"many/[0-2]*,c": "",
	} {
		if _, err := profileFiles(arg); want != "" && (err == nil || !strings.Contains(err.Error(), want)) {
			t.Errorf("%s: %v, want %q", arg, err, want)
		}
	}
}
