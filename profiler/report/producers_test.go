package report

import (
	"os"
	"strings"
	"testing"
	"time"

	"heaplab/profiler"
	"heaplab/profiler/heap"
)

// summary reads a profile of profiler/heap/testdata/producers.
func summary(t *testing.T, name string) profiler.Summary {
	t.Helper()
	file, err := os.ReadFile("../heap/testdata/producers/" + name + ".pb.gz")
	if err != nil {
		t.Fatal(err)
	}
	raw, err := heap.Gunzip(file, heap.DefaultLimits)
	if err != nil {
		t.Fatal(err)
	}
	prof, err := heap.Read(raw, heap.DefaultLimits)
	if err != nil {
		t.Fatal(err)
	}
	d, err := heap.NewDigest(prof)
	if err != nil {
		t.Fatal(err)
	}
	return profiler.NewSummary(d)
}

// importOf returns the report of two profiles.
func importOf(before, after profiler.Summary) Report {
	design := profiler.Design{Subject: profiler.SubjectImport, Variants: []profiler.VariantInfo{{Name: "baseline"}, {Name: "variant"}}}
	return NewImportReport(profiler.Experiment{Design: design}, []profiler.ImportedProfile{
		{Variant: "baseline", Profile: profiler.Profile{SHA256: "a", Summary: before}},
		{Variant: "variant", Profile: profiler.Profile{SHA256: "b", Summary: after}},
	}, "")
}

// A report begins with what changed most, or with the type that both producers show first.
func TestHeadlineOfImport(t *testing.T) {
	leakBefore, leakAfter := summary(t, "leak-before"), summary(t, "leak-after")
	allocsBefore, allocsAfter := leakBefore, leakAfter
	allocsBefore.DefaultType, allocsAfter.DefaultType = heap.AllocSpace, heap.AllocSpace
	for _, test := range []struct {
		name          string
		before, after profiler.Summary
		typ           heap.Type
		lead          string
		also          string // in the headline
	}{
		{"a leak", leakBefore, leakAfter, heap.InuseSpace, "+400.0%", "20 MiB to 100 MiB"},
		{"a leak in profiles of allocations", allocsBefore, allocsAfter, heap.AllocSpace, "−24.2%", "+400.0% bytes in use: 20 MiB to 100 MiB"},
		{"large buffers", summary(t, "large-buffers-before"), summary(t, "large-buffers-after"), heap.AllocSpace, "+11.8%", "± 1.2"},
		{"units", summary(t, "unit-bytes-before"), summary(t, "unit-kilobytes-before"), heap.InuseSpace, "", "8 MiB to 8 MiB"},
		{"of which one is not sampled", allocated(1, 804<<20), allocated(1, 304<<20), heap.AllocSpace, "−62.2%", "804 MiB to 304 MiB"},
		{"only objects", objects(5), objects(15), heap.InuseObjects, "+200.0%", "objects in use: 5 to 15"},
		{"nothing", profiler.Summary{Samples: 1}, profiler.Summary{Samples: 1}, "", "", "cannot be compared"},
	} {
		t.Run(test.name, func(t *testing.T) {
			r := importOf(test.before, test.after)
			c := Conclude(r, "")
			if LeadingType(r) != test.typ || c.Lead != test.lead || !strings.HasPrefix(c.Headline, test.lead) || !strings.Contains(c.Headline, test.also) {
				t.Errorf("%q leads with %q: %q", LeadingType(r), c.Lead, c.Headline)
			}
		})
	}
}

func objects(n int64) profiler.Summary {
	return profiler.Summary{Types: []heap.Type{heap.InuseObjects}, Samples: 1, Totals: heap.Values{InuseObjects: n}}
}

// A change within the sampling error is not a lead.
func TestHeadlineWithinError(t *testing.T) {
	before := profiler.Summary{Types: []heap.Type{heap.InuseSpace}, Samples: 9, Period: 512 << 10, Totals: heap.Values{InuseSpace: 16 << 20}}
	after := before
	after.Totals.InuseSpace = 11 << 20
	r := importOf(before, after)
	if c := Conclude(r, ""); c.Lead != "" || !strings.Contains(c.Headline, "± 7.35 MiB") {
		t.Errorf("lead %q, headline %q", c.Lead, c.Headline)
	}
	if total := Totals(r)[0]; !total.Noise || total.Margin != "± 7.35 MiB" {
		t.Errorf("total %+v", total)
	}
	after.Totals.InuseSpace = 8 << 20
	if total := Totals(importOf(before, after))[0]; total.Noise {
		t.Errorf("total %+v", total)
	}
}

// Of two profiles of one process, the allocated bytes between them are said, and the memory in use leads.
func TestSnapshotsOfOneProcess(t *testing.T) {
	before, after := summary(t, "leak-before"), summary(t, "leak-after")
	before.Process, after.Process = "p", "p"
	after.Time = before.Time + int64(10*time.Second)
	after.Totals.AllocSpace = before.Totals.AllocSpace + 1000<<20
	before.Totals.InuseSpace = after.Totals.InuseSpace - 1
	has := func(r Report) bool {
		return hasAll(strings.Join(r.Warnings, " "), []string{"one process, 10 s apart", "1,000 MiB, or 100 MiB per second"})
	}
	if r := importOf(before, after); !has(r) || LeadingType(r) != heap.InuseSpace {
		t.Errorf("warnings %q, lead %q", r.Warnings, LeadingType(r))
	}
	after.Process = "q"
	if r := importOf(before, after); has(r) || LeadingType(r) != heap.AllocSpace {
		t.Errorf("of two processes: warnings %q, lead %q", r.Warnings, LeadingType(r))
	}
}

// The profile of a running process over a second shows what it allocated, per second, and how its memory changed.
func TestDelta(t *testing.T) {
	s := summary(t, "go-delta-seconds1-heap")
	r := importOf(s, s)
	if warnings := strings.Join(r.Warnings, " "); !hasAll(warnings, []string{"cover only a time", "2.30 MiB per second", "−1.81 MiB"}) {
		t.Errorf("warnings %q", r.Warnings)
	}
	totals := Totals(r)
	if last := totals[len(totals)-1]; len(totals) != 3 || last.Before != "−1.81 MiB" || LeadingType(r) != heap.AllocSpace {
		t.Errorf("totals %+v, lead %q", totals, LeadingType(r))
	}
	odd := s
	odd.Odd, odd.Growth = 2, nil
	if r := importOf(odd, s); !hasAll(strings.Join(r.Warnings, " "), []string{"baseline has 2 values below 0"}) {
		t.Errorf("warnings %q", r.Warnings)
	}
}
