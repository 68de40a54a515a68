package handlers

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"strconv"

	"heaplab/profiler"
	"heaplab/profiler/report"
	"heaplab/store/queue"
	"heaplab/views"
)

// defaultAddition is the number of rounds that the form proposes if the experiment lacks none.
const defaultAddition = 4

// roundsForm returns the form that continues an experiment that has ended. It is nil for an import, which has no rounds,
// and for benchmarks and commands, which can never be continued.
func (a *App) roundsForm(ctx context.Context, e profiler.Experiment, rep report.Report, runs []profiler.Run) (*views.RoundsForm, error) {
	switch e.Design.Kind() {
	case profiler.SubjectImport, profiler.SubjectCommand, profiler.SubjectGoBench:
		return nil, nil
	}
	f := views.RoundsForm{Experiment: e.ID, Refusal: string(a.Queue.WhyNotContinued(e, runs))}
	if f.Refusal != "" {
		return &f, nil
	}
	f.Least, f.Most = queue.RoundBounds(e)
	f.Left = len(profiler.Remaining(e.Plan(), runs))
	var err error
	if f.LeftTime, err = a.timeLeft(ctx, e, runs); err != nil {
		return nil, err
	}
	f.Lacking = report.LackingRounds(rep)
	n := min(cmp.Or(f.Lacking, defaultAddition), f.Most)
	f.Rounds = strconv.Itoa(n)
	e.Config.Count += n
	f.Duration, err = a.timeLeft(ctx, e, runs)
	return &f, err
}

// addRounds continues an experiment. If the number of rounds is at fault, it shows the report again with
// the form. If the experiment cannot be continued, it says why.
func (a *App) addRounds(w http.ResponseWriter, r *http.Request) error {
	id, err := pathID(r)
	if err != nil {
		return err
	}
	if err := readForm(r); err != nil {
		return err
	}
	rounds := r.PostForm.Get("rounds")
	err = a.Queue.Continue(r.Context(), id, rounds)
	var faults profiler.Faults
	var refusal queue.Refusal
	switch {
	case errors.As(err, &faults):
		return a.refuseRounds(w, r, id, rounds, faults.For("rounds"))
	case errors.As(err, &refusal):
		return render(w, r, http.StatusConflict, views.Error(views.ErrorPage{
			Status:  http.StatusConflict,
			Title:   fmt.Sprintf("Experiment %d is not continued", id),
			Message: string(refusal),
			Next:    "Go to the experiment",
			NextURL: fmt.Sprintf("/experiments/%d", id),
		}))
	case err != nil:
		return err
	}
	return backTo(w, r, id)
}

// refuseRounds shows a report with the fault of its form.
func (a *App) refuseRounds(w http.ResponseWriter, r *http.Request, id int64, rounds, fault string) error {
	e, runs, err := a.load(r.Context(), id)
	if err != nil {
		return err
	}
	p, err := a.reportPage(r, e, runs)
	if err != nil {
		return err
	}
	if p.Rounds != nil {
		p.Rounds.Rounds, p.Rounds.Fault = rounds, fault
	}
	return render(w, r, http.StatusUnprocessableEntity, views.Report(p))
}

type roundsInput struct {
	Caller
	IDInput
	Body struct {
		Rounds *float64 `json:"rounds,omitempty" doc:"number of rounds to add; 0 runs the rest of the plan of an experiment that ended early" example:"4"`
	}
}

func (a *App) apiAddRounds(ctx context.Context, in *roundsInput) (*launchOutput, error) {
	if err := a.Queue.Continue(ctx, in.ID, numberText(in.Body.Rounds)); err != nil {
		return nil, err
	}
	return a.launched(in.request, profiler.Experiment{ID: in.ID, State: profiler.Queued}), nil
}
