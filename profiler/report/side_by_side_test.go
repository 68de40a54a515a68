package report

import (
	"strings"
	"testing"

	"heaplab/profiler"
)

// measuredReport returns a report with samples of B/op and of time, by variant.
func measuredReport(id int64, bytes, times map[string][]float64) Report {
	r := Report{ID: id, Kind: profiler.KindComparison, Case: "c", State: profiler.Done, Primary: []string{profiler.BytesPerOp}, Environment: profiler.Environment{"toolchain": "go1.26.8"}, Labels: map[string]string{"n": "1"}}
	for _, name := range []string{"a", "b"} {
		r.Variants = append(r.Variants, VariantReport{Name: name, Samples: map[string][]float64{profiler.BytesPerOp: bytes[name], profiler.NsPerOp: times[name]}})
		r.Profiles = append(r.Profiles, ProfileReport{Variant: name, Kind: profiler.Allocs, SHA256: name})
	}
	return r
}

func six(v float64) []float64 { return []float64{v, v + 1, v + 2, v + 3, v + 4, v + 5} }

func TestSideBySide(t *testing.T) {
	times := map[string][]float64{"a": six(100), "b": six(100)}
	slow := map[string][]float64{"a": six(500), "b": six(500)}
	first := measuredReport(1, map[string][]float64{"a": six(1000), "b": six(4000)}, times)
	second := measuredReport(2, map[string][]float64{"a": six(500), "b": six(8000)}, slow)
	second.Environment = profiler.Environment{"toolchain": "go1.27"}
	second.Labels = map[string]string{"n": "2"}

	s := NewSideBySide([]Column{{Report: first}, {Report: second}}, nil)
	if len(s.Tables) != 2 || s.Tables[0].Variant != "a" || s.Tables[1].Variant != "b" {
		t.Fatalf("tables = %+v, want a and b", s.Tables)
	}
	for i, want := range []Verdict{Better, Worse} {
		c := s.Tables[i].Report.Comparison("2", profiler.BytesPerOp)
		if c == nil || c.Verdict != want {
			t.Errorf("B/op of table %d: %+v, want %s", i, c, want)
		}
		if c := s.Tables[i].Report.Comparison("2", profiler.NsPerOp); c == nil || c.Verdict != Unclear {
			t.Errorf("times of different experiments: %+v, want no verdict", c)
		}
	}
	if got := strings.Join(s.Differences, "\n"); !hasAll(got, []string{"param n", "1 in #1", "2 in #2", "toolchain", "go1.26.8 in #1", "go1.27 in #2"}) {
		t.Errorf("differences: %s", got)
	}
	summary := s.Summaries()[0]
	if summary.Improved != 1 || summary.Regressed != 1 || summary.Undecided != 2 {
		t.Errorf("summary = %+v", summary)
	}
	if m := summary.Means[0]; m.Unit != profiler.BytesPerOp || m.Ratios != 2 || m.Ratio < 0.99 || m.Ratio > 1.01 {
		t.Errorf("mean = %+v, want about 1: a half and a double", m)
	}
	var labels []string
	for _, p := range s.Profiles.Profiles {
		labels = append(labels, p.Variant)
	}
	if got := strings.Join(labels, " "); got != "1:a 1:b 2:a 2:b" {
		t.Errorf("profiles of %s", got)
	}
}

func TestSideBySideVariants(t *testing.T) {
	r := measuredReport(1, map[string][]float64{"a": six(1000), "b": six(500)}, map[string][]float64{"a": six(100), "b": six(10)})
	s := NewSideBySide([]Column{{r, "a"}, {r, "b"}}, nil)
	if len(s.Tables) != 1 {
		t.Fatalf("%d tables, want one", len(s.Tables))
	}
	table := s.Tables[0].Report
	if c := table.Comparison("1:b", profiler.NsPerOp); c == nil || c.Verdict != Better {
		t.Errorf("times within one experiment: %+v, want better", c)
	}
	if len(s.Differences) != 0 || s.Profiles.Profile("1:b", profiler.Allocs) == nil {
		t.Errorf("differences %q, profiles %+v", s.Differences, s.Profiles.Profiles)
	}
}

// A variant that the first column lacks is shown, but not compared.
func TestSideBySideWithoutBaseline(t *testing.T) {
	first := measuredReport(1, map[string][]float64{"a": six(1000)}, nil)
	first.Variants = first.Variants[:1]
	columns := []Column{{Report: first}}
	for id, bytes := range map[int64]float64{2: 5000, 3: 1000} {
		columns = append(columns, Column{Report: measuredReport(id, map[string][]float64{"a": six(1000), "b": six(bytes)}, nil)})
	}
	s := NewSideBySide(columns, nil)
	table := s.Tables[1]
	if table.Variant != "b" || len(table.Report.Variants) != 2 || len(table.Report.Comparisons) != 0 {
		t.Errorf("table %s has %d columns and the comparisons %+v, want values only", table.Variant, len(table.Report.Variants), table.Report.Comparisons)
	}
	for _, summary := range s.Summaries() {
		if summary.Improved+summary.Regressed+summary.Unchanged != 1 {
			t.Errorf("summary = %+v, want one metric of one variant", summary)
		}
	}
}
