package profiler

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/pprof/profile"
)

// heapProfile makes a heap profile: stacks are function names, innermost first, by the
// samples' names, and each sample allocates 1 object of so many bytes.
func heapProfile(stacks map[string][]string, values map[string]int64) *profile.Profile {
	p := &profile.Profile{SampleType: []*profile.ValueType{
		{Type: "alloc_objects", Unit: "count"}, {Type: "alloc_space", Unit: "bytes"},
		{Type: "inuse_objects", Unit: "count"}, {Type: "inuse_space", Unit: "bytes"},
	}}
	functions := map[string]*profile.Function{}
	for key, stack := range stacks {
		sample := &profile.Sample{Value: []int64{1, values[key], 0, 0}}
		for _, name := range stack {
			if functions[name] == nil {
				functions[name] = &profile.Function{ID: uint64(len(functions) + 1), Name: name}
				p.Function = append(p.Function, functions[name])
			}
			loc := &profile.Location{ID: uint64(len(p.Location) + 1), Line: []profile.Line{{Function: functions[name]}}}
			p.Location = append(p.Location, loc)
			sample.Location = append(sample.Location, loc)
		}
		p.Sample = append(p.Sample, sample)
	}
	return p
}

func TestSummarize(t *testing.T) {
	prof := heapProfile(
		map[string][]string{"x": {"leaf", "middle", "main"}, "y": {"leaf", "main"}, "z": {"recursive", "recursive", "main"}},
		map[string]int64{"x": 100, "y": 20, "z": 3})
	s, err := Summarize(prof)
	if err != nil {
		t.Fatal(err)
	}
	of := func(objects, bytes int64) Values { return Values{AllocObjects: objects, AllocSpace: bytes} }
	want := Summary{
		Totals: of(3, 123),
		Functions: []Function{
			{Name: "leaf", Flat: of(2, 120), Cum: of(2, 120)},
			{Name: "recursive", Flat: of(1, 3), Cum: of(1, 3)},
			{Name: "main", Cum: of(3, 123)},
			{Name: "middle", Cum: of(1, 100)},
		},
	}
	if diff := cmp.Diff(want, s); diff != "" {
		t.Errorf("summary (-want +got):\n%s", diff)
	}
}

func TestSummarizeListsTheLargest(t *testing.T) {
	stacks, values := map[string][]string{}, map[string]int64{}
	for i := range maxFunctions + 7 {
		name := fmt.Sprintf("f%03d", i)
		stacks[name], values[name] = []string{name}, int64(i+1)
	}
	s, err := Summarize(heapProfile(stacks, values))
	if err != nil || len(s.Functions) != maxFunctions || s.Omitted != 7 || s.Functions[0].Name != "f206" {
		t.Errorf("%d functions, %d omitted, first %v, %v", len(s.Functions), s.Omitted, s.Functions[0], err)
	}
}

func TestSummarizeRefusesOtherProfiles(t *testing.T) {
	cpu := &profile.Profile{SampleType: []*profile.ValueType{{Type: "cpu", Unit: "nanoseconds"}}}
	if _, err := Summarize(cpu); err == nil {
		t.Error("a CPU profile was taken for a heap profile")
	}
}
