package child_test

import (
	"strings"
	"testing"

	"github.com/google/pprof/profile"

	"heaplab/profiler/profilertest"
)

// Names that are not UTF-8 have the form that JSON and SVG show, and distinct names stay distinct.
func TestIngestInvalidNames(t *testing.T) {
	p, err := profilertest.Executor(t).Ingest(t.Context(), profileOf(t, 1, "\xff", "\xfe", "gr\xf6\xdfe", "größe\u202e", "a\xed\xa0\x80b"))
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, f := range p.Summary.Functions {
		names = append(names, f.Name)
	}
	got := strings.Join(names, " ")
	for _, want := range []string{`\xff`, `\xfe`, `gr\xf6\xdfe`, "größe\u202e", `a\xed\xa0\x80b`} {
		if len(names) != 5 || !strings.Contains(got, want) {
			t.Errorf("functions %q, want %q", names, want)
		}
	}
}

// A profile without samples has an empty list of functions, not none.
func TestIngestNoSamples(t *testing.T) {
	p, err := profilertest.Executor(t).Ingest(t.Context(), written(t, &profile.Profile{SampleType: []*profile.ValueType{{Type: "inuse_space", Unit: "bytes"}}}))
	if err != nil || p.Summary.Functions == nil || len(p.Summary.Functions) > 0 {
		t.Errorf("summary %+v, %v", p, err)
	}
}
