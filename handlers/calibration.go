package handlers

import (
	"context"
	"errors"
	"net/http"
	"strconv"
	"strings"
	"time"

	"heaplab/profiler"
	"heaplab/profiler/child"
	"heaplab/profiler/report"
	"heaplab/store"
	"heaplab/views"
)

// judgments returns the stored judgments of e, oldest first. The only judgment of a calibration has its
// own result.
func (a *App) judgments(ctx context.Context, e profiler.Experiment) ([]report.Judgment, error) {
	if !e.State.Terminal() {
		return nil, nil
	}
	if e.Kind != profiler.KindCalibration {
		return a.Store.Judgments(ctx, e.ID)
	}
	c, err := a.Store.Calibration(ctx, e.ID)
	if errors.Is(err, store.ErrNotFound) { // it did not finish
		return nil, nil
	}
	return []report.Judgment{{At: c.At, Calibration: &c}}, err
}

// addJudging adds to the page of e what can be judged again, and with what.
func (a *App) addJudging(ctx context.Context, p *views.ReportPage, e profiler.Experiment) error {
	if e.Kind == profiler.KindCalibration {
		judgeable, err := a.judgeable(ctx, e)
		p.Judgeable = judgeable
		return err
	}
	if len(p.Report.Judgments) == 0 {
		return nil
	}
	used := p.Report.Judgments[len(p.Report.Judgments)-1].Calibration
	now, err := a.Queue.Judgment(ctx, e, time.Now())
	if err != nil {
		return err
	}
	if last := (report.Judgment{Calibration: p.Report.Calibration}); !last.SameFloors(now) {
		p.Judge = &views.JudgeForm{Calibration: now.With()}
	}
	if used != 0 {
		_, err = a.Store.Experiment(ctx, used)
		p.CalibrationGone = errors.Is(err, store.ErrNotFound)
	}
	return a.ignoreDamage(ignoreMissing(err))
}

// ignoreMissing returns nil for a store.ErrNotFound.
func ignoreMissing(err error) error {
	if errors.Is(err, store.ErrNotFound) {
		return nil
	}
	return err
}

// judgeableRead is the number of newest experiments that are searched for some that a calibration would
// judge differently.
const judgeableRead = 50

// judgeable returns the ids of experiments that can be judged again with a calibration.
func (a *App) judgeable(ctx context.Context, calibration profiler.Experiment) ([]int64, error) {
	candidates, err := a.Queue.Candidates(ctx, calibration)
	if err != nil {
		return nil, err
	}
	page, err := a.Store.History(ctx, store.Filter{Subject: calibration.Design.Subject, Limit: judgeableRead})
	if err != nil {
		return nil, err
	}
	var ids []int64
	for _, e := range page.Experiments {
		if e.Kind == profiler.KindCalibration || !e.State.Terminal() || e.Damaged != "" {
			continue
		}
		now := report.NewJudgment(e, candidates, time.Now())
		if now.With() != calibration.ID {
			continue
		}
		all, err := a.Store.Judgments(ctx, e.ID)
		if a.ignoreDamage(err) != nil {
			return nil, err
		}
		if last := report.LastJudgment(all); len(all) > 0 && last.With() != calibration.ID {
			ids = append(ids, e.ID)
		}
	}
	return ids, nil
}

// judgeAgain judges an experiment with another calibration.
func (a *App) judgeAgain(w http.ResponseWriter, r *http.Request) error {
	return a.edit(w, r, func(ctx context.Context, id int64) error {
		text := r.PostForm.Get("calibration")
		calibration, err := strconv.ParseInt(text, 10, 64)
		if err != nil || calibration < 0 {
			return profiler.Faults{{Field: "calibration", Message: "must be the number of a calibration, or 0 for the default floors"}}
		}
		return a.Queue.JudgeAgain(ctx, id, calibration)
	})
}

// accept makes a calibration apply although the machine was busy.
func (a *App) accept(w http.ResponseWriter, r *http.Request) error {
	return a.edit(w, r, a.Queue.Accept)
}

// ignoreDamage logs a store.ErrDamaged and returns nil. It returns other errors as they are.
func (a *App) ignoreDamage(err error) error {
	if errors.Is(err, store.ErrDamaged) {
		a.Log.Error("skip damaged data", "error", err)
		return nil
	}
	return err
}

// calibrateForm returns the form that launches a calibration with the params and settings of e. If e is
// a calibration, the new one has as many rounds. The form is empty if there cannot be one.
func (a *App) calibrateForm(ctx context.Context, e profiler.Experiment) (views.CalibrateForm, error) {
	if e.ID != 0 && e.Environment["machine"] != child.Environ(e.Config)["machine"] {
		return views.CalibrateForm{}, nil // e ran on a different machine
	}
	calibration := profiler.Experiment{Kind: profiler.KindCalibration, Design: e.Design, Config: e.Config}
	if e.Kind != profiler.KindCalibration {
		calibration.Config.Count = report.CalibrationRounds
	}
	t, err := a.Builtin.Trial(calibration)
	if err != nil {
		return views.CalibrateForm{}, nil // e did not measure a case, or the case has changed
	}
	filled := map[string]string{}
	fillIn(filled, calibration)
	form := views.CalibrateForm{Case: t.Case.Name, Values: map[string]string{}}
	for field, value := range filled {
		switch field {
		case "count", "benchtime", "gogc", "gomemlimit", "gomaxprocs", "time_limit", "memory_limit":
			form.Values[field] = value
		}
		if strings.HasPrefix(field, "param.") {
			form.Values[field] = value
		}
	}
	slowness, _, err := a.slowness(ctx, t.Case, t.Experiment.Design.Params)
	form.Duration = t.Duration(slowness, nil)
	return form, err
}
