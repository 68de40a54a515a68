package report

import (
	"slices"
	"strings"
	"testing"

	"heaplab/profiler"
)

func TestTrade(t *testing.T) {
	memory := func(after float64, verdict Verdict) Comparison {
		return comparisonOf(profiler.PeakRSS, 1000<<20, after*(1<<20), 0.002, verdict)
	}
	timing := func(after float64, verdict Verdict) Comparison {
		return comparisonOf(profiler.NsPerOp, 1000, after, 0.002, verdict)
	}
	cheaper, trifle := comparisonOf(profiler.GCCPU, 2e-6, 1e-6, 0.002, Better), comparisonOf(profiler.GCCPU, 2e-9, 0, 0.002, Better)
	for _, test := range []struct {
		memory, timing Comparison
		collections    *Comparison
		lead, numbers  string // numbers must be in the text
	}{
		{memory(1500, Worse), timing(800, Better), nil, "gives −20.0% time per operation", "+50.0% peak RSS (1,000 MiB to 1.46 GiB and 1 µs to 800 ns)"},
		{memory(500, Better), timing(1200, Worse), nil, "gives −50.0% peak RSS", "+20.0% time"},
		{memory(500, Better), timing(800, Better), nil, "saves both", "−20.0% time"},
		{memory(1500, Worse), timing(1200, Worse), nil, "costs both", "+50.0% peak RSS"},
		{memory(1010, Unclear), timing(800, Better), nil, "gives −20.0% time per operation", "peak RSS"},
		{memory(500, Better), timing(1010, Unclear), nil, "gives −50.0% peak RSS", "time"},
		{memory(1500, Worse), timing(990, Unclear), nil, "gives no clear gain", "+50.0% peak RSS"},
		{memory(1010, Unclear), timing(1200, Worse), nil, "gives no clear gain", "+20.0% time"},
		{memory(1000, Same), timing(1000, Same), nil, "changes neither", "margin"},
		{memory(1010, Unclear), timing(1000, Same), nil, "shows no clear change", ""},
		{memory(1500, Worse), timing(990, Unclear), &cheaper, "gives −50.0% GC CPU time per operation", "990 ns (−1.0%, unclear)"},
		{memory(1500, Worse), timing(990, Unclear), &trifle, "gives no clear gain", "+50.0% peak RSS"},
		{memory(1500, Worse), timing(800, Better), &cheaper, "gives −20.0% time per operation", "+50.0% peak RSS"},
	} {
		lead, text := trade(test.memory, test.timing, test.collections)
		if lead != test.lead || !strings.Contains(text, test.numbers) {
			t.Errorf("%q, %q; want %q with %q", lead, text, test.lead, test.numbers)
		}
	}
}

// sweptReport is a sweep whose variant "after" always needs two thirds of the memory of "fresh",
// and trades more memory for less time along the sweep.
func sweptReport() Report {
	variants := []VariantReport{{Name: "fresh"}, {Name: "after"}}
	r := Report{
		Config: profiler.Config{Count: 6}, Kind: profiler.KindSweep, Sweep: &profiler.Sweep{Over: "gogc", Values: []string{"50", "100", "200"}},
		Variants: variants, Primary: []string{profiler.BytesPerOp},
	}
	for i, name := range r.Sweep.Rows() {
		row := RowReport{Row: name, Value: r.Sweep.Values[i], Variants: variants}
		c := comparisonOf(profiler.PeakRSS, 30e6, 20e6, 0.002, Better)
		c.Variant = "after"
		row.Comparisons = append(row.Comparisons, c)
		if i > 0 {
			memory, timing := comparisonOf(profiler.PeakRSS, 20e6, 30e6, 0.002, Worse), comparisonOf(profiler.NsPerOp, 3e6, 2e6, 0.002, Better)
			memory.Variant, timing.Variant = "after", "after"
			row.Along = append(row.Along, memory, timing)
		}
		r.Rows = append(r.Rows, row)
	}
	return r
}

func TestTrades(t *testing.T) {
	r := sweptReport()
	trades := Trades(r.Rows)
	if len(trades) != 1 || trades[0].Variant != "after" || trades[0].Lead != "gives −33.3% time per operation" {
		t.Errorf("trades %+v", trades)
	}
	if got := Trades(r.Rows[:1]); got != nil {
		t.Errorf("trades of one value: %+v", got)
	}
	if got := Conclude(r, ""); got.Headline != "after: GOGC from 50 to 200 gives −33.3% time per operation for +50.0% peak RSS" || got.Verdict != "" {
		t.Errorf("conclusion %+v", got)
	}
	r.Rows = r.Rows[:1]
	if got := Conclude(r, ""); !strings.HasPrefix(got.Headline, "Too little was measured") {
		t.Errorf("conclusion of one value %+v", got)
	}
}

// The tables of a sweep have the metrics that were measured: those of a command are not those of a case.
func TestSweepUnits(t *testing.T) {
	for _, measured := range [][]string{{profiler.NsPerOp, profiler.PeakRSS}, {profiler.WallTime, profiler.PeakRSS}, {profiler.PeakRSS}, nil} {
		v := VariantReport{Samples: map[string][]float64{profiler.LiveHeap: {1}, profiler.UserTime: {1}}}
		for _, unit := range measured {
			v.Samples[unit] = []float64{1}
		}
		if got := SweepUnits(Report{Rows: []RowReport{{}, {Variants: []VariantReport{v}}}}); !slices.Equal(got, measured) {
			t.Errorf("units %q, want %q", got, measured)
		}
	}
}

func TestMeanLines(t *testing.T) {
	lines := MeanLines(sweptReport())
	if len(lines) != 1 || lines[0].Unit != profiler.PeakRSS || lines[0].Means[0] != "−33.3%" {
		t.Errorf("lines = %+v", lines)
	}
}

func TestCalibrationHeadline(t *testing.T) {
	r := Report{Config: profiler.Config{Count: 12}, Kind: profiler.KindCalibration, Calibration: &Calibration{Floors: map[string]float64{profiler.NsPerOp: 0.031, profiler.BytesPerOp: 0.001}}}
	if got := Conclude(r, ""); !strings.Contains(got.Headline, "±3.1%") || got.Verdict != "" {
		t.Errorf("conclusion %+v", got)
	}
	r.Calibration.Floors = nil
	if got := Conclude(r, ""); !strings.HasPrefix(got.Headline, "Too few runs") {
		t.Errorf("conclusion without floors %+v", got)
	}
}
