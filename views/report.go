package views

import (
	"fmt"
	"strconv"

	"heaplab/profiler"
	"heaplab/profiler/report"
	"heaplab/profiler/words"
)

// kindTitle returns the kind of an experiment, or "" for a comparison of a case's variants.
func kindTitle(subject string, kind profiler.Kind, sweep *profiler.Sweep) string {
	d := profiler.Design{Subject: subject}
	switch {
	case subject == profiler.SubjectGoBench:
		return "Go benchmark"
	case d.Case() == "":
		return words.Plain(subject)
	case sweep != nil:
		return "sweep of " + words.Plain(sweep.Title())
	case kind == profiler.KindCalibration:
		return "calibration"
	}
	return ""
}

func reportChrome(p ReportPage, c report.Conclusion) Chrome {
	chrome := Chrome{Title: words.Plain(p.Report.Title), Section: sectionExperiments, ReadOnly: p.Shared, Foot: reportFoot(p), Flame: p.Flame != nil, Plots: len(timelineSides(p.Report, report.Chosen(p.Report, p.After))) == 2}
	if c.Verdict != "" {
		chrome.Title += ": " + c.Headline
	}
	if !p.Report.Measured() {
		c.Text = c.Headline + ". " + c.Text
	}
	if p.Shared {
		chrome.Description, chrome.URL, chrome.Image = c.Text, p.Report.URL, p.Image
	}
	return chrome
}

func reportFoot(p ReportPage) string {
	if !p.Shared {
		return "Experiment " + number(p.Report.ID)
	}
	return fmt.Sprintf("A frozen report, read-only. The link is valid until %s.", words.Date(p.Expires))
}

func endedNext(p ReportPage) string {
	switch {
	case p.Report.RunsDone > 0 && hasResult(p.Report):
		return "The results up to that point are shown below. They are based on fewer rounds than planned."
	case p.Report.RunsDone > 0 && len(p.Runs) > 0:
		return "The finished runs are shown below, but they are too few to compare the variants."
	case p.Report.RunsDone > 0:
		return "The finished runs are too few to compare the variants."
	case p.Report.State == profiler.Canceled:
		return "No run had finished."
	case p.Report.State == profiler.Interrupted:
		return "The experiment itself did not fail. Launch it again."
	}
	return "Nothing was measured. Launch it again, with smaller params if it needed too much time or memory."
}

// hasResult reports whether there were enough runs for a result.
func hasResult(r report.Report) bool {
	return len(r.Comparisons) > 0 || !r.Measured() || len(report.Trades(r.Rows)) > 0 || r.Kind == profiler.KindCalibration && r.Calibration != nil && len(r.Calibration.Floors) > 0
}

// reproduceLead introduces the commands that reproduce a report.
func reproduceLead(p ReportPage) string {
	text := "The same work in a shell"
	if reason := noButtons(p); reason != "" && !p.Shared {
		text += ". " + reason
	}
	return text
}

// noButtons says why the page of an experiment has no buttons to clone or continue it, or "" if it has them.
func noButtons(p ReportPage) string {
	switch p.Report.Source {
	case profiler.SubjectGoBench:
		if p.Cloneable {
			return ""
		}
		return "The environment variables of the benchmarks are not stored, so rounds cannot be added later: launch them again."
	case profiler.SubjectCommand:
		return "The environment variables of the commands are not stored, so rounds cannot be added later: run heaplab exec again."
	case profiler.SubjectImport:
		return "The results were measured elsewhere: import files with more results."
	}
	return ""
}

func cloneURL(id int64) string { return "/experiments/new?from=" + strconv.FormatInt(id, 10) }
