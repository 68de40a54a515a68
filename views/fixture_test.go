package views

import (
	"time"

	"heaplab/profiler"
	"heaplab/profiler/report"
	"heaplab/profiler/report/reporttest"
	"heaplab/profiler/subject/builtin"
)

// The pages of the tests are about the experiments of package reporttest.

func testCase() builtin.Case {
	source := func(body string) func() string {
		return func() string { return "func (m *network) step(x, y []float32) error {\n" + body + "}\n" }
	}
	return builtin.Case{
		Name:      "preallocation",
		Title:     "Preallocated training buffers",
		Technique: "Buffer reuse",
		Idea:      "A training step needs the same intermediate results every time. Allocating them again creates garbage in proportion to the batch; a set that is allocated once and reused creates none.",
		Limit:     "It removes the garbage of a step, not its working memory: the memory in use at the peak stays the same.",
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

func testDesign() profiler.Design {
	c := testCase()
	return c.Design(reporttest.Comparison().Params)
}

func testReportPage() ReportPage {
	return ReportPage{
		Report: reporttest.Comparison(), SelfURL: "/experiments/42", Flame: flameOf(reporttest.Comparison(), "preallocated"),
		Calibrate: CalibrateForm{Case: "preallocation", Values: map[string]string{"param.batch": "64", "gogc": "100"}, Duration: 26 * time.Second},
		Commands: []Command{
			{"As a Go benchmark", []string{"go test ./profiler/cases -bench Cases/preallocation \\", "  -params batch=64,optimizer=adam,rate=0.01,width=256"}},
			{"As an experiment", []string{"heaplab run preallocation --param batch=64 --param width=256"}},
			{"Look into a profile", []string{"go tool pprof http://127.0.0.1:8080/api/v1/experiments/42/profiles/fresh.pb.gz"}},
		},
		Downloads: []Download{
			{"fresh.allocs.pb.gz", "/api/v1/experiments/42/profiles/fresh.pb.gz?kind=allocs", 4211, "", "/experiments/42/pprof/fresh/allocs/"},
			{"preallocated.allocs.pb.gz", "/api/v1/experiments/42/profiles/preallocated.pb.gz?kind=allocs", 2044, "", ""},
			{"fresh-preallocated.allocs.diff.pb.gz", "/api/v1/experiments/42/profiles/diff.pb.gz?kind=allocs", 0, "preallocated over 1000 calls minus fresh over 1000, not scaled", ""},
		},
		Rounds: &RoundsForm{Experiment: 42, Rounds: "4", Least: 1, Most: 94, Duration: 17 * time.Second},
		Exports: []Export{
			{"Markdown", "for a pull request", "/experiments/42/report.md"},
			{"pprof diff", "the difference, as one profile", "/api/v1/experiments/42/profiles/diff.pb.gz?kind=allocs"},
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

// testEnded is an experiment that ended before its last run.
func testEnded(state profiler.State, reason string) ReportPage {
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

func testItem(id int64, state profiler.State) HistoryItem {
	r := reporttest.Comparison()
	item := HistoryItem{
		Experiment: profiler.Experiment{ID: id, Design: testDesign(), Config: r.Config, State: state, Created: reporttest.Day, Started: r.Started},
	}
	if state == profiler.Done {
		item.Experiment.Finished = r.Finished
		for _, c := range r.Comparisons {
			if c.Variant == "preallocated" && c.Primary {
				item.Comparisons = append(item.Comparisons, c)
			}
		}
		item.Conclusion = report.Conclude(r, "preallocated")
	}
	return item
}

func testHistory() HistoryPage {
	noted := testItem(42, profiler.Done)
	noted.Experiment.Note, noted.Experiment.Tags = "Does reuse still pay at batch 64?", []string{"baseline", "batch-64"}
	flat := testItem(39, profiler.Done)
	flat.Conclusion = report.Conclusion{Verdict: report.Same, Headline: "No saving: bytes per operation did not change"}
	failed := testItem(40, profiler.Failed)
	failed.Experiment.Reason = "The child that measures resize used more than the 4.0 GiB it may: it was stopped."
	failed.Experiment.Finished = reporttest.Day.Add(time.Minute)
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
			Known: true, Runs: 27, Measuring: 18, Rounds: 6, Rows: 1, Variants: 3, Duration: 74 * time.Second, Basis: "scaled by how fast experiment 42 ran here",
			Memory: 48 << 20, MemoryLimit: 4 << 30,
			Decides: []string{
				"Bytes and allocations per operation are counted exactly: one round decides them.",
				"6 rounds can decide all 2 comparisons of times and sizes, if the change is larger than the noise.",
			},
			Predictions: reporttest.Comparison().Predictions,
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
	r := reporttest.Comparison()
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
		ID: 42, Title: "Preallocated training buffers", Now: reporttest.Day,
		Link: "https://heaplab.example/s/hl_7fq2k9Xw4LbA0s8ZpQe31vTn",
		Shares: []ShareItem{
			{ID: 3, Hint: "hl_7fq2", Created: reporttest.Day, Expires: reporttest.Day.AddDate(0, 0, 30), Profiles: true},
			{ID: 2, Hint: "hl_k03x", Created: reporttest.Day.AddDate(0, 0, -9), Expires: reporttest.Day.AddDate(0, 0, -2)},
			{ID: 1, Hint: "hl_q88a", Created: reporttest.Day.AddDate(0, 0, -9), Expires: reporttest.Day.AddDate(0, 1, 0), Revoked: reporttest.Day},
		},
	}
}

// testEvidence is an experiment of 6 rounds with a newer one of 1 round.
func testEvidence() profiler.Evidence {
	best, newer := testItem(42, profiler.Done).Experiment, testItem(43, profiler.Done).Experiment
	best.Config.Count, newer.Config.Count = 6, 1
	return profiler.Evidence{Best: &best, Newer: &newer}
}

// testArticle has claims that hold, claims that do not, and claims without a measurement.
func testArticle() ArticlePage {
	r, evidence := reporttest.Comparison(), testEvidence()
	claim := func(family string, outcomes ...Outcome) ClaimItem {
		c := builtin.Claim{Family: family, Chinese: "预分配内存", English: "Preallocate", Says: "It saves memory.", Code: "It grows on demand."}
		return ClaimItem{Claim: c, Outcomes: outcomes}
	}
	bytes := builtin.Test{Case: "preallocation", Variant: "preallocated", Unit: profiler.BytesPerOp}
	live := builtin.Test{Case: "preallocation", Variant: "preallocated", Unit: profiler.LiveHeap}
	return ArticlePage{Claims: []ClaimItem{
		claim("allocation", NewOutcome(bytes, evidence, &r), NewOutcome(live, evidence, &r)),
		claim("access"),
		claim("access", NewOutcome(bytes, profiler.Evidence{}, nil), NewOutcome(live, profiler.Evidence{Other: evidence.Best}, nil)),
	}}
}
