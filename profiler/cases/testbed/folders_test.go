package testbed_test

import (
	"os"
	"path/filepath"
	"testing"

	"heaplab/profiler"
	"heaplab/profiler/cases/casetest"
	. "heaplab/profiler/cases/testbed"
	"heaplab/profiler/subject/builtin"
)

// The version of data changes with its file.
func TestDataVersion(t *testing.T) {
	dir := casetest.DataFolder(t, 2, 2)
	in := builtin.Input{Params: profiler.Params{"data": "reviews.tsv"}, Folders: builtin.Folders{Dataset: dir}}
	before := TextsVersion(in)
	if err := os.WriteFile(filepath.Join(dir, "reviews.tsv"), []byte("1\tother\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if after := TextsVersion(in); before == "" || after == before {
		t.Errorf("version %q, then %q", before, after)
	}
	in.Params["data"] = Generated
	if v := TextsVersion(in); v != "" {
		t.Errorf("generated data has version %q", v)
	}
}
