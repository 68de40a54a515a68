package export

import (
	"html"
	"strings"

	"heaplab/profiler"
	"heaplab/profiler/report"
	"heaplab/profiler/words"
)

// causesMarkdown lists the functions of the measured Go module that changed most.
func causesMarkdown(r report.Report, after string) string {
	var rows [][]string
	row := func(name string, c report.Cause, before, after float64) {
		rows = append(rows, []string{
			name, markdownCode(c.Place()), words.Bytes(before), words.Bytes(after), words.Signed(profiler.BytesPerOp, after-before),
		})
	}
	causes := report.CausesOf(r, after)
	for _, c := range causes {
		before, now := c.Net()
		row(markdownCode(c.Function), c, before, now)
		if m := c.Moved; m != nil { // the row before is the sum of these two
			row("itself", c, c.Before, c.After)
			row(report.MovedWords(c)+" "+markdownCode(m.Function), *m, m.Before, m.After)
		}
	}
	if len(rows) == 0 {
		return ""
	}
	lead := "Bytes per operation by function of the module, with what it calls outside of the module"
	if !report.CausesDecided(r, after) {
		lead += ". The rounds do not show that bytes per operation changed, so these differences may be chance"
	}
	table := markdownTable([]string{"Function", "Line", "Before", "After", "Change"}, 2, rows)
	return strings.TrimSuffix(lead+":\n\n"+table+"\n\n"+codeMarkdown(causes), "\n\n")
}

// maxDiffLines is the largest number of lines of a diff in Markdown.
const maxDiffLines = 120

// codeMarkdown has the source code of the causes up to the first one that changed, folded.
func codeMarkdown(causes []report.Cause) string {
	var all []string
	for _, c := range causes {
		if c.Code == nil {
			break
		}
		all = append(all, foldedCode(c))
		if c.Code.Diff != "" {
			break
		}
	}
	return strings.Join(all, "\n\n")
}

// foldedCode has the difference of a function and what the compiler decided.
func foldedCode(c report.Cause) string {
	parts := []string{"<details><summary>Source code of <code>" + html.EscapeString(words.Plain(c.Function)) + "</code></summary>"}
	if remark := c.Code.Remark(); remark != "" {
		parts = append(parts, remark)
	}
	for _, note := range c.Code.Notes {
		parts = append(parts, markdown(note))
	}
	var escapes []string
	for _, e := range c.Code.EscapeLines() {
		escapes = append(escapes, markdownCode(e.Code)+" "+markdown(e.Text))
	}
	if len(escapes) > 0 {
		parts = append(parts, markdownList(escapes))
	}
	if lines := strings.Split(strings.TrimSuffix(c.Code.Diff, "\n"), "\n"); c.Code.Diff != "" {
		if len(lines) > maxDiffLines {
			lines = append(lines[:maxDiffLines], "…")
		}
		parts = append(parts, markdownBlock("diff", lines))
	}
	return strings.Join(append(parts, "</details>"), "\n\n")
}
