package views

import (
	"regexp"
	"strings"
	"testing"

	"heaplab/profiler"
	"heaplab/profiler/report"
)

func TestMarkdownText(t *testing.T) {
	for text, want := range map[string]string{
		"":                            "",
		"plain, −3.2% (p = 0.002).":   "plain, −3.2% (p = 0.002).",
		"two\n\n lines":               "two lines",
		"a|b":                         `a\|b`,
		"`code` *b* _i_ ~s~ $x$":      "\\`code\\` \\*b\\* \\_i\\_ \\~s\\~ \\$x\\$",
		"<b>&amp;":                    `\<b\>\&amp;`,
		"[a](javascript:x)":           `\[a\](javascript:x)`,
		`back\slash`:                  `back\\slash`,
		"# heading":                   `\# heading`,
		"- item":                      `\- item`,
		"12. item":                    `12\. item`,
		"-0.5":                        "-0.5",
		"@team":                       "@\u200bteam",
		"closes #12":                  "closes \\#\u200b12",
		"gh-12":                       "gh\u200b-12",
		"https://evil.example":        "https:/\u200b/evil.example",
		"WWW.evil.example":            "WWW\u200b.evil.example",
		"right\u202eleft":             `right\\u202eleft`,
		"someone@evil.example":        "someone@\u200bevil.example",
		"![x](https://evil.example/)": "!\\[x\\](https:/\u200b/evil.example/)",
	} {
		if got := markdown(text); got != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
}

func TestMarkdownCode(t *testing.T) {
	for name, want := range map[string]string{
		"model.(*Dense).Forward": "`model.(*Dense).Forward`",
		"@team #1":               "`@team #1`",
		"a|b":                    `a\|b`,
		"a`b":                    "a\\`b",
		" padded":                "padded",
		"":                       "",
		"two\nlines":             "`two\\nlines`",
	} {
		if got := markdownCode(name); got != want {
			t.Errorf("%q: %q, want %q", name, got, want)
		}
	}
	if got, want := markdownBlock("sh", []string{"a", "```", "b"}), "````sh\na\n```\nb\n````"; got != want {
		t.Errorf("block %q, want %q", got, want)
	}
}

// Whatever texts from outside hold, they open no markup, and every row keeps its cells.
func TestMarkdownOfHostileText(t *testing.T) {
	sweep, calibration := testSweep(), testCalibration()
	sweep.Sweep = &profiler.Sweep{Over: hostile, Values: []string{hostile, "2", hostile}}
	for i := range sweep.Points {
		sweep.Points[i].Value = hostile
		for j := range sweep.Points[i].Variants {
			sweep.Points[i].Variants[j].Name += hostile
		}
	}
	calibration.Title, calibration.Variants[0].Name = hostile, hostile
	calibration.Variants[0].Samples[hostile] = around(1)
	failed := hostileReport()
	failed.State = profiler.Failed
	for name, r := range map[string]report.Report{"comparison": hostileReport(), "failed": failed, "sweep": sweep, "calibration": calibration} {
		t.Run(name, func(t *testing.T) {
			r.URL = "https://heaplab.example/experiments/42"
			text := Markdown(ReportPage{Report: r, Commands: []Command{{hostile, []string{"run it"}}}})
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

// outsideCode is a text without what stands in code spans.
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
