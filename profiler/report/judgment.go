package report

import (
	"fmt"
	"time"

	"heaplab/profiler"
	"heaplab/profiler/words"
)

// A Judgment says which noise floors the verdicts of an experiment use. It is stored with the
// experiment, so that a later calibration does not change its report. Judging again adds another
// judgment; the last one applies.
type Judgment struct {
	At          time.Time
	Calibration *Calibration // nil for the default floors
	Excluded    *Exclusion   // a calibration that did not apply; nil if there was none or another applied
	Distrust    Distrust     // stored, because lists do not read the runs
}

// NewDistrust returns which values of an experiment must not be compared. Only its measure runs matter.
func NewDistrust(e profiler.Experiment, runs []profiler.Run) Distrust {
	_, d := comparability(e, runs)
	return d
}

// A Judged is a judgment in a report.
type Judged struct {
	At          time.Time  `json:"at"`
	Calibration int64      `json:"calibration,omitempty" doc:"id of the calibration that gave the noise floors; missing for the default floors"`
	Excluded    *Exclusion `json:"excluded,omitempty" doc:"a calibration of the same subject and machine that did not apply"`
}

// NewJudged returns judgments as reports have them.
func NewJudged(all []Judgment) []Judged {
	var out []Judged
	for _, j := range all {
		out = append(out, Judged{At: j.At, Calibration: j.With(), Excluded: j.Excluded})
	}
	return out
}

// With returns the id of the calibration that gave the noise floors, or 0 for the default floors.
func (j *Judgment) With() int64 {
	if j.Calibration == nil {
		return 0
	}
	return j.Calibration.Experiment
}

// SameFloors reports whether two judgments have the noise floors of the same calibration. A calibration
// that was continued has others than before.
func (j *Judgment) SameFloors(other Judgment) bool {
	if j.Calibration == nil || other.Calibration == nil {
		return j.Calibration == other.Calibration
	}
	return j.With() == other.With() && j.Calibration.At.Equal(other.Calibration.At)
}

// LastJudgment returns the judgment that applies. It is the zero Judgment if there is none.
func LastJudgment(all []Judgment) Judgment {
	if len(all) == 0 {
		return Judgment{}
	}
	return all[len(all)-1]
}

// A Candidate is a calibration that may apply to an experiment.
type Candidate struct {
	Experiment profiler.Experiment
	Result     Calibration
}

// NewJudgment chooses the noise floors of an experiment: those of the first candidate that applies, or
// else the default floors. The candidates have e's subject and machine, newest first. The judgment has
// no Distrust.
func NewJudgment(e profiler.Experiment, candidates []Candidate, at time.Time) Judgment {
	j := Judgment{At: at}
	for _, c := range candidates {
		if len(c.Result.Floors) == 0 {
			continue
		}
		x := Exclude(e, c)
		if x == nil {
			j.Calibration, j.Excluded = c.Applied(), nil
			return j
		}
		// A calibration that only has to be accepted is the most useful one to name.
		if j.Excluded == nil || len(j.Excluded.Differs) > 0 && len(x.Differs) == 0 {
			j.Excluded = x
		}
	}
	return j
}

// Applied returns the noise floors of a candidate for an experiment that it applies to.
func (c Candidate) Applied() *Calibration {
	c.Result.Same = true
	return &c.Result
}

// judgedText lists the judgments of an experiment that was judged again. Otherwise it returns "".
func judgedText(all []Judged) string {
	if len(all) < 2 {
		return ""
	}
	text := "Judged"
	for i, j := range all {
		if i > 0 {
			text += "; again"
		}
		text += fmt.Sprintf(" on %s with %s", words.Date(j.At), FloorsOf(j.Calibration))
	}
	return text + "."
}

// FloorsOf names the noise floors of a calibration, or the default floors if the id is 0.
func FloorsOf(calibration int64) string {
	if calibration == 0 {
		return "default floors"
	}
	return fmt.Sprintf("calibration #%d", calibration)
}
