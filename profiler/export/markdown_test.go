package export

import (
	"regexp"
	"strings"
	"testing"

	"heaplab/profiler"
	"heaplab/profiler/profilertest/golden"
	"heaplab/profiler/report"
	"heaplab/profiler/report/reporttest"
)

// functionRows are the functions of the comparison that changed.
var functionRows = Functions{Unit: "bytes per op", Rows: []FunctionRow{
	{"heaplab/profiler/model.(*Dense).Forward", "512 KiB", "0 B", "−512 KiB"},
	{"heaplab/profiler/model.(*Dense).Backward", "449 KiB", "0 B", "−449 KiB"},
	{"heaplab/profiler/model.NewMatrix[…]", "128 KiB", "0 B", "−128 KiB"},
	{"heaplab/profiler/model.softmax", "64 KiB", "0 B", "−64 KiB"},
	{"heaplab/profiler/model.(*Adam).Update", "2.62 KiB", "0 B", "−2.62 KiB"},
	{"heaplab/profiler/model.(*buffers).grow", "0 B", "1.94 KiB", "+1.94 KiB"},
}}

func TestExports(t *testing.T) {
	comparison, failed := reporttest.WithSamples(reporttest.Comparison()), reporttest.Comparison()
	comparison.URL = "https://heaplab.example/s/hl_7fq2k9"
	failed.State, failed.Error, failed.RunsDone = profiler.Failed, "The child that measures resize used more than the 4.0 GiB it may: it was stopped.", 5
	failed.Comparisons, failed.Profiles, failed.Warnings = nil, nil, nil
	for i := range failed.Variants {
		failed.Variants[i].Fit = nil
	}
	reproduce := []string{"go test ./profiler/cases -bench Cases/preallocation \\", "  -params batch=64,optimizer=adam,rate=0.01,width=256"}
	imported := Functions{Unit: "bytes allocated", Rows: []FunctionRow{{"main.parse", "800 MiB", "100 MiB", "−700 MiB"}}}
	golden.Check(t, "import.md", Markdown(Document{Report: reporttest.Import(), Functions: imported}))
	for name, d := range map[string]Document{
		"comparison":  {Report: comparison, Reproduce: reproduce, Functions: functionRows},
		"rows":        {Report: reporttest.Rows(), Reproduce: reproduce},
		"sweep":       {Report: reporttest.Sweep(), Reproduce: reproduce},
		"calibration": {Report: reporttest.Calibration(), Reproduce: reproduce},
		"failed":      {Report: failed, Reproduce: reproduce},

		"import_rounds": {Report: reporttest.ImportOfRounds()},
	} {
		t.Run(name, func(t *testing.T) {
			golden.Check(t, name+".md", Markdown(d))
			text, err := BenchText(d.Report)
			if err != nil {
				t.Fatal(err)
			}
			golden.Check(t, name+".txt", string(text))
			table, err := CSV(d.Report)
			if err != nil {
				t.Fatal(err)
			}
			golden.Check(t, name+".csv", string(table))
		})
	}
}

// Texts from outside never become markup, and every row of a table keeps its cells.
func TestMarkdownOfHostileText(t *testing.T) {
	sweep, calibration := reporttest.Sweep(), reporttest.Calibration()
	sweep.Sweep = &profiler.Sweep{Over: reporttest.HostileText, Values: []string{reporttest.HostileText, "2", reporttest.HostileText}}
	for i := range sweep.Rows {
		sweep.Rows[i].Value = reporttest.HostileText
		for j := range sweep.Rows[i].Variants {
			sweep.Rows[i].Variants[j].Name += reporttest.HostileText
		}
	}
	calibration.Title, calibration.Variants[0].Name = reporttest.HostileText, reporttest.HostileText
	calibration.Variants[0].Samples[reporttest.HostileText] = reporttest.Around(1)
	failed := reporttest.Hostile()
	failed.State = profiler.Failed
	for name, r := range map[string]report.Report{"comparison": reporttest.Hostile(), "failed": failed, "sweep": sweep, "calibration": calibration} {
		t.Run(name, func(t *testing.T) {
			r.URL = "https://heaplab.example/experiments/42"
			text := Markdown(Document{Report: r, Reproduce: []string{"run it"}, Functions: Functions{Unit: "bytes per op", Rows: []FunctionRow{{Name: reporttest.HostileText}}}})
			if strings.ContainsAny(text, "\u202e\x1b") {
				t.Error("invisible characters reach the text as they are")
			}
			for _, active := range []string{`[^\\]<[a-z]`, "@[a-z]", "#[0-9]", `://evil`, `(?m)^- x`, `[^\\]\]\([^<]`} {
				if found := regexp.MustCompile(active).FindString(outsideCode(strings.Replace(text, "[Report](<"+r.URL+">)", "", 1))); found != "" {
					t.Errorf("%q is in\n%s", found, text)
				}
			}
			checkTables(t, text)
		})
	}
}

// outsideCode returns a text without its code spans.
func outsideCode(text string) string {
	return regexp.MustCompile("(^|[^\\\\])`[^`\n]*`").ReplaceAllString(text, "$1")
}

func checkTables(t *testing.T, text string) {
	t.Helper()
	cells := 0
	for line := range strings.Lines(text) {
		if !strings.HasPrefix(line, "|") {
			cells = 0
			continue
		}
		n := strings.Count(strings.NewReplacer(`\\`, "", `\|`, "").Replace(line), "|")
		if cells == 0 {
			cells = n
		}
		if n != cells {
			t.Errorf("%d borders of cells, want %d: %s", n, cells, line)
		}
	}
}
