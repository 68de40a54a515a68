package views

import (
	"fmt"

	"heaplab/profiler"
	"heaplab/profiler/words"
)

func liveTitle(p LivePage) string {
	return fmt.Sprintf("%s: %s %s", stateWords[p.Report.State], words.Plain(p.Report.Title), number(p.Report.ID))
}

// announcement is the progress for screen readers. It changes in four steps, not with every run.
func announcement(p LivePage) string {
	if p.Position > 0 || p.Total == 0 {
		return liveHeading(p)
	}
	const steps = 4
	value, whole := progressOf(p)
	return fmt.Sprintf("%s: %d%% done", liveHeading(p), value*steps/max(whole, 1)*100/steps)
}

// thoseBefore names the experiments ahead of a position in the queue.
func thoseBefore(position int) string {
	if position == 1 {
		return "the experiment ahead of it"
	}
	return "the experiments ahead of it"
}

func liveHeading(p LivePage) string {
	switch {
	case p.Position == 1:
		return "Next in the queue"
	case p.Position > 1:
		return fmt.Sprintf("Number %d in the queue", p.Position)
	case p.Report.State == profiler.Queued:
		return "About to start"
	}
	return "Measuring"
}

func liveSentence(p LivePage) string {
	switch {
	case p.Position > 0:
		return "Only one experiment runs at a time, so that experiments do not disturb each other. This one starts automatically."
	case p.Current != "":
		return "Now: " + words.Plain(p.Current)
	}
	return "Starting the first process."
}
