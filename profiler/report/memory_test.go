package report

import (
	"testing"

	"heaplab/profiler"
	"heaplab/profiler/heap"
	"heaplab/profiler/words"
)

func TestProcessMemory(t *testing.T) {
	withMemory := func(inuse int64, m *heap.MemStats) ProfileReport {
		return ProfileReport{Kind: profiler.Imported, Summary: profiler.Summary{Types: []heap.Type{heap.InuseSpace}, Samples: 1, Totals: heap.Values{InuseSpace: inuse}, MemStats: m}}
	}
	const mib = 1 << 20
	before := &heap.MemStats{Sys: 20 * mib, HeapSys: 12 * mib, HeapIdle: 8 * mib, HeapInuse: 4 * mib, HeapReleased: 6 * mib, Stack: mib, MaxRSS: 15 * mib}
	after := *before
	after.Sys, after.HeapSys, after.HeapInuse = 24*mib, 16*mib, 8*mib
	r := Report{Profiles: []ProfileReport{withMemory(3*mib, before), withMemory(6*mib, &after)}}
	got := NewProcessMemory(r)
	want := []MemoryRow{
		{"In use, in the profile", "3 MiB", "6 MiB", "+3 MiB"},
		{"Not in the profile: new objects, garbage, gaps", "1 MiB", "2 MiB", "+1 MiB"},
		{"Idle heap", "2 MiB", "2 MiB", "0 B"},
		{"Stacks", "1 MiB", "1 MiB", "0 B"},
		{"Runtime", "7 MiB", "7 MiB", "0 B"},
		{"Held by the process", "14 MiB", "18 MiB", "+4 MiB"},
		{"Largest resident set", "15 MiB", "15 MiB", "0 B"},
	}
	if got == nil || len(got.Rows) != len(want) {
		t.Fatalf("got %+v", got)
	}
	for i, row := range got.Rows {
		if row != want[i] {
			t.Errorf("row %+v, want %+v", row, want[i])
		}
	}
	if !hasAll(got.Text, []string{"After", "held 18 MiB", "shows 6 MiB", "(2 MiB)", "(1 MiB)", "runtime (7 MiB)"}) {
		t.Errorf("text %q", got.Text)
	}

	r.Profiles[1] = withMemory(5, nil)
	if got := NewProcessMemory(r); got == nil || got.Rows[0] != (MemoryRow{Title: want[0].Title, Before: "3 MiB", After: words.None}) || got.Text[:6] != "Before" {
		t.Errorf("one side: %+v", got)
	}
	r.Profiles[0] = withMemory(5, nil)
	if got := NewProcessMemory(r); got != nil {
		t.Errorf("neither side: %+v", got)
	}
}
