package queue

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"heaplab/profiler"
	"heaplab/profiler/child"
	"heaplab/profiler/report"
	"heaplab/profiler/subject"
	"heaplab/profiler/words"
	"heaplab/store"
)

// A Refusal says in sentences why an experiment cannot be continued.
type Refusal string

func (r Refusal) Error() string { return string(r) }

const notEnded Refusal = "This experiment has not ended. Wait until it ends, or cancel it."

// Continue adds rounds to the plan of an experiment that has ended, and queues it again. It runs only the
// tasks that have not run yet, under the conditions of the earlier ones. rounds is a number as text; see
// RoundBounds. The error is a Refusal, or a profiler.Faults of the field "rounds".
func (q *Queue) Continue(ctx context.Context, id int64, rounds string) error {
	e, err := q.Store.Experiment(ctx, id)
	if err != nil {
		return err
	}
	runs, err := q.Store.Runs(ctx, id)
	if err != nil {
		return err
	}
	if reason := q.WhyNotContinued(e, runs); reason != "" {
		return reason
	}
	n, err := strconv.Atoi(strings.TrimSpace(rounds))
	if least, most := RoundBounds(e); err != nil || n < least || n > most {
		return profiler.Faults{{Field: "rounds", Message: fmt.Sprintf(
			"must be a whole number from %d to %d, because an experiment has at most %d rounds and this one has %d",
			least, most, profiler.MaxCount, e.Config.Count)}}
	}
	err = q.Store.Continue(ctx, id, n, time.Now())
	if errors.Is(err, store.ErrConflict) {
		return notEnded
	}
	if err != nil {
		return err
	}
	notify(q.wake)
	return nil
}

// RoundBounds returns the smallest and the largest number of rounds that e can get in addition. The
// smallest is 0 if e ended early: it can be continued to finish its plan. No number is possible if
// the smallest is larger than the largest.
func RoundBounds(e profiler.Experiment) (least, most int) {
	if e.State == profiler.Done {
		least = 1
	}
	return least, profiler.MaxCount - e.Config.Count
}

// WhyNotContinued returns the reason why an experiment with these runs cannot be continued, or "".
func (q *Queue) WhyNotContinued(e profiler.Experiment, runs []profiler.Run) Refusal {
	if !e.State.Terminal() {
		return notEnded
	}
	if reason := q.changed(e, runs); reason != "" {
		return reason
	}
	if least, most := RoundBounds(e); least > most {
		return Refusal(fmt.Sprintf("This experiment has %d rounds, and no experiment can have more.", e.Config.Count))
	}
	return ""
}

// changed returns the reason why new runs of e would not be comparable with the earlier ones, or "".
func (q *Queue) changed(e profiler.Experiment, runs []profiler.Run) Refusal {
	switch e.Design.Kind() {
	case profiler.SubjectImport:
		return "This experiment cannot be continued: an import has no rounds."
	case profiler.SubjectCommand:
		return "This experiment cannot be continued, because the environment variables of its commands are not stored. Run heaplab exec again."
	case profiler.SubjectGoBench:
		return "This experiment cannot be continued, because the environment variables of its benchmarks are not stored. Launch the benchmarks again."
	}
	reasons := q.designChanges(e)
	if len(reasons) == 0 && len(runs) > 0 {
		reasons = report.EnvironmentChanges(e.Environment, q.environment(e))
	}
	if len(reasons) == 0 {
		return ""
	}
	return notContinued(reasons)
}

// notContinued returns the refusal for these reasons, which are clauses.
func notContinued(reasons []string) Refusal {
	return Refusal("This experiment cannot be continued: " + words.List(reasons) + ". Launch it again.")
}

// measureRun returns the first of the measure runs, or nil.
func measureRun(runs []profiler.Run) *profiler.Run {
	i := slices.IndexFunc(runs, func(r profiler.Run) bool { return r.Kind == profiler.Measure })
	if i < 0 {
		return nil
	}
	return &runs[i]
}

// runChanges returns the reasons, as clauses, why a measure run is not comparable with an earlier one. Only
// the children know some conditions, such as the version of the data. There is no reason if earlier is nil.
func runChanges(earlier *profiler.Run, run profiler.Run) []string {
	if earlier == nil || run.Kind != profiler.Measure {
		return nil
	}
	return report.RunChanges(earlier.Environment, run.Environment)
}

// restore gives an experiment its former end again if a continuation ended early: if the experiment was done
// before, or if the continuation was refused. The experiment keeps only complete rounds, so that all variants
// have the same number of samples. restore returns the runs of these rounds, and whether no round was added.
func (q *Queue) restore(ctx context.Context, id int64, runs []profiler.Run, end *store.Ending) ([]profiler.Run, bool, error) {
	e, err := q.Store.Experiment(ctx, id)
	var former *store.Ending
	if err == nil {
		former, err = q.Store.FormerEnd(ctx, id)
	}
	if err != nil && !errors.Is(err, store.ErrDamaged) {
		return nil, false, err
	}
	if former == nil || end.State == profiler.Done || former.State != profiler.Done && end.NotAdded == "" {
		end.Reason, end.NotAdded = cmp.Or(end.NotAdded, end.Reason), ""
		return runs, false, nil
	}
	before, planned := e.Config.Count, e.Config.Count
	if last := len(e.Added) - 1; last >= 0 {
		before -= e.Added[last].Rounds
	}
	end.Rounds = max(before, profiler.CompleteRounds(e, runs))
	end.NotAdded = notAddedText(*end, end.Rounds-before, planned-before)
	end.State, end.Reason = former.State, former.Reason
	if former.Output != "" {
		end.Output = former.Output
	}
	if end.Rounds == before {
		end.At = former.At
	}
	runs = slices.DeleteFunc(slices.Clone(runs), func(r profiler.Run) bool {
		return r.Kind == profiler.Measure && r.Round >= end.Rounds
	})
	return runs, end.Rounds == before, nil
}

// notAddedText says how a continuation ended that should have added more rounds, and why.
func notAddedText(end store.Ending, added, planned int) string {
	if end.NotAdded != "" {
		return end.NotAdded
	}
	how := map[profiler.State]string{profiler.Canceled: "was canceled", profiler.Interrupted: "was interrupted"}[end.State]
	text := fmt.Sprintf("Adding %s %s.", words.Plural(planned, "round"), cmp.Or(how, "failed"))
	if end.Reason != "" {
		text += " " + end.Reason
	}
	if added > 0 {
		return text + fmt.Sprintf(" The result has the %s completed before that.", words.Plural(added, "round"))
	}
	return text + " The result is as it was before."
}

// designChanges returns the reasons, as clauses, why the subject of e no longer runs the same plan.
func (q *Queue) designChanges(e profiler.Experiment) []string {
	s, err := q.Subjects.Find(e.Design.Subject)
	if err != nil {
		return []string{err.Error()}
	}
	now, faults := s.Design(subject.Launch{
		Subject: e.Design.Subject, Title: e.Design.Title, Kind: e.Kind, Params: e.Design.Params, Config: e.Config, Sweep: e.Sweep,
	})
	if len(faults) > 0 {
		return []string{"its settings are no longer accepted: " + words.Plain(faults.Error())}
	}
	same := slices.EqualFunc(now.Variants, e.Design.Variants, func(a, b profiler.VariantInfo) bool {
		return a.Name == b.Name && slices.Equal(a.Extra, b.Extra)
	})
	if !same {
		return []string{"the variants of the case have changed"}
	}
	return nil
}

// environment describes the conditions under which e would run now.
func (q *Queue) environment(e profiler.Experiment) profiler.Environment {
	env := child.Environ(e.Config)
	s, _ := q.Subjects.Find(e.Design.Subject) // measure says if there is none
	if s, ok := s.(subject.Versioned); ok && s.Version() != "" {
		env["code"] = s.Version()
	}
	if e.Design.Kind() == profiler.SubjectGoBench {
		env["memprofilerate"] = "524288 (measure), 1 in the window (allocs), 1 from set-up on (peak)"
	}
	return env
}
