package report

import (
	"testing"

	"heaplab/profiler"
	"heaplab/profiler/heap"
	"heaplab/profiler/words"
)

// outsideProfile returns the profile of 10 operations with total bytes, of which functions allocated some
// outside of the operations.
func outsideProfile(variant string, total int64, functions ...heap.Function) ProfileReport {
	o := &profiler.Outside{Functions: functions}
	for _, f := range functions {
		o.Totals.AllocSpace += f.Flat.AllocSpace
	}
	return ProfileReport{
		Variant: variant, Kind: profiler.Allocs, Calls: 10,
		Summary: profiler.Summary{Totals: heap.Values{AllocSpace: total}, Outside: o},
	}
}

func function(name string, bytes int64) heap.Function {
	return heap.Function{Name: name, Flat: heap.Values{AllocSpace: bytes, AllocObjects: 1}}
}

func TestHasOutside(t *testing.T) {
	for _, test := range []struct {
		name           string
		total, outside int64 // bytes
		want           bool
	}{
		{"none", 1 << 20, 0, false},
		{"64 bytes per operation", 640, 640, false},
		{"more", 650, 650, true},
		{"a thousandth of the profile", 10_000_000, 10_000, false},
		{"more than a thousandth", 10_000_000, 11_000, true},
	} {
		p := outsideProfile("a", test.total, function("f", test.outside))
		if got := p.hasOutside(); got != test.want {
			t.Errorf("%s: %v, want %v", test.name, got, test.want)
		}
	}
	if p := (ProfileReport{Calls: 10}); p.hasOutside() {
		t.Error("a profile of an earlier version has some")
	}
}

func TestOutsideOf(t *testing.T) {
	r := Report{
		Variants: []VariantReport{{Name: "before"}, {Name: "after"}, {Name: "alone"}},
		Profiles: []ProfileReport{
			outsideProfile("before", 1<<20, function("small", 10), function("both", 10_240)),
			outsideProfile("after", 1<<20, function("both", 20_480), function("new", 5_120)),
			outsideProfile("alone", 1<<20),
		},
	}
	got := OutsideOf(r, "after")
	if got == nil || len(got.Lines) != 3 {
		t.Fatalf("%+v, want three functions", got)
	}
	want := []OutsideLine{
		{"both", [2]string{"1 KiB", "2 KiB"}}, {"new", [2]string{"0 B", "512 B"}}, {"small", [2]string{"1 B", "0 B"}},
	}
	for i, line := range got.Lines {
		if line != want[i] {
			t.Errorf("line %d = %q, want %q", i, line, want[i])
		}
	}
	if total := got.Total.Values; total != [2]string{"1.00 KiB", "2.50 KiB"} {
		t.Errorf("total %q", total)
	}
	// A function that is missing may be one of those that the profile omits.
	r.Profiles[1].Summary.Outside.Omitted = 1
	if got := OutsideOf(r, "after").Lines; got[1].Values[0] != "0 B" || got[2].Values[1] != words.None {
		t.Errorf("with omitted functions after: %q", got)
	}
	if got := OutsideOf(r, "alone"); got == nil || got.Total.Values[1] != "0 B" {
		t.Errorf("a variant without any: %+v", got)
	}
	r.Profiles = r.Profiles[2:]
	if got := OutsideOf(r, "alone"); got != nil {
		t.Errorf("too little is listed: %+v", got)
	}
	if got := OutsideOf(Report{}, ""); got != nil {
		t.Errorf("of no variants: %+v", got)
	}
}
