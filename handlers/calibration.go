package handlers

import (
	"context"
	"errors"
	"strings"

	"heaplab/profiler"
	"heaplab/profiler/child"
	"heaplab/profiler/report"
	"heaplab/store"
	"heaplab/views"
)

// calibrationsRead is the number of calibrations that are searched for one under the same
// conditions.
const calibrationsRead = 20

// calibration returns the noise of e's subject on the machine that e ran on, or nil: from the
// newest calibration under the same conditions, or else the newest. A damaged calibration is
// ignored: reports must not fail because of it.
func (a *App) calibration(ctx context.Context, e profiler.Experiment) (*report.Calibration, error) {
	machine := e.Environment["machine"]
	if machine == "" || e.Kind == profiler.KindCalibration || !e.State.Terminal() {
		return nil, nil
	}
	found, err := a.Store.Calibrations(ctx, e.Design.Subject, machine, calibrationsRead)
	if err != nil || len(found) == 0 {
		return nil, a.ignoreDamage(err)
	}
	best := found[0]
	for _, candidate := range found {
		if report.SameConditions(e, candidate) {
			best = candidate
			break
		}
	}
	known, err := a.floors(ctx, best)
	if err != nil {
		return nil, a.ignoreDamage(err)
	}
	noise := *known
	noise.Same = report.SameConditions(e, best)
	return &noise, nil
}

// floors returns the result of a calibration. It computes each result once.
func (a *App) floors(ctx context.Context, e profiler.Experiment) (*report.Calibration, error) {
	if known, ok := a.calibrations.Load(e.ID); ok {
		return known.(*report.Calibration), nil
	}
	runs, err := a.Store.Runs(ctx, e.ID)
	if err != nil {
		return nil, err
	}
	r := report.NewReport(e, runs, nil)
	a.calibrations.Store(e.ID, r.Calibration)
	return r.Calibration, nil
}

// ignoreDamage logs a store.ErrDamaged and returns nil. It returns other errors as they are.
func (a *App) ignoreDamage(err error) error {
	if errors.Is(err, store.ErrDamaged) {
		a.Log.Error("skip damaged data", "error", err)
		return nil
	}
	return err
}

// calibrateForm returns the form that launches a calibration with the params and settings of e. It
// is empty if there cannot be one.
func (a *App) calibrateForm(ctx context.Context, e profiler.Experiment) (views.CalibrateForm, error) {
	if e.ID != 0 && e.Environment["machine"] != child.Environ(e.Config)["machine"] {
		return views.CalibrateForm{}, nil // e ran on a different machine
	}
	calibration := profiler.Experiment{Kind: profiler.KindCalibration, Design: e.Design, Config: e.Config}
	calibration.Config.Count = report.CalibrationRounds
	t, err := a.Builtin.Trial(calibration)
	if err != nil {
		return views.CalibrateForm{}, nil // e did not measure a case, or the case has changed
	}
	filled := map[string]string{}
	fillIn(filled, e)
	form := views.CalibrateForm{Case: t.Case.Name, Values: map[string]string{}}
	for field, value := range filled {
		switch field {
		case "benchtime", "gogc", "gomemlimit", "gomaxprocs", "time_limit", "memory_limit":
			form.Values[field] = value
		}
		if strings.HasPrefix(field, "param.") {
			form.Values[field] = value
		}
	}
	slowness, _, err := a.slowness(ctx, t.Case)
	form.Duration = t.Duration(slowness, nil)
	return form, err
}
