package views

import (
	"fmt"
	"net/url"
	"strings"

	"heaplab/profiler"
)

// A CaseResult is the result of a case with its default params.
type CaseResult struct {
	profiler.Evidence
	Item HistoryItem // of Best
}

// ideaStart is the number of bytes that the list of cases shows of an idea at first.
const ideaStart = 240

// splitIdea returns the first sentences of an idea, at least one, and the rest.
func splitIdea(idea string) (start, rest string) {
	for _, sentence := range strings.SplitAfter(idea, ". ") {
		if start != "" && (rest != "" || len(start)+len(sentence) > ideaStart) {
			rest += sentence
		} else {
			start += sentence
		}
	}
	return strings.TrimSpace(start), rest
}

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
