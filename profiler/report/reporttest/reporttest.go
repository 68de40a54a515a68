// Package reporttest has reports for tests: of a comparison, a sweep, a calibration and an import.
package reporttest

import (
	"time"

	"heaplab/profiler"
	"heaplab/profiler/heap"
	"heaplab/profiler/report"
)

// Day is when the experiments were launched.
var Day = time.Date(2026, 11, 21, 14, 32, 0, 0, time.UTC)

// primary are the primary units.
var primary = []string{profiler.BytesPerOp, profiler.AllocsPerOp, profiler.LiveHeap}

// Comparison is an experiment with three variants.
func Comparison() report.Report {
	weights := "9f2c51d07ab84e33c1d29a1f08be64aa0c9d7a55e2f1437b8690aa1c44d3be70"
	r := report.Report{
		ID: 42, URL: "/experiments/42", Subject: "case:preallocation", Source: "case", Kind: profiler.KindComparison, Case: "preallocation",
		Title: "Preallocated training buffers", Technique: "Buffer reuse", Params: params(), Labels: map[string]string{"batch": "64", "width": "256", "rate": "0.01", "optimizer": "adam"},
		Config: profiler.DefaultConfig(8 << 30),
		State:  profiler.Done, Note: "Does reuse still pay at batch 64?", Tags: []string{"baseline", "batch-64"},
		Created: Day, Started: Day.Add(2 * time.Second), Finished: Day.Add(194 * time.Second),
		Environment: profiler.Environment{
			"goos": "linux", "goarch": "amd64", "cpu-count": "2", "toolchain": "go1.26.8", "gogc": "100", "gomemlimit": "off",
			"gomaxprocs": "2", "mem-total": "8329363456", "memprofilerate": "0 (measure, fit), 1 in the window (allocs), 1 (peak)",
			"cpu": "AMD EPYC 9354 32-Core Processor", "kernel": "6.12.48", "commit": "d27ab83c11f0f3e09dd2f6b2a4aa0c1f6e1d2b3c",
		},
		Primary: primary,
		Variants: []report.VariantReport{
			{Name: "fresh", Title: "new buffers every step", Fit: Fit(weights, 11_482_331_904), Timeline: Timeline(300, 10, 512<<10)},
			{Name: "resize", Title: "grown when too small", Fit: Fit(weights, 23_104_512)},
			{Name: "preallocated", Title: "allocated once", Fit: Fit(weights, 9_437_184), Timeline: Timeline(290, 10, 0)},
		},
		Predictions: []profiler.Prediction{
			{Variant: "resize", Unit: profiler.BytesPerOp, Ratio: 500},
			{Variant: "resize", Unit: profiler.LiveHeap, Ratio: 1},
			{Variant: "preallocated", Unit: profiler.BytesPerOp, Ratio: profiler.Undefined()},
			{Variant: "preallocated", Unit: profiler.LiveHeap, Ratio: 1},
		},
		Warnings: []string{"The clock speed of the CPU changed while this ran: times are less certain than their intervals say."},
	}
	r.Comparisons = []report.Comparison{
		Against(profiler.BytesPerOp, "resize", Exactly(1_183_744), Exactly(2_368), 0, report.Better),
		Against(profiler.AllocsPerOp, "resize", Exactly(34), Exactly(1.25), 0, report.Better),
		Against(profiler.LiveHeap, "resize", Interval(4_812_000, 4_808_000, 4_821_000), Interval(4_815_500, 4_809_000, 4_822_000), 0.589, report.Same),
		Against(profiler.NsPerOp, "resize", Interval(3_412_000, 3_380_000, 3_466_000), Interval(3_301_000, 3_270_000, 3_372_000), 0.041, report.Unclear),
		Against(profiler.PeakRSS, "resize", Interval(31_900_000, 31_100_000, 33_200_000), Interval(19_100_000, 18_800_000, 19_700_000), 0.002, report.Better),
		Against(profiler.GCCycles, "resize", Interval(0.212, 0.208, 0.221), Interval(0.0006, 0.0005, 0.0007), 0.002, report.Better),
		Against(profiler.BytesPerOp, "preallocated", Exactly(1_183_744), Exactly(384), 0, report.Better),
		Against(profiler.AllocsPerOp, "preallocated", Exactly(34), Exactly(0.4), 0, report.Better),
		Against(profiler.LiveHeap, "preallocated", Interval(4_812_000, 4_808_000, 4_821_000), Interval(4_806_300, 4_801_000, 4_812_000), 0.394, report.Same),
		Against(profiler.NsPerOp, "preallocated", Interval(3_412_000, 3_380_000, 3_466_000), Interval(3_447_000, 3_401_000, 3_489_000), 0.412, report.Same),
		Against(profiler.PeakRSS, "preallocated", Interval(31_900_000, 31_100_000, 33_200_000), Interval(18_700_000, 18_400_000, 19_000_000), 0.002, report.Better),
		Against(profiler.GCCycles, "preallocated", Interval(0.212, 0.208, 0.221), Exactly(0), 0.002, report.Better),
	}
	r.Comparisons[3].Warnings = []string{"the samples of fresh spread by 2.5%, more than usual"}
	r.Profiles = []report.ProfileReport{
		AllocsProfile("fresh", 1000,
			Function("heaplab/profiler/model.(*Dense).Forward", 524_288_000, 4000),
			Function("heaplab/profiler/model.(*Dense).Backward", 459_776_000, 8000),
			Function("heaplab/profiler/model.NewMatrix[...]", 131_072_000, 16000),
			Function("heaplab/profiler/model.softmax", 65_536_000, 2000),
			Function("heaplab/profiler/model.(*Adam).Update", 2_688_000, 2000),
			Function("math/rand/v2.(*Rand).Perm", 384_000, 2000)),
		AllocsProfile("resize", 1000,
			Function("heaplab/profiler/model.(*buffers).grow", 1_984_000, 250),
			Function("math/rand/v2.(*Rand).Perm", 384_000, 1000)),
		AllocsProfile("preallocated", 1000,
			Function("math/rand/v2.(*Rand).Perm", 384_000, 2),
		),
	}
	return r
}

// Sweep is a sweep of GOGC. The first and the last variant trade memory for time, the other one does
// not change.
func Sweep() report.Report {
	r := Comparison()
	r.Kind, r.Sweep = profiler.KindSweep, &profiler.Sweep{Over: "gogc", Values: []string{"50", "100", "200"}}
	r.Comparisons, r.Profiles, r.Predictions = nil, nil, nil
	for i := range r.Variants {
		r.Variants[i].Fit, r.Variants[i].Timeline = nil, nil
	}
	for i, value := range r.Sweep.Values {
		row := report.RowReport{Row: r.Sweep.Rows()[i], Value: value}
		for n, v := range r.Variants {
			factor := 1 + 0.3*float64(i)*float64(1-n%2)
			row.Variants = append(row.Variants, report.VariantReport{Name: v.Name, Samples: map[string][]float64{
				profiler.PeakRSS: Around(30e6 * factor), profiler.NsPerOp: Around(3e6 / factor), profiler.GCCPU: Around(2e-4 / factor),
			}})
			if n > 0 {
				c := Against(profiler.PeakRSS, v.Name, Exactly(30e6), Exactly(20e6), 0.002, report.Better)
				c.Row = row.Row
				row.Comparisons, r.Comparisons = append(row.Comparisons, c), append(r.Comparisons, c)
			}
			if i > 0 {
				memory, timing := report.Worse, report.Better
				if factor == 1 {
					memory, timing = report.Same, report.Same
				}
				row.Along = append(row.Along,
					Against(profiler.PeakRSS, v.Name, Exactly(30e6), Exactly(30e6*factor), 0.002, memory),
					Against(profiler.NsPerOp, v.Name, Exactly(3e6), Exactly(3e6/factor), 0.002, timing))
			}
		}
		r.Rows = append(r.Rows, row)
	}
	return r
}

// Rows is an experiment whose runs have two results each.
func Rows() report.Report {
	r := WithSamples(Comparison())
	comparisons := r.Comparisons
	r.Comparisons, r.Predictions = nil, nil
	for _, name := range []string{"Decode/1KB", "Decode/64KB"} {
		row := report.RowReport{Row: name, Variants: r.Variants}
		for _, c := range comparisons {
			c.Row = name
			row.Comparisons = append(row.Comparisons, c)
		}
		r.Rows, r.Comparisons = append(r.Rows, row), append(r.Comparisons, row.Comparisons...)
	}
	return r
}

// Calibration is a calibration of the same case.
func Calibration() report.Report {
	r := Sweep()
	r.Kind, r.Sweep, r.Rows, r.Comparisons = profiler.KindCalibration, nil, nil, nil
	r.Variants = r.Variants[:1]
	r.Variants[0].Samples = map[string][]float64{
		profiler.NsPerOp: Around(3e6), profiler.BytesPerOp: Around(1e6), profiler.MajorFaults: {0, 0, 0, 0, 0, 0}, "widgets": Around(7),
	}
	r.Calibration = &report.Calibration{Experiment: 42, At: Day, Runs: 6, Floors: map[string]float64{profiler.NsPerOp: 0.031, profiler.BytesPerOp: 0.0002, "widgets": 0}}
	return r
}

// Import is the comparison of two sampled profiles.
func Import() report.Report {
	e := profiler.Experiment{
		ID: 7, Kind: profiler.KindComparison,
		Design: profiler.Design{
			Subject: profiler.SubjectImport, Title: "pools instead of buffers",
			Variants: []profiler.VariantInfo{{Name: profiler.ImportBaseline}, {Name: profiler.ImportVariant}},
		},
		State: profiler.Done, Note: "one hour of traffic each", Tags: []string{"pools"}, Created: Day, Finished: Day,
	}
	return report.NewImportReport(e, []profiler.ImportedProfile{
		importedSide("baseline", map[string]int64{"example.com/pool.(*Pool).Get": 1, "main.parse": 800, "main.small": 3}),
		importedSide("variant", map[string]int64{"example.com/pool.(*Pool).Get": 200, "main.parse": 100, "main.small": 4}),
	}, "")
}

// importedSide is a sampled profile whose functions allocated so many MiB; a quarter is in use.
func importedSide(variant string, mib map[string]int64) profiler.ImportedProfile {
	s := profiler.Summary{Types: heap.Types, Samples: 9, Period: 512 << 10}
	for _, name := range []string{"example.com/pool.(*Pool).Get", "main.parse", "main.small"} {
		v := heap.Values{AllocSpace: mib[name] << 20, AllocObjects: mib[name] * 100, InuseSpace: mib[name] << 18, InuseObjects: mib[name] * 25}
		s.Functions = append(s.Functions, heap.Function{Name: name, Flat: v, Cum: v})
		s.Totals.AllocSpace += v.AllocSpace
		s.Totals.AllocObjects += v.AllocObjects
		s.Totals.InuseSpace += v.InuseSpace
		s.Totals.InuseObjects += v.InuseObjects
	}
	return profiler.ImportedProfile{Variant: variant, File: variant + ".pb.gz", Profile: profiler.Profile{SHA256: variant, GzipSize: 9000, Summary: s}}
}

// HostileText would become markup, links or control characters where it is not escaped.
const HostileText = `"><script>alert(1)</script><img src=x onerror=alert(2)>` + "`a` | *b* @all #1 https://evil.example\n- [c](x)\u202e\x1b[31m"

// Hostile is a report in which every text is HostileText.
func Hostile() report.Report {
	r := Comparison()
	r.Case, r.Title, r.Technique, r.Note, r.Tags = HostileText, HostileText, HostileText, HostileText, []string{HostileText}
	r.Params, r.Labels = profiler.Params{HostileText: HostileText}, map[string]string{HostileText: HostileText}
	r.Config.Benchtime = HostileText
	r.Error, r.Warnings, r.Comparability = HostileText, []string{HostileText}, []string{HostileText}
	r.Environment[HostileText], r.Environment["cpu"], r.Environment["commit"] = HostileText, HostileText, HostileText
	for i := range r.Variants {
		r.Variants[i].Name += HostileText
		r.Variants[i].Fit.Weights = HostileText
		r.Variants[i].Samples = map[string][]float64{profiler.BytesPerOp: {1}}
	}
	for i := range r.Comparisons {
		r.Comparisons[i].Variant += HostileText
		r.Comparisons[i].Warnings = []string{HostileText}
	}
	for i := range r.Profiles {
		r.Profiles[i].Variant += HostileText
		for j := range r.Profiles[i].Summary.Functions {
			r.Profiles[i].Summary.Functions[j].Name += HostileText
		}
	}
	for i := range r.Predictions {
		r.Predictions[i].Variant += HostileText
	}
	return r
}
