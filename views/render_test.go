package views

import (
	"bytes"
	"context"
	"flag"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/a-h/templ"

	"heaplab/profiler"
	"heaplab/profiler/report"
	"heaplab/profiler/report/reporttest"
	"heaplab/profiler/subject/builtin"
)

var renderDir = flag.String("render", "", "write every page in every state to `DIR`, to look at")

// A state is a page in one of its states.
type state struct {
	name string
	page templ.Component
}

func states() []state {
	shared := testReportPage()
	shared.Shared, shared.SelfURL, shared.Expires = true, "https://heaplab.example/s/hl_7fq2k9", reporttest.Day.AddDate(0, 0, 30)
	two := testReportPage()
	two.Report.Variants = []report.VariantReport{two.Report.Variants[0], two.Report.Variants[2]}
	resize := testReportPage()
	resize.After = "resize"
	partial := testReportPage()
	partial.Report.State, partial.Report.Error, partial.Runs = profiler.Interrupted, "The server stopped.", testRuns()
	partial.Report.RunsDone = len(partial.Runs)
	partial.Rounds = &RoundsForm{Experiment: 42, Rounds: "4", Most: 94, Duration: 40 * time.Second, Left: 13, LeftTime: 20 * time.Second}
	added, refused, faulty := testReportPage(), testReportPage(), testReportPage()
	added.Report.Added = []profiler.Addition{{At: reporttest.Day, Rounds: 4}}
	refused.Rounds = &RoundsForm{Experiment: 42, Refusal: "This experiment cannot be continued: the kernel was 6.1 and is 6.2 now. Launch it again."}
	lacking := testReportPage()
	lacking.Rounds.Rounds, lacking.Rounds.Lacking = "3", 3
	faulty.Rounds.Rounds, faulty.Rounds.Fault = "1000", "must be a whole number from 1 to 94"
	fresh := testEnded(profiler.Canceled, "")
	fresh.Runs, fresh.Report.RunsDone = nil, 0
	sweep, sharedSweep, calibration := testReportPage(), testReportPage(), testReportPage()
	sweep.Report, sharedSweep.Report, calibration.Report = reporttest.Sweep(), reporttest.Sweep(), reporttest.Calibration()
	sharedSweep.Shared = true
	rows := testReportPage()
	rows.Report = reporttest.Rows()
	calibrated := testReportPage()
	calibrated.Report.Calibration = &report.Calibration{Experiment: 7, At: reporttest.Day, Runs: 24, Same: true, Floors: map[string]float64{}}
	calibrated.Report.Comparability = []string{"The machine was busy during the runs."}
	unknown, nothing, sharedSource := testSourcePage(), testSourcePage(), testSourcePage()
	unknown.Missing, nothing.Listings, sharedSource.Shared = "The built-in code has changed since this was measured.", nil, true
	noShares := testShares()
	noShares.Shares, noShares.Link, noShares.Fault = nil, "", "An experiment can be shared when it has ended."
	flamed, missing := testReportPage(), testProfilePage(func(*ProfileQuery) {})
	flame, misspelt := missing, missing
	flamed.Flame = &flame
	misspelt.Query.Ignore, misspelt.Faults = "(", profiler.Faults{{Field: "ignore", Message: "is no regular expression (RE2): missing closing ): ("}}
	missing.Missing, missing.Shared, missing.Diff, missing.Graph = "The profile is larger than 64 MiB once it is decompressed.", true, nil, nil
	evidence := testEvidence()
	result := CaseResult{Evidence: evidence, Item: testItem(42, profiler.Done)}
	cases := []builtin.Case{testCase()}
	return []state{
		{"history", History(testHistory())},
		{"history-empty", History(HistoryPage{Unfiltered: true, Cases: cases})},
		{"history-nothing", History(HistoryPage{Query: "xyz", Tag: "batch-64", Cases: cases})},
		{"article", Article(testArticle())},
		{"predict", Predict(testPredict())},
		{"predict-choose", Predict(PredictPage{Folder: true, Models: testPredict().Models})},
		{"predict-fault", Predict(PredictPage{Folder: true, Models: testPredict().Models, File: "large.gguf", Fault: "large.gguf is a GGUF file of version 9; 2 and 3 are understood."})},
		{"predict-nothing", Predict(PredictPage{Folder: true})},
		{"predict-nowhere", Predict(PredictPage{})},
		{"cases", Cases(CasesPage{Cases: cases, Results: map[string]CaseResult{"preallocation": result}})},
		{"cases-unmeasured", Cases(CasesPage{Cases: cases})},
		{"cases-other-params", Cases(CasesPage{Cases: cases, Results: map[string]CaseResult{"preallocation": {Evidence: profiler.Evidence{Other: evidence.Best}}}})},
		{"case", Case(CasePage{Case: testCase(), Result: result, Past: []HistoryItem{testItem(42, profiler.Done)}, Predictions: reporttest.Comparison().Predictions})},
		{"launch", Launch(testLaunch())},
		{"launch-faults", Launch(testFaultyLaunch())},
		{"import", Import(testImportForm())},
		{"import-faults", Import(testFaultyImportForm())},
		{"live", Live(testLive())},
		{"live-queued", Live(testQueued())},
		{"report", Report(testReportPage())},
		{"report-causes", Report(testCausesPage())},
		{"report-calibrated", Report(calibrated)},
		{"report-sweep", Report(sweep)},
		{"report-rows", Report(rows)},
		{"report-sweep-shared", Report(sharedSweep)},
		{"report-calibration", Report(calibration)},
		{"report-import", Report(ReportPage{Report: reporttest.Import(), Flame: flameOf(reporttest.Import(), profiler.ImportVariant), SelfURL: "/experiments/7"})},
		{"report-import-shared", Report(ReportPage{Report: reporttest.Import(), Flame: flameOf(reporttest.Import(), profiler.ImportVariant), SelfURL: "/s/x", Shared: true})},
		{"report-import-rounds", Report(ReportPage{Report: reporttest.ImportOfRounds(), Flame: flameOf(reporttest.ImportOfRounds(), profiler.ImportVariant), SelfURL: "/experiments/8"})},
		{"report-added", Report(added)},
		{"report-rounds-refused", Report(refused)},
		{"report-rounds-lacking", Report(lacking)},
		{"report-rounds-fault", Report(faulty)},
		{"report-two", Report(two)},
		{"report-resize", Report(resize)},
		{"report-failed", Report(testFailed())},
		{"report-canceled", Report(fresh)},
		{"report-interrupted", Report(partial)},
		{"report-shared", Report(shared)},
		{"report-flame", Report(flamed)},
		{"profile", Profile(testProfilePage(func(*ProfileQuery) {}))},
		{"profile-change", Profile(testProfilePage(func(q *ProfileQuery) { q.Width = WidthChange }))},
		{"profile-focus", Profile(testProfilePage(func(q *ProfileQuery) { q.Focus, q.Search, q.Depth = "decode", "Pool", 2 }))},
		{"profile-calls", Profile(testProfilePage(func(q *ProfileQuery) { q.View, q.Focus = ViewCalls, "decode" }))},
		{"profile-top", Profile(testProfilePage(func(q *ProfileQuery) { q.View, q.Per = ViewTop, PerShare }))},
		{"profile-nowhere", Profile(testProfilePage(func(q *ProfileQuery) { q.Focus = "nowhere" }))},
		{"profile-faults", Profile(misspelt)},
		{"profile-missing", Profile(missing)},
		{"compare", Compare(testCompare())},
		{"compare-choose", Compare(ComparePage{Candidates: []HistoryItem{testItem(42, profiler.Done)}})},
		{"compare-faults", Compare(ComparePage{IDs: []string{"9"}, Faults: profiler.Faults{{Field: "id", Message: "there is no experiment 9"}}})},
		{"pprof", Pprof(PprofPage{Report: reporttest.Comparison(), Profile: reporttest.Comparison().Profiles[0], Reason: "is larger than 200 KiB", Commands: []Command{{"Look into it", []string{"go tool pprof 'http://x'"}}}})},
		{"source", Source(testSourcePage())},
		{"source-missing", Source(unknown)},
		{"source-nothing", Source(nothing)},
		{"source-shared", Source(sharedSource)},
		{"shares", Shares(testShares())},
		{"shares-fault", Shares(noShares)},
		{"api", APIDocs(APIDocsPage{Version: "1.0.0", Operations: []APIOperation{{"GET", "/api/v1/cases", "List the cases"}, {"DELETE", "/api/v1/experiments/{id}", "Delete an experiment"}}})},
		{"error-link", Error(ErrorPage{Status: 404, Title: "Not found", Message: "The link may be incomplete, expired or revoked.", ReadOnly: true})},
		{"error", Error(ErrorPage{Status: 404, Title: "There is no experiment 99", Message: "It was deleted, or it never existed.", Next: "See all experiments", NextURL: "/"})},
	}
}

func render(t *testing.T, c templ.Component) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := c.Render(context.Background(), &b); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// TestRender writes the pages to the folder given by -render.
func TestRender(t *testing.T) {
	if *renderDir == "" {
		t.Skip("no -render DIR")
	}
	if err := os.MkdirAll(*renderDir, 0o755); err != nil {
		t.Fatal(err)
	}
	for _, s := range states() {
		if err := os.WriteFile(filepath.Join(*renderDir, s.name+".html"), render(t, s.page), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}
