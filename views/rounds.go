package views

import (
	"fmt"
	"strconv"
	"time"

	"heaplab/profiler/words"
)

// A RoundsForm continues an experiment that has ended.
type RoundsForm struct {
	Experiment  int64
	Rounds      string        // value of the field
	Least, Most int           // rounds that can be added
	Duration    time.Duration // of these rounds and of the rest of the plan; 0 if not known
	Lacking     int           // rounds that the verdict needs in addition; 0 if it has enough
	Left        int           // runs that the plan lacks
	LeftTime    time.Duration // of these runs; 0 if not known
	Fault       string        // of the field, or ""
	Refusal     string        // why the experiment cannot be continued, or ""
}

// roundsURL is the address that the form is sent to.
func (f RoundsForm) roundsURL() string { return experimentURL(f.Experiment) + "/rounds" }

// least returns the smallest number that the field takes. The button Continue adds no rounds.
func (f RoundsForm) least() string { return strconv.Itoa(max(f.Least, 1)) }

// estimate says how long the proposed rounds take.
func (f RoundsForm) estimate() string {
	if f.Duration <= 0 || f.Fault != "" {
		return ""
	}
	return fmt.Sprintf("%s more: about %s.", f.Rounds, words.About(f.Duration))
}

// leftText says how much of the plan is left.
func (f RoundsForm) leftText() string {
	text := words.Plural(f.Left, "run") + " of the plan left"
	if f.LeftTime > 0 {
		text += ", about " + words.About(f.LeftTime)
	}
	return text
}

// canContinue reports whether the page has the button Continue.
func (p ReportPage) canContinue() bool {
	return p.Rounds != nil && p.Rounds.Refusal == "" && p.Rounds.Least == 0
}
