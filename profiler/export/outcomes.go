package export

import "heaplab/profiler/report"

// Outcomes lists the conditions of a check in Markdown, and whether they hold. It returns "" if there are
// none.
func Outcomes(all []report.Outcome) string {
	if len(all) == 0 {
		return ""
	}
	var items []string
	for _, o := range all {
		item := "✓ " + markdownCode(o.Gate.Text) + " does not hold: "
		if o.Holds {
			item = "✗ **" + markdownCode(o.Gate.Text) + " holds**: "
		}
		items = append(items, item+markdown(o.Text)+".")
	}
	return "The check fails if one of these holds:\n\n" + markdownList(items) + "\n"
}
