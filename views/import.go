package views

import (
	"net/url"

	"heaplab/profiler"
	"heaplab/profiler/report"
	"heaplab/profiler/subject/imported"
	"heaplab/profiler/words"
)

func isImportField(name string) bool {
	switch name {
	case profiler.ImportBaseline, profiler.ImportVariant, profiler.ImportBinary(profiler.ImportBaseline), profiler.ImportBinary(profiler.ImportVariant),
		"title", "note", "tags", imported.FieldBaselineCount, imported.FieldVariantCount, imported.FieldCountUnit:
		return true
	}
	return false
}

// totalVerdict returns the class of a total, which has a colour only if rounds were tested.
func totalVerdict(t report.Total) string {
	if t.Comparison == nil {
		return ""
	}
	return verdictClass(t.Comparison.Verdict)
}

// divisorChoices returns the links to the report with its values divided by something else.
func divisorChoices(p ReportPage) []choice {
	if p.Shared {
		return nil
	}
	var all []choice
	for _, per := range p.Report.Choices() {
		text, help := "Whole profiles", "not divided"
		if d := p.Report.DivisorBy(per); d != nil {
			text, help = "Per "+words.Plain(d.Singular()), "divided by the number of "+words.Plain(d.Unit)
		}
		all = append(all, choice{text, p.SelfURL + "?" + url.Values{"divide": {per}}.Encode(), help, per == p.Report.Per()})
	}
	return all
}

func importFilesLead(r report.Report) string {
	if report.Rounds(r) > 1 {
		return "The sums of the profiles of each side, their difference, and the uploaded files"
	}
	return "The uploaded profiles, and their difference"
}
