package report

import (
	"heaplab/profiler"
	"strings"
	"testing"
)

// measuredReport is a report with samples of one metric and of time, by variant.
func measuredReport(id int64, bytes, times map[string][]float64) Report {
	r := Report{ID: id, Kind: profiler.KindComparison, Case: "c", State: profiler.Done, Primary: []string{profiler.BytesPerOp}, Environment: profiler.Environment{"toolchain": "go1.26.8"}, Labels: map[string]string{"n": "1"}}
	for _, name := range []string{"a", "b"} {
		r.Variants = append(r.Variants, VariantReport{Name: name, Samples: map[string][]float64{profiler.BytesPerOp: bytes[name], profiler.NsPerOp: times[name]}})
		r.Profiles = append(r.Profiles, ProfileReport{Variant: name, Kind: profiler.Allocs, SHA256: name})
	}
	return r
}

func six(v float64) []float64 { return []float64{v, v + 1, v + 2, v + 3, v + 4, v + 5} }

func TestTogether(t *testing.T) {
	times := map[string][]float64{"a": six(100), "b": six(100)}
	slow := map[string][]float64{"a": six(500), "b": six(500)}
	first := measuredReport(1, map[string][]float64{"a": six(1000), "b": six(4000)}, times)
	second := measuredReport(2, map[string][]float64{"a": six(500), "b": six(8000)}, slow)
	second.Environment = profiler.Environment{"toolchain": "go1.27"}
	second.Labels = map[string]string{"n": "2"}

	together := NewTogether([]Part{{Report: first}, {Report: second}}, nil)
	if len(together.Groups) != 2 || together.Groups[0].Variant != "a" || together.Groups[1].Variant != "b" {
		t.Fatalf("groups = %+v, want a and b", together.Groups)
	}
	for i, want := range []Verdict{Better, Worse} {
		c := together.Groups[i].Report.Comparison("2", profiler.BytesPerOp)
		if c == nil || c.Verdict != want {
			t.Errorf("B/op of group %d: %+v, want %s", i, c, want)
		}
		if c := together.Groups[i].Report.Comparison("2", profiler.NsPerOp); c == nil || c.Verdict != Unclear {
			t.Errorf("times of different experiments: %+v, want no verdict", c)
		}
	}
	differences := strings.Join(together.Differences, "\n")
	for _, want := range []string{"The param n is 1 in #1, and 2 in #2.", "The environment's toolchain is go1.26.8 in #1, and go1.27 in #2."} {
		if !strings.Contains(differences, want) {
			t.Errorf("differences: %s\nwant %q", differences, want)
		}
	}
	tally := together.Tallies()[0]
	if tally.Improved != 1 || tally.Regressed != 1 || tally.Undecided != 2 {
		t.Errorf("tally = %+v", tally)
	}
	if m := tally.Means[0]; m.Unit != profiler.BytesPerOp || m.Of != 2 || m.Ratio < 0.99 || m.Ratio > 1.01 {
		t.Errorf("mean = %+v, want about 1: a half and a double", m)
	}
	var labels []string
	for _, p := range together.Profiles.Profiles {
		labels = append(labels, p.Variant)
	}
	if got := strings.Join(labels, " "); got != "1:a 1:b 2:a 2:b" {
		t.Errorf("profiles of %s", got)
	}
}

func TestTogetherOfVariants(t *testing.T) {
	r := measuredReport(1, map[string][]float64{"a": six(1000), "b": six(500)}, map[string][]float64{"a": six(100), "b": six(10)})
	together := NewTogether([]Part{{r, "a"}, {r, "b"}}, nil)
	if len(together.Groups) != 1 {
		t.Fatalf("%d groups, want one", len(together.Groups))
	}
	g := together.Groups[0].Report
	if c := g.Comparison("1:b", profiler.NsPerOp); c == nil || c.Verdict != Better {
		t.Errorf("times within one experiment: %+v, want better", c)
	}
	if len(together.Differences) != 0 || together.Profiles.Profile("1:b", profiler.Allocs) == nil {
		t.Errorf("differences %q, profiles %+v", together.Differences, together.Profiles.Profiles)
	}
}

// A variant that the first part lacks is held against nothing: its values stand by themselves.
func TestTogetherWithoutABaseline(t *testing.T) {
	first := measuredReport(1, map[string][]float64{"a": six(1000)}, nil)
	first.Variants = first.Variants[:1]
	parts := []Part{{Report: first}}
	for id, bytes := range map[int64]float64{2: 5000, 3: 1000} {
		parts = append(parts, Part{Report: measuredReport(id, map[string][]float64{"a": six(1000), "b": six(bytes)}, nil)})
	}
	together := NewTogether(parts, nil)
	g := together.Groups[1]
	if g.Variant != "b" || len(g.Report.Variants) != 2 || len(g.Report.Comparisons) != 0 {
		t.Errorf("group %s has %d parts and the comparisons %+v, want values alone", g.Variant, len(g.Report.Variants), g.Report.Comparisons)
	}
	for _, tally := range together.Tallies() {
		if tally.Improved+tally.Regressed+tally.Unchanged != 1 {
			t.Errorf("tally = %+v, want one metric of one variant", tally)
		}
	}
}
