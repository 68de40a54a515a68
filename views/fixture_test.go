package views

import (
	"strings"
	"time"

	"heaplab/profiler"
	"heaplab/profiler/heap"
	"heaplab/profiler/report"
	"heaplab/profiler/subject/builtin"
)

// The fixtures are one experiment with three variants, as a real one comes out.

var day = time.Date(2026, 11, 21, 14, 32, 0, 0, time.UTC)

func testCase() builtin.Case {
	source := func(body string) func() string {
		return func() string { return "func (m *network) step(x, y []float32) error {\n" + body + "}\n" }
	}
	return builtin.Case{
		Name:      "preallocation",
		Title:     "Preallocated training buffers",
		Technique: "Buffer reuse",
		Idea:      "A training step needs the same intermediate results every time. Allocating them anew makes garbage in proportion to the batch; a set that is allocated once and written over makes none.",
		Limit:     "It removes the garbage of a step, never its working memory: what is in use at the peak stays what it was.",
		Params: []builtin.Param{
			{Name: "batch", Type: builtin.Int, Default: int64(64), Min: 1, Max: 4096, Help: "examples in a training step"},
			{Name: "width", Type: builtin.Int, Default: int64(256), Min: 8, Max: 2048, Help: "neurons of a hidden layer"},
			{Name: "rate", Type: builtin.Number, Default: 0.01, Min: 0.0001, Max: 1, Help: "learning rate"},
			{Name: "optimizer", Type: builtin.Choice, Default: "adam", Choices: []string{"sgd", "adam"}, Help: "how weights are updated"},
		},
		Variants: []builtin.Variant{
			{Name: "fresh", Title: "new buffers every step", Source: source("\tbuf := newBuffers(m, len(x))\n\treturn m.train(buf, x, y)\n")},
			{Name: "resize", Title: "grown when too small", Source: source("\tm.buf = m.buf.grow(len(x))\n\treturn m.train(m.buf, x, y)\n")},
			{Name: "preallocated", Title: "allocated once", Source: source("\treturn m.train(m.buf, x, y)\n")},
		},
		Primary: []string{profiler.BytesPerOp, profiler.AllocsPerOp, profiler.LiveHeap},
	}
}

func Interval(center, lo, hi float64) report.Interval {
	return report.Interval{Center: profiler.Float(center), Lo: profiler.Float(lo), Hi: profiler.Float(hi), N: 6}
}

func Exactly(v float64) report.Interval { return Interval(v, v, v) }

// against makes a comparison with the numbers that profiler would compute.
func against(unit, variant string, before, after report.Interval, p float64, verdict report.Verdict) report.Comparison {
	u := profiler.LookupUnit(unit)
	c := report.Comparison{
		Unit: unit, Variant: variant, Baseline: before, Value: after, P: profiler.Float(p), Verdict: verdict,
		Floor:     profiler.Float(100 * max(u.Floor, u.FloorAbs/float64(before.Center))),
		PAdjusted: profiler.Undefined(), Change: after.Center - before.Center, ChangeLo: after.Lo - before.Hi, ChangeHi: after.Hi - before.Lo,
		Delta: 100 * (after.Center/before.Center - 1), DeltaLo: 100 * (after.Lo/before.Hi - 1), DeltaHi: 100 * (after.Hi/before.Lo - 1),
	}
	for _, primary := range testCase().Primary {
		c.Primary = c.Primary || unit == primary
	}
	if u.Exact {
		c.P = profiler.Undefined()
	}
	return c
}

func testFit(weights string, total uint64) *profiler.Fit {
	fit := &profiler.Fit{Weights: weights, TotalAlloc: total}
	for i, loss := range []float64{2.1874, 1.4021, 0.9382, 0.6840, 0.5127, 0.4119, 0.3510, 0.3127} {
		fit.Epochs = append(fit.Epochs, profiler.Epoch{Loss: loss, Accuracy: []float64{0.312, 0.548, 0.701, 0.792, 0.848, 0.881, 0.902, 0.914}[i]})
	}
	return fit
}

func allocsProfile(variant string, calls int64, functions ...heap.Function) report.ProfileReport {
	p := report.ProfileReport{
		Variant: variant, Kind: profiler.Allocs, URL: "/api/v1/experiments/42/profiles/" + variant + ".pb.gz?kind=allocs",
		Bytes: 4211, SHA256: strings.Repeat("ab", 32), Calls: calls,
		Summary: profiler.Summary{Functions: functions},
	}
	for _, f := range functions {
		p.Summary.Totals.AllocSpace += f.Flat.AllocSpace
		p.Summary.Totals.AllocObjects += f.Flat.AllocObjects
	}
	space := p.Summary.Totals.AllocSpace
	p.SelfCheck = &profiler.SelfCheck{Calls: calls, TotalAlloc: space, AllocSpace: space, OK: true}
	return p
}

func function(name string, space, objects int64) heap.Function {
	v := heap.Values{AllocSpace: space, AllocObjects: objects}
	return heap.Function{Name: name, Flat: v, Cum: v}
}

func testReport() report.Report {
	fit := "9f2c51d07ab84e33c1d29a1f08be64aa0c9d7a55e2f1437b8690aa1c44d3be70"
	r := report.Report{
		ID: 42, URL: "/experiments/42", Case: "preallocation", Title: "Preallocated training buffers", Technique: "Buffer reuse",
		Params: profiler.Params{"batch": int64(64), "width": int64(256), "rate": 0.01, "optimizer": "adam"},
		Config: profiler.DefaultConfig(8 << 30),
		State:  profiler.Done, Note: "Does reuse still pay at batch 64?", Tags: []string{"baseline", "batch-64"},
		Created: day, Started: day.Add(2 * time.Second), Finished: day.Add(194 * time.Second),
		Environment: profiler.Environment{
			"goos": "linux", "goarch": "amd64", "cpu-count": "2", "toolchain": "go1.26.8", "gogc": "100", "gomemlimit": "off",
			"gomaxprocs": "2", "mem-total": "8329363456", "memprofilerate": "0 (measure, fit), 1 in the window (allocs), 1 (peak)",
			"cpu": "AMD EPYC 9354 32-Core Processor", "kernel": "6.12.48", "commit": "d27ab83c11f0f3e09dd2f6b2a4aa0c1f6e1d2b3c",
		},
		Primary: testCase().Primary,
		Variants: []report.VariantReport{
			{Name: "fresh", Title: "new buffers every step", Fit: testFit(fit, 11_482_331_904), Timeline: testTimeline(300, 10, 512<<10)},
			{Name: "resize", Title: "grown when too small", Fit: testFit(fit, 23_104_512)},
			{Name: "preallocated", Title: "allocated once", Fit: testFit(fit, 9_437_184), Timeline: testTimeline(290, 10, 0)},
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
		against(profiler.BytesPerOp, "resize", Exactly(1_183_744), Exactly(2_368), 0, report.Better),
		against(profiler.AllocsPerOp, "resize", Exactly(34), Exactly(1.25), 0, report.Better),
		against(profiler.LiveHeap, "resize", Interval(4_812_000, 4_808_000, 4_821_000), Interval(4_815_500, 4_809_000, 4_822_000), 0.589, report.Same),
		against(profiler.NsPerOp, "resize", Interval(3_412_000, 3_380_000, 3_466_000), Interval(3_301_000, 3_270_000, 3_372_000), 0.041, report.Unclear),
		against(profiler.PeakRSS, "resize", Interval(31_900_000, 31_100_000, 33_200_000), Interval(19_100_000, 18_800_000, 19_700_000), 0.002, report.Better),
		against(profiler.GCCycles, "resize", Interval(0.212, 0.208, 0.221), Interval(0.0006, 0.0005, 0.0007), 0.002, report.Better),
		against(profiler.BytesPerOp, "preallocated", Exactly(1_183_744), Exactly(384), 0, report.Better),
		against(profiler.AllocsPerOp, "preallocated", Exactly(34), Exactly(0.4), 0, report.Better),
		against(profiler.LiveHeap, "preallocated", Interval(4_812_000, 4_808_000, 4_821_000), Interval(4_806_300, 4_801_000, 4_812_000), 0.394, report.Same),
		against(profiler.NsPerOp, "preallocated", Interval(3_412_000, 3_380_000, 3_466_000), Interval(3_447_000, 3_401_000, 3_489_000), 0.412, report.Same),
		against(profiler.PeakRSS, "preallocated", Interval(31_900_000, 31_100_000, 33_200_000), Interval(18_700_000, 18_400_000, 19_000_000), 0.002, report.Better),
		against(profiler.GCCycles, "preallocated", Interval(0.212, 0.208, 0.221), Exactly(0), 0.002, report.Better),
	}
	r.Comparisons[3].Warnings = []string{"the samples of fresh spread by 2.5%, more than usual"}
	r.Profiles = []report.ProfileReport{
		allocsProfile("fresh", 1000,
			function("heaplab/profiler/model.(*Dense).Forward", 524_288_000, 4000),
			function("heaplab/profiler/model.(*Dense).Backward", 459_776_000, 8000),
			function("heaplab/profiler/model.NewMatrix[...]", 131_072_000, 16000),
			function("heaplab/profiler/model.softmax", 65_536_000, 2000),
			function("heaplab/profiler/model.(*Adam).Update", 2_688_000, 2000),
			function("math/rand/v2.(*Rand).Perm", 384_000, 2000)),
		allocsProfile("resize", 1000,
			function("heaplab/profiler/model.(*buffers).grow", 1_984_000, 250),
			function("math/rand/v2.(*Rand).Perm", 384_000, 1000)),
		allocsProfile("preallocated", 1000,
			function("math/rand/v2.(*Rand).Perm", 384_000, 2),
		),
	}
	return r
}

func testReportPage() ReportPage {
	return ReportPage{
		Report: testReport(), SelfURL: "/experiments/42", Flame: flameOf(testReport(), "preallocated"),
		Calibrate: CalibrateForm{Case: "preallocation", Values: map[string]string{"param.batch": "64", "gogc": "100"}, Duration: 26 * time.Second},
		Commands: []Command{
			{"As a Go benchmark", []string{"go test ./profiler/cases -bench Cases/preallocation \\", "  -params batch=64,optimizer=adam,rate=0.01,width=256"}},
			{"As an experiment", []string{"heaplab run preallocation --param batch=64 --param width=256"}},
			{"Look into a profile", []string{"go tool pprof http://127.0.0.1:8080/api/v1/experiments/42/profiles/fresh.pb.gz"}},
		},
		Downloads: []Download{
			{"fresh.allocs.pb.gz", "/api/v1/experiments/42/profiles/fresh.pb.gz?kind=allocs", 4211, "", "/experiments/42/pprof/fresh/allocs/"},
			{"preallocated.allocs.pb.gz", "/api/v1/experiments/42/profiles/preallocated.pb.gz?kind=allocs", 2044, "", ""},
			{"fresh-preallocated.allocs.diff.pb.gz", "/api/v1/experiments/42/profiles/diff.pb.gz?kind=allocs", 0, "preallocated over 1000 calls less fresh over 1000, not scaled", ""},
		},
		Exports: []Export{
			{"Markdown", "for a pull request", "/experiments/42/report.md"},
			{"pprof diff", "what changed, as one profile", "/api/v1/experiments/42/profiles/diff.pb.gz?kind=allocs"},
		},
	}
}

func testRuns() []profiler.Run {
	measure := func(variant string, round int, b, allocs, ns float64) profiler.Run {
		return profiler.Run{
			Task: profiler.Task{Kind: profiler.Measure, Variant: variant, Round: round}, Duration: 2130 * time.Millisecond,
			Measurements: []profiler.Measurement{{Unit: profiler.BytesPerOp, Value: b}, {Unit: profiler.AllocsPerOp, Value: allocs}, {Unit: profiler.NsPerOp, Value: ns}, {Unit: profiler.PeakRSS, Value: 31.2e6}},
		}
	}
	return []profiler.Run{
		measure("fresh", 0, 1_183_744, 34, 3_401_000),
		measure("resize", 0, 2_368, 1.25, 3_312_000),
		measure("preallocated", 0, 384, 0.4, 3_440_000),
		measure("preallocated", 1, 384, 0.4, 3_451_000),
		{Task: profiler.Task{Kind: profiler.Allocs, Variant: "fresh"}, Duration: 4 * time.Second, SelfCheck: &profiler.SelfCheck{Calls: 1000, TotalAlloc: 1_183_744_000, AllocSpace: 1_183_744_000, OK: true}},
	}
}

// testEnded is an experiment that did not come to its end.
func testEnded(state, reason string) ReportPage {
	p := testReportPage()
	p.Report.State, p.Report.Error = state, reason
	p.Report.Comparisons, p.Report.Profiles, p.Report.Warnings, p.Downloads, p.Flame = nil, nil, nil, nil, nil
	for i := range p.Report.Variants {
		p.Report.Variants[i].Fit = nil
	}
	p.Runs, p.Report.RunsDone = testRuns(), len(testRuns())
	return p
}

func testFailed() ReportPage {
	p := testEnded(profiler.Failed, "The child that measures resize used more than the 4.0 GiB it may: it was stopped.")
	p.Output = "runtime: memory allocated by OS (4294967296) exceeds limit\nfatal error: out of memory\n\ngoroutine 1 [running]:\nmain.main()\n"
	return p
}

func testItem(id int64, state string) HistoryItem {
	r := testReport()
	item := HistoryItem{
		Experiment: profiler.Experiment{ID: id, Case: r.Case, Params: r.Params, Config: r.Config, State: state, Created: day, Started: r.Started},
		Title:      r.Title,
		Variant:    "preallocated",
	}
	if state == profiler.Done {
		item.Experiment.Finished = r.Finished
		for _, c := range r.Comparisons {
			if c.Variant == item.Variant && c.Primary {
				item.Comparisons = append(item.Comparisons, c)
			}
		}
		item.Verdict = report.Overall(item.Comparisons)
	}
	return item
}

func testHistory() HistoryPage {
	noted := testItem(42, profiler.Done)
	noted.Experiment.Note, noted.Experiment.Tags = "Does reuse still pay at batch 64?", []string{"baseline", "batch-64"}
	flat := testItem(39, profiler.Done)
	for i := range flat.Comparisons {
		flat.Comparisons[i].Verdict, flat.Comparisons[i].Delta = report.Same, 0.04
	}
	flat.Verdict = report.Overall(flat.Comparisons)
	failed := testItem(40, profiler.Failed)
	failed.Experiment.Reason = "The child that measures resize used more than the 4.0 GiB it may: it was stopped."
	failed.Experiment.Finished = day.Add(time.Minute)
	return HistoryPage{
		Items: []HistoryItem{testItem(44, profiler.Queued), testItem(43, profiler.Running), noted, testItem(41, profiler.Canceled), failed, flat},
		Cases: []builtin.Case{testCase()},
		Next:  "/?cursor=39",
		First: "/",
	}
}

func testLaunch() LaunchPage {
	return LaunchPage{
		Cases: []builtin.Case{testCase()}, Case: testCase(),
		Form: Form{Values: map[string]string{"param.batch": "64", "param.width": "256", "param.rate": "0.01", "param.optimizer": "adam", "count": "6", "benchtime": "500ms", "gogc": "100"}},
		Preview: LaunchPreview{
			Known: true, Runs: 27, Measuring: 18, Rounds: 6, Points: 1, Variants: 3, Duration: 74 * time.Second, Basis: "scaled by how fast experiment 42 ran here",
			Memory: 48 << 20, MemoryLimit: 4 << 30,
			Decides: []string{
				"Bytes and allocations per operation are counted exactly: one round decides them.",
				"6 rounds can decide all 2 comparisons of times and sizes, if the change is larger than the noise.",
			},
			Predictions: testReport().Predictions,
		},
	}
}

func testFaultyLaunch() LaunchPage {
	p := testLaunch()
	p.Values["param.batch"], p.Values["count"] = "5000", "0"
	p.Faults = profiler.Faults{{Field: "param.batch", Message: "must be from 1 to 4096"}, {Field: "count", Message: "must be from 1 to 100 rounds"}, {Field: "", Message: "with these params a process would need 9.1 GiB; 4.0 GiB are allowed"}}
	p.Preview = LaunchPreview{}
	return p
}

func testLive() LivePage {
	r := testReport()
	r.State, r.Comparisons, r.Profiles, r.Finished = profiler.Running, nil, nil, time.Time{}
	r.Variants[0].Samples = map[string][]float64{profiler.BytesPerOp: {1_183_744, 1_183_744}, profiler.AllocsPerOp: {34, 34}, profiler.LiveHeap: {4_812_000, 4_790_000}}
	r.Variants[1].Samples = map[string][]float64{profiler.BytesPerOp: {2_368}, profiler.AllocsPerOp: {1.25}, profiler.LiveHeap: {4_815_000}}
	r.Variants[2].Samples = map[string][]float64{profiler.BytesPerOp: {384, 384}, profiler.AllocsPerOp: {0.4, 0.4}, profiler.LiveHeap: {4_806_000, 4_600_000}}
	return LivePage{Report: r, Done: 5, Total: 27, Left: 51 * time.Second, Runs: testRuns(), Current: "measure fresh, round 3 of 6", Output: "epoch 1 of 8\n"}
}

func testQueued() LivePage {
	p := testLive()
	p.Report.State, p.Position, p.Done, p.Runs, p.Output, p.Current = profiler.Queued, 2, 0, nil, "", ""
	for i := range p.Report.Variants {
		p.Report.Variants[i].Samples = nil
	}
	return p
}

func testShares() SharesPage {
	return SharesPage{
		ID: 42, Title: "Preallocated training buffers", Now: day,
		Link: "https://heaplab.example/s/hl_7fq2k9Xw4LbA0s8ZpQe31vTn",
		Shares: []ShareItem{
			{ID: 3, Hint: "hl_7fq2", Created: day, Expires: day.AddDate(0, 0, 30), Profiles: true},
			{ID: 2, Hint: "hl_k03x", Created: day.AddDate(0, 0, -9), Expires: day.AddDate(0, 0, -2)},
			{ID: 1, Hint: "hl_q88a", Created: day.AddDate(0, 0, -9), Expires: day.AddDate(0, 1, 0), Revoked: day},
		},
	}
}

// testArticle has claims that hold, that do not, and that nothing measured.
func testArticle() ArticlePage {
	r := testReport()
	claim := func(family, variant, unit string) ClaimItem {
		test := builtin.Test{Case: "preallocation", Variant: variant, Unit: unit}
		c := builtin.Claim{Family: family, Chinese: "预分配内存", English: "Preallocate", Says: "It saves memory.", Code: "It grows on demand.", Tests: []builtin.Test{test}}
		return ClaimItem{Claim: c, Outcomes: []Outcome{NewOutcome(test, &r)}}
	}
	none := claim("access", "preallocated", profiler.BytesPerOp)
	none.Outcomes = nil
	unmeasured := claim("access", "preallocated", profiler.BytesPerOp)
	unmeasured.Outcomes[0] = NewOutcome(unmeasured.Claim.Tests[0], nil)
	return ArticlePage{Claims: []ClaimItem{
		claim("allocation", "preallocated", profiler.BytesPerOp), claim("allocation", "preallocated", profiler.LiveHeap), none, unmeasured,
	}}
}
