package views

import (
	"strings"
	"testing"

	"heaplab/profiler"
	"heaplab/profiler/report"
)

// testSweep goes over GOGC: more memory for the baseline, with less time.
func testSweep() report.Report {
	r := testReport()
	r.Kind, r.Sweep = profiler.KindSweep, &profiler.Sweep{Over: "gogc", Values: []string{"50", "100", "200"}}
	r.Comparisons, r.Profiles, r.Predictions = nil, nil, nil
	for i := range r.Variants {
		r.Variants[i].Fit, r.Variants[i].Timeline = nil, nil
	}
	for i, value := range r.Sweep.Values {
		p := profiler.PointReport{Value: value}
		for n, v := range r.Variants {
			factor := 1 + 0.3*float64(i)*float64(1-n%2)
			p.Variants = append(p.Variants, report.VariantReport{Name: v.Name, Samples: map[string][]float64{
				profiler.PeakRSS: around(30e6 * factor), profiler.NsPerOp: around(3e6 / factor), profiler.GCCPU: around(2e-4 / factor),
			}})
			if n > 0 {
				p.Comparisons = append(p.Comparisons, against(profiler.PeakRSS, v.Name, Exactly(30e6), Exactly(20e6), 0.002, report.Better))
			}
			if i > 0 {
				p.Along = append(p.Along,
					against(profiler.PeakRSS, v.Name, Exactly(30e6), Exactly(30e6*factor), 0.002, report.Worse),
					against(profiler.NsPerOp, v.Name, Exactly(3e6), Exactly(3e6/factor), 0.002, report.Better))
			}
		}
		r.Points = append(r.Points, p)
	}
	return r
}

func around(v float64) []float64 {
	return []float64{v * 0.98, v * 0.99, v, v * 1.01, v * 1.02, v}
}

func TestTradeCharts(t *testing.T) {
	charts := tradeCharts(testSweep(), "preallocated")
	if len(charts) != 2 || charts[0].Unit.Name != profiler.NsPerOp || charts[1].Unit.Name != profiler.GCCPU {
		t.Fatalf("%d charts", len(charts))
	}
	c := charts[0]
	if len(c.Lines) != 3 || len(c.Lines[0].Points) != 3 {
		t.Fatalf("lines = %+v", c.Lines)
	}
	for i, p := range c.Lines[0].Points { // each trades time for memory
		if !p.Worth || p.X < 0 || p.X > 100 || p.Y < 0 || p.Y > 100 || p.Left > p.X || p.Right < p.X || p.Low < p.Y || p.High > p.Y {
			t.Errorf("point %d: %+v", i, p)
		}
		if i > 0 && (p.X >= c.Lines[0].Points[i-1].X || p.Y >= c.Lines[0].Points[i-1].Y) {
			t.Errorf("point %d is not faster and larger than the one before", i)
		}
	}
	if want := "fresh: GOGC = 50, 100, 200"; !strings.HasPrefix(c.Frontiers, want) {
		t.Errorf("frontiers %q, want %q…", c.Frontiers, want)
	}
	if len(c.Sizes) < 3 || len(c.Times) < 3 {
		t.Errorf("ticks %v, %v", c.Sizes, c.Times)
	}
	if charts := tradeCharts(report.Report{Sweep: testSweep().Sweep}, ""); len(charts) != 0 {
		t.Error("a chart of nothing")
	}
}

// Labels that would lie upon each other are left out; the table has all of them.
func TestLabelsKeepApart(t *testing.T) {
	c := tradeChart{Lines: []tradeLine{{Points: []tradePoint{{X: 10, Y: 10}, {X: 12, Y: 11}, {X: 50, Y: 50}, {X: 51, Y: 50}}}}}
	c.name()
	var named []bool
	for _, p := range c.Lines[0].Points {
		named = append(named, p.Named)
	}
	if named[0] != true || named[1] || named[2] || !named[3] {
		t.Errorf("named %v, want the first and the last", named)
	}
}

func TestBuys(t *testing.T) {
	of := func(unit string, after float64, verdict report.Verdict) report.Comparison {
		return against(unit, "a", Exactly(1000), Exactly(after), 0.002, verdict)
	}
	const better, worse, same, unclear = report.Better, report.Worse, report.Same, report.Unclear
	memory := func(after float64, verdict report.Verdict) report.Comparison {
		return of(profiler.PeakRSS, after, verdict)
	}
	timing := func(after float64, verdict report.Verdict) report.Comparison {
		return of(profiler.NsPerOp, after, verdict)
	}
	cheaper, trifle := against(profiler.GCCPU, "a", Exactly(2e-6), Exactly(1e-6), 0.002, better), against(profiler.GCCPU, "a", Exactly(2e-9), Exactly(0), 0.002, better)
	for _, test := range []struct {
		memory, timing report.Comparison
		collections    *report.Comparison
		want           string
	}{
		{memory(1500, worse), timing(800, better), nil, "buys −20.0% time per operation for +50.0% peak RSS (1,000 B to 1.46 KiB and 1 µs to 800 ns)."},
		{memory(500, better), timing(1200, worse), nil, "buys −50.0% peak RSS for +20.0% time"},
		{memory(500, better), timing(800, better), nil, "saves both: "},
		{memory(1500, worse), timing(1200, worse), nil, "costs both: "},
		{memory(1010, unclear), timing(800, better), nil, "buys −20.0% time per operation, at no decided cost in peak RSS"},
		{memory(500, better), timing(1010, unclear), nil, "buys −50.0% peak RSS, at no decided cost in time"},
		{memory(1500, worse), timing(990, unclear), nil, "buys nothing that is decided, for +50.0% peak RSS"},
		{memory(1010, unclear), timing(1200, worse), nil, "buys nothing that is decided, for +20.0% time"},
		{memory(1000, same), timing(1000, same), nil, "changes nothing beyond the noise floor"},
		{memory(1010, unclear), timing(1000, same), nil, "changes nothing that is decided"},
		{memory(1500, worse), timing(990, unclear), &cheaper, "buys −50.0% GC CPU time per operation for +50.0% peak RSS (1,000 B to 1.46 KiB and 2 µs to 1 µs). In the time of a whole operation, 990 ns, that is lost in the noise (−1.0%)."},
		{memory(1500, worse), timing(990, unclear), &trifle, "buys nothing that is decided, for +50.0% peak RSS"},
		{memory(1500, worse), timing(800, better), &cheaper, "buys −20.0% time per operation for"},
	} {
		lead, text := buys(test.memory, test.timing, test.collections)
		if got := lead + text; !strings.HasPrefix(got, test.want) {
			t.Errorf("got %q, want %q", got, test.want)
		}
	}
}

func TestGeometricMeansOfASweep(t *testing.T) {
	rows := geometrics(testSweep())
	if len(rows) != 1 || rows[0].Unit != profiler.PeakRSS || rows[0].Means[0] != "−33.3%" {
		t.Errorf("rows = %+v", rows)
	}
}

func TestPointURL(t *testing.T) {
	r := testSweep()
	if got := pointURL(r, "200"); got != "/experiments/new?from=42&gogc=200&over=&values=" {
		t.Errorf("of a setting: %s", got)
	}
	r.Sweep = &profiler.Sweep{Over: "batch", Values: []string{"8", "16"}}
	if got := pointURL(r, "16"); got != "/experiments/new?from=42&over=&param.batch=16&values=" {
		t.Errorf("of a param: %s", got)
	}
}

// testCalibration is what a calibration of the same case found.
func testCalibration() report.Report {
	r := testSweep()
	r.Kind, r.Sweep, r.Points = profiler.KindCalibration, nil, nil
	r.Variants = r.Variants[:1]
	r.Variants[0].Samples = map[string][]float64{
		profiler.NsPerOp: around(3e6), profiler.BytesPerOp: around(1e6), profiler.MajorFaults: {0, 0, 0, 0, 0, 0}, "widgets": around(7),
	}
	r.Calibration = &report.Calibration{Experiment: 42, At: day, Runs: 6, Floors: map[string]float64{profiler.NsPerOp: 0.031, profiler.BytesPerOp: 0.0002, "widgets": 0}}
	return r
}

func TestFloorRows(t *testing.T) {
	var got []string
	for _, row := range floorRows(testCalibration()) {
		got = append(got, row.Title+" "+row.Floor+" "+row.Default)
	}
	want := "Bytes per op ±0.020% ±0.10%, at least 64 B, Time per op ±3.10% ±5%, Major page faults per op – ±5%, at least 0.10, widgets ±0% ±5%"
	if strings.Join(got, ", ") != want {
		t.Errorf("rows = %s, want %s", strings.Join(got, ", "), want)
	}
}

func TestNoiseText(t *testing.T) {
	c := report.Calibration{At: day, Runs: 24, Same: true}
	for want, given := range map[string]*report.Calibration{
		"stated defaults": nil, "24 runs on 21 Nov 2026": &c, "with other params or settings": {At: day, Runs: 24},
	} {
		if got := noiseText(given); !strings.Contains(got, want) {
			t.Errorf("%q does not say %q", got, want)
		}
	}
}
