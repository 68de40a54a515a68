package report

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"heaplab/profiler"
	"heaplab/profiler/heap"
)

// sideOf returns a side with a file for each number of MiB in use. Four times as much was allocated.
func sideOf(variant string, duration time.Duration, mib ...float64) profiler.ImportedProfile {
	p := profiler.ImportedProfile{Variant: variant}
	p.Summary = profiler.Summary{Types: heap.Types, Samples: 9, Period: 1}
	seen := map[float64]bool{}
	for i, m := range mib {
		v := heap.Values{InuseSpace: int64(m * (1 << 20)), InuseObjects: int64(m * 10), AllocSpace: int64(4 * m * (1 << 20)), AllocObjects: int64(m * 40)}
		f := profiler.ImportedFile{Name: fmt.Sprintf("%s-%d.pb.gz", variant, i+1)}
		f.SHA256 = fmt.Sprintf("%s %v", variant, m)
		f.Summary = profiler.Summary{Types: heap.Types, Samples: 9, Period: 1, Duration: duration, Totals: v}
		p.Files = append(p.Files, f)
		if !seen[m] {
			seen[m] = true
			p.Summary.Totals.Add(v)
			p.Summary.Duration += duration
		}
	}
	p.SHA256 = variant
	if len(mib) == 1 {
		p.Files = nil
	}
	return p
}

func importReport(per string, counts *profiler.Divisor, sides ...profiler.ImportedProfile) Report {
	e := profiler.Experiment{Kind: profiler.KindComparison, State: profiler.Done, Design: profiler.Design{
		Subject: profiler.SubjectImport, Variants: []profiler.VariantInfo{{Name: "baseline"}, {Name: "variant"}}, Divisor: counts,
	}}
	return NewImportReport(e, sides, per)
}

// Several profiles on each side are tested against their spread.
func TestImportIsDecided(t *testing.T) {
	for _, test := range []struct {
		name          string
		before, after []float64
		want          Verdict // of the bytes in use
		badge         string
	}{
		{"a leak", []float64{20, 21, 20.5, 20.2, 20.8, 20.4}, []float64{100, 101, 99, 100.5, 100.2, 99.8}, Worse, "Worse"},
		{"a saving", []float64{100, 101, 99, 100.5, 100.2}, []float64{20, 21, 20.5, 20.2, 20.8}, Better, "Improved"},
		{"noise", []float64{20, 30, 25, 22, 28, 24}, []float64{25, 21, 29, 23, 27, 26}, Unclear, "Unclear"},
		{"too few", []float64{20, 30}, []float64{25, 35}, Unclear, "Needs 5 rounds, has 2"},
		{"one against several", []float64{20}, []float64{25, 35, 31}, Unclear, "Needs 5 rounds, has 1"},
	} {
		t.Run(test.name, func(t *testing.T) {
			r := importReport("", nil, sideOf("baseline", 0, test.before...), sideOf("variant", 0, test.after...))
			c := r.Comparison("variant", profiler.InUseBytes)
			if c == nil || c.Verdict != test.want || !c.Primary || c.Baseline.N != len(test.before) || c.Value.N != len(test.after) {
				t.Fatalf("comparison = %+v, want %s", c, test.want)
			}
			if r.Conclusion.Badge != test.badge || !strings.Contains(r.Conclusion.Text, fmt.Sprintf("Each profile is one round: %d before and %d after.", len(test.before), len(test.after))) {
				t.Errorf("conclusion = %+v", r.Conclusion)
			}
			totals := Totals(r)
			if len(totals) != 4 || totals[0].Comparison == nil {
				t.Errorf("totals = %+v", totals)
			}
		})
	}
}

// The headline is what changed most, also if something else became better.
func TestHeadlineOfRounds(t *testing.T) {
	before, after := sideOf("baseline", 0, 20, 20.1, 20.2, 20.3, 20.4), sideOf("variant", 0, 100, 100.1, 100.2, 100.3, 100.4)
	for i := range after.Files { // allocated: from about 80 to 60 MiB
		after.Files[i].Summary.Totals.AllocSpace = (60 << 20) + int64(i)
	}
	leak := importReport("", nil, before, after)
	if c := leak.Conclusion; c.Verdict != Mixed || c.Headline != "+396.0% bytes in use, and −25.7% allocated bytes" || c.Lead != "+396.0%" || !strings.Contains(c.Text, "Allocated bytes went down") {
		t.Errorf("leak: %+v", c)
	}
	for i := range after.Files {
		after.Files[i].Summary.Totals.AllocSpace = (800 << 20) + int64(i)
	}
	more := importReport("", nil, before, after)
	if c := more.Conclusion; c.Verdict != Worse || !strings.HasPrefix(c.Headline, "+890.1% allocated bytes: worse") || more.Primary[0] != profiler.AllocatedBytes {
		t.Errorf("more: %+v, primary %v", c, more.Primary)
	}
}

// One profile per side has no spread.
func TestImportOfTwoProfilesIsNotTested(t *testing.T) {
	r := importReport("", nil, sideOf("baseline", 0, 20), sideOf("variant", 0, 100))
	if len(r.Comparisons) > 0 || r.Conclusion.Badge != "Not tested" || r.Conclusion.Text != "Whole process, not per operation. "+NotTested {
		t.Errorf("comparisons %+v, conclusion %+v", r.Comparisons, r.Conclusion)
	}
	if got := r.Variants[1].Samples[profiler.InUseBytes]; !slices.Equal(got, []float64{100 << 20}) {
		t.Errorf("samples = %v", got)
	}
}

// Copies of a file have no spread: they count once, with a warning.
func TestCopiesCountOnce(t *testing.T) {
	r := importReport("", nil, sideOf("baseline", 0, 20, 20, 20, 20, 20, 20), sideOf("variant", 0, 100, 101, 100))
	if n := len(r.Variants[0].Samples[profiler.InUseBytes]); n != 1 {
		t.Errorf("%d samples of one profile", n)
	}
	if n := len(r.Variants[1].Samples[profiler.InUseBytes]); n != 2 || r.Profiles[1].Merged != 2 {
		t.Errorf("%d samples of two profiles, merged %d", n, r.Profiles[1].Merged)
	}
	if got := strings.Join(r.Warnings, " "); !strings.Contains(got, `"variant-3.pb.gz" of "variant-1.pb.gz"`) || !strings.Contains(got, "counts once") {
		t.Errorf("warnings = %s", got)
	}
}

// Values are divided by the counts, or by the durations if they differ.
func TestImportDivides(t *testing.T) {
	requests := &profiler.Divisor{Unit: "requests", Counts: map[string]float64{"baseline": 1 << 10, "variant": 2 << 10}}
	for _, test := range []struct {
		name          string
		per           string
		counts        *profiler.Divisor
		before, after time.Duration
		want          [4]string // allocated bytes and bytes in use, before and after
		choices       []string
	}{
		{"counts", "", requests, 0, 0, [4]string{"40 KiB/request", "40 KiB/request", "10 KiB/request", "10 KiB/request"}, []string{PerCount, PerProfile}},
		{"counts not wanted", PerProfile, requests, 0, 0, [4]string{"40 MiB", "80 MiB", "10 MiB", "20 MiB"}, []string{PerCount, PerProfile}},
		{"equal durations", "", nil, time.Minute, time.Minute, [4]string{"40 MiB", "80 MiB", "10 MiB", "20 MiB"}, []string{PerSecond, PerProfile}},
		{"other durations", "", nil, 10 * time.Second, 20 * time.Second, [4]string{"4 MiB/s", "4 MiB/s", "10 MiB", "20 MiB"}, []string{PerSecond, PerProfile}},
		{"counts before durations", "", requests, 10 * time.Second, 20 * time.Second, [4]string{"40 KiB/request", "40 KiB/request", "10 KiB/request", "10 KiB/request"}, []string{PerCount, PerSecond, PerProfile}},
		{"wanted by durations", PerSecond, requests, 10 * time.Second, 20 * time.Second, [4]string{"4 MiB/s", "4 MiB/s", "10 MiB", "20 MiB"}, []string{PerCount, PerSecond, PerProfile}},
		{"one duration", PerSecond, nil, time.Minute, 0, [4]string{"40 MiB", "80 MiB", "10 MiB", "20 MiB"}, nil},
		{"nonsense", "nonsense", nil, 0, 0, [4]string{"40 MiB", "80 MiB", "10 MiB", "20 MiB"}, nil},
	} {
		for _, files := range []int{1, 5} {
			t.Run(fmt.Sprintf("%s, %d files", test.name, files), func(t *testing.T) {
				before, after := []float64{10, 10.125, 9.875, 10.25, 9.75}, []float64{20, 20.125, 19.875, 20.25, 19.75}
				r := importReport(test.per, test.counts, sideOf("baseline", test.before, before[:files]...), sideOf("variant", test.after, after[:files]...))
				totals := Totals(r)
				if got := [4]string{totals[0].Before, totals[0].After, totals[2].Before, totals[2].After}; got != test.want {
					t.Errorf("totals %q, want %q", got, test.want)
				}
				if got := r.Choices(); !slices.Equal(got, test.choices) {
					t.Errorf("choices %v, want %v", got, test.choices)
				}
			})
		}
	}
}

// Each profile is divided by its own duration.
func TestDurationsOfFiles(t *testing.T) {
	before := sideOf("baseline", 10*time.Second, 10, 20, 30, 40, 50)
	for i := range before.Files {
		before.Files[i].Summary.Duration = time.Duration(i+1) * 10 * time.Second
	}
	before.Summary.Duration = 150 * time.Second
	r := importReport("", nil, before, sideOf("variant", time.Minute, 60, 61, 62, 59, 58))
	if got, want := r.Variants[0].Samples[profiler.AllocatedBytes], float64(4<<20); slices.ContainsFunc(got, func(v float64) bool { return v != want }) || len(got) != 5 {
		t.Errorf("allocated per second %v, want %v", got, want)
	}
	if got := r.Variants[0].Samples[profiler.InUseBytes]; got[4] != 50<<20 {
		t.Errorf("bytes in use are divided by time: %v", got)
	}
	if got := strings.Join(r.Warnings, " "); !strings.Contains(got, "On average, a profile of baseline covers 30 s and one of variant covers 1 min") {
		t.Errorf("warnings = %s", got)
	}
}

func TestSingular(t *testing.T) {
	for unit, want := range map[string]string{"requests": "request", "seconds": "second", "queries": "query", "ms": "ms", "MB": "MB", "accesses": "access", "batches": "batch", "user": "user"} {
		d := profiler.Divisor{Unit: unit}
		if got := d.Singular(); got != want {
			t.Errorf("%s: %s, want %s", unit, got, want)
		}
	}
}

// Profiles of one process are not independent. Copies of a file are another matter.
func TestRoundsOfOneProcess(t *testing.T) {
	before, after := sideOf("baseline", 0, 20, 20.1, 20.1), sideOf("variant", 0, 22, 22.1)
	for i := range before.Files {
		before.Files[i].Summary.Process = fmt.Sprint(before.Files[i].SHA256) // a process each
	}
	says := func() bool {
		return strings.Contains(strings.Join(importReport("", nil, before, after).Warnings, " "), "seem to be of one process")
	}
	if says() {
		t.Error("profiles of two processes are called dependent")
	}
	before.Files[1].Summary.Process = before.Files[0].Summary.Process
	if !says() {
		t.Error("two profiles of one process are not called dependent")
	}
}
