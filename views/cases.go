package views

import (
	"fmt"
	"net/url"

	"heaplab/profiler"
)

func pastText(n int) string {
	switch n {
	case 0:
		return "This case has not been measured here yet."
	case 1:
		return "The last experiment of this case"
	}
	return fmt.Sprintf("The last %d experiments of this case", n)
}

// subjectURL returns the address of a case's page, or of the list of another subject's experiments.
func subjectURL(subject string) string {
	d := profiler.Design{Subject: subject}
	if name := d.Case(); name != "" {
		return caseURL(name)
	}
	return "/?case=" + url.QueryEscape(subject)
}

func caseURL(name string) string { return "/cases/" + url.PathEscape(name) }

func launchURL(name string) string {
	if name == "" {
		return "/experiments/new"
	}
	return "/experiments/new?case=" + url.QueryEscape(name)
}
