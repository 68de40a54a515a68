package child_test

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/google/pprof/profile"

	"heaplab/profiler/heap"
	"heaplab/profiler/profilertest"
)

// The sum of profiles has the sum of their values in every function, as that of go tool pprof.
func TestMerge(t *testing.T) {
	whole := readFile(t, "../heap/testdata/encodingjson.pb.gz")
	labelled := parsed(t, thinned(t, whole))
	for i, s := range labelled.Sample { // several, with units, or none
		switch i % 4 {
		case 0:
			s.NumLabel, s.NumUnit = map[string][]int64{"bytes": {16}, "shard": {int64(i % 3)}}, map[string][]string{"bytes": {"bytes"}}
		case 1:
			s.NumLabel, s.NumUnit = map[string][]int64{"bytes": {16}}, map[string][]string{"bytes": {"kilobytes"}}
		case 2:
			s.NumLabel, s.Label = nil, map[string][]string{"tenant": {"a"}}
		}
	}
	var file bytes.Buffer
	if err := labelled.Write(&file); err != nil {
		t.Fatal(err)
	}
	executor := profilertest.Executor(t)
	files := [][]byte{whole, file.Bytes(), whole}
	var profiles []*profile.Profile
	for _, content := range files {
		profiles = append(profiles, parsed(t, content))
	}
	merged, err := profile.Merge(profiles)
	if err != nil {
		t.Fatal(err)
	}
	heap.Demangle(merged)
	want, err := heap.NewDigest(merged)
	if err != nil {
		t.Fatal(err)
	}

	got, err := executor.Merge(t.Context(), files)
	if err != nil {
		t.Fatal(err)
	}
	if got.Summary.Totals != want.Totals || len(got.Summary.Functions) == 0 {
		t.Errorf("totals %+v, want %+v", got.Summary.Totals, want.Totals)
	}
	for i, f := range got.Summary.Functions {
		if w := want.Functions[i]; f.Name != w.Name || f.Flat != w.Flat || f.Cum != w.Cum {
			t.Errorf("function %+v, want %+v", f, w)
		}
	}
	var written bytes.Buffer
	if err := merged.Write(&written); err != nil {
		t.Fatal(err)
	}
	for label, want := range labels(parsed(t, written.Bytes())) {
		if n := labels(parsed(t, got.Gzip))[label]; n != want {
			t.Errorf("the label %s has %d bytes, want %d", label, n, want)
		}
	}
	if all, _, p := totals(t, got.Gzip); all[1] != want.Totals.AllocSpace || p.Period != merged.Period {
		t.Errorf("the file has %d allocated bytes with period %d, want %d with %d", all[1], p.Period, want.Totals.AllocSpace, merged.Period)
	}
	if left, err := os.ReadDir(executor.Dir); err != nil || len(left) > 0 {
		t.Errorf("left over: %v, %v", left, err)
	}
}

func parsed(t *testing.T, file []byte) *profile.Profile {
	t.Helper()
	p, err := profile.ParseData(file)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// labels returns the bytes allocated under each set of labels.
func labels(p *profile.Profile) map[string]int64 {
	sums := map[string]int64{}
	for _, s := range p.Sample {
		sums[fmt.Sprint(s.Label, s.NumLabel, s.NumUnit)] += s.Value[1]
	}
	return sums
}

// Profiles whose sum is no heap profile within the limits give a fault.
func TestMergeRefuses(t *testing.T) {
	changed := func(change func(*profile.Profile)) []byte {
		p := parsed(t, readFile(t, "../heap/testdata/encodingjson.pb.gz"))
		change(p)
		var file bytes.Buffer
		if err := p.Write(&file); err != nil {
			t.Fatal(err)
		}
		return file.Bytes()
	}
	good := changed(func(*profile.Profile) {})
	for _, test := range []struct {
		name, want string
		change     func(*profile.Profile)
	}{
		{"other units", "different sample types, units", func(p *profile.Profile) { p.SampleType[1].Unit = "kilobytes" }},
		{"an overflow", "more than any memory holds", func(p *profile.Profile) {
			for _, s := range p.Sample {
				s.Value[1] = 1e17
			}
		}},
	} {
		t.Run(test.name, func(t *testing.T) {
			_, err := profilertest.Executor(t).Merge(t.Context(), [][]byte{good, changed(test.change)})
			var fault heap.Fault
			if !errors.As(err, &fault) || !strings.Contains(err.Error(), test.want) {
				t.Errorf("error %v, want %q", err, test.want)
			}
		})
	}
}

// The sum of profiles without samples has none either, and is a gzip file.
func TestMergeEmpty(t *testing.T) {
	p := parsed(t, readFile(t, "../heap/testdata/encodingjson.pb.gz"))
	p.Sample = nil
	var file bytes.Buffer
	if err := p.Write(&file); err != nil {
		t.Fatal(err)
	}
	got, err := profilertest.Executor(t).Merge(t.Context(), [][]byte{file.Bytes(), file.Bytes()})
	if err != nil || got.Summary.Samples != 0 || len(got.Gzip) < 2 || got.Gzip[0] != 0x1f {
		t.Errorf("%+v, %v", got, err)
	}
}
