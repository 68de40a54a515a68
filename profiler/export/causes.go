package export

import (
	"heaplab/profiler"
	"heaplab/profiler/report"
	"heaplab/profiler/words"
)

// causesMarkdown lists the functions of the measured Go module that changed most.
func causesMarkdown(r report.Report, after string) string {
	var rows [][]string
	for _, c := range report.CausesOf(r, after) {
		rows = append(rows, []string{
			markdownCode(c.Function), markdownCode(c.Place()),
			words.Bytes(c.Before), words.Bytes(c.After), words.Signed(profiler.BytesPerOp, c.After-c.Before),
		})
	}
	if len(rows) == 0 {
		return ""
	}
	lead := "Bytes per operation by function of the module, with what it calls outside of the module"
	if !report.CausesDecided(r, after) {
		lead += ". The rounds do not show that bytes per operation changed, so these differences may be chance"
	}
	return lead + ":\n\n" + markdownTable([]string{"Function", "Line", "Before", "After", "Change"}, 2, rows)
}
