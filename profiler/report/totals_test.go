package report

import (
	"testing"

	"heaplab/profiler"
	"heaplab/profiler/heap"
	"heaplab/profiler/words"
)

// allocated returns the summary of a profile that only has allocated bytes.
func allocated(samples int, bytes int64) profiler.Summary {
	return profiler.Summary{Types: []heap.Type{heap.AllocSpace}, Samples: samples, Totals: heap.Values{AllocSpace: bytes}}
}

// both returns a report of two imported profiles.
func both(before, after profiler.Summary) Report {
	return Report{Profiles: []ProfileReport{
		{Variant: "baseline", Kind: profiler.Imported, Summary: before}, {Variant: "variant", Kind: profiler.Imported, Summary: after},
	}}
}

func TestTotals(t *testing.T) {
	for _, test := range []struct {
		name          string
		before, after profiler.Summary
		want          [4]string // before, after, change, percent
	}{
		{"less", allocated(1, 4<<20), allocated(1, 1<<20), [4]string{"4 MiB", "1 MiB", "−3 MiB", "−75.0%"}},
		{"more", allocated(1, 1<<20), allocated(1, 3<<20), [4]string{"1 MiB", "3 MiB", "+2 MiB", "+200.0%"}},
		{"equal", allocated(1, 5), allocated(1, 5), [4]string{"5 B", "5 B", "0 B", "0%"}},
		{"gone", allocated(1, 5), allocated(1, 0), [4]string{"5 B", "0 B", "−5 B", "−100%"}},
		{"new", allocated(1, 0), allocated(1, 5), [4]string{"0 B", "5 B", "+5 B", "new"}},
		{"nothing", allocated(1, 0), allocated(1, 0), [4]string{"0 B", "0 B", "0 B", "0%"}},
		{"without samples", allocated(0, 0), allocated(1, 5), [4]string{"0 B", "5 B", "", words.None}},
	} {
		t.Run(test.name, func(t *testing.T) {
			got := Totals(both(test.before, test.after))
			if len(got) != 1 || got[0].Type != heap.AllocSpace || [4]string{got[0].Before, got[0].After, got[0].Change, got[0].Percent} != test.want {
				t.Errorf("totals = %+v, want %q", got, test.want)
			}
		})
	}
	all := profiler.Summary{Types: heap.Types, Samples: 1}
	if got := Totals(both(all, all)); len(got) != 4 {
		t.Errorf("%d totals of all types, want 4", len(got))
	}
}

func TestConcludeImport(t *testing.T) {
	r := Report{Profiles: []ProfileReport{
		{Kind: profiler.Imported, Summary: allocated(1, 804<<20)},
		{Kind: profiler.Imported, Summary: allocated(1, 304<<20)},
	}}
	if got := Conclude(r, ""); got.Lead != "−62.2%" || got.Headline != "−62.2% allocated bytes: 804 MiB to 304 MiB" || got.Verdict != "" {
		t.Errorf("conclusion %+v", got)
	}
	r.Profiles[0].Fault = "The profile is too deep."
	if got := len(Sides(r)); got != 1 {
		t.Errorf("%d profiles can be read, want 1", got)
	}
	if got := Conclude(r, ""); got.Headline != "The profiles cannot be compared" {
		t.Errorf("conclusion %+v", got)
	}
}
