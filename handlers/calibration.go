package handlers

import (
	"context"
	"errors"
	"strings"

	"heaplab/profiler"
	"heaplab/store"
	"heaplab/views"
)

// calibrationsRead is how many calibrations of a case on a machine are looked through for
// one with the params and settings of an experiment.
const calibrationsRead = 20

// calibration returns what is known of the noise of e's case on the machine that e ran on,
// or nil: from the newest calibration that suits e, or else the newest. What cannot be read is
// no calibration: reports must not fail for it.
func (a *App) calibration(ctx context.Context, e profiler.Experiment) (*profiler.Calibration, error) {
	machine, c := e.Environment["machine"], profiler.Find(a.Cases, e.Case)
	if machine == "" || c == nil || e.Kind == profiler.KindCalibration || !profiler.Terminal(e.State) {
		return nil, nil
	}
	found, err := a.Store.Calibrations(ctx, e.Case, machine, calibrationsRead)
	if err != nil || len(found) == 0 {
		return nil, a.ignoreDamage(err)
	}
	best := found[0]
	for _, candidate := range found {
		if e.Suits(candidate) {
			best = candidate
			break
		}
	}
	known, err := a.floors(ctx, c, best)
	if err != nil {
		return nil, a.ignoreDamage(err)
	}
	noise := *known
	noise.Same = e.Suits(best)
	return &noise, nil
}

// floors computes what a calibration found, once.
func (a *App) floors(ctx context.Context, c *profiler.Case, e profiler.Experiment) (*profiler.Calibration, error) {
	if known, ok := a.calibrations.Load(e.ID); ok {
		return known.(*profiler.Calibration), nil
	}
	runs, err := a.Store.Runs(ctx, e.ID)
	if err != nil {
		return nil, err
	}
	r := profiler.NewReport(c, e, runs, nil)
	a.calibrations.Store(e.ID, r.Calibration)
	return r.Calibration, nil
}

// ignoreDamage logs that something is damaged in the database, and goes on.
func (a *App) ignoreDamage(err error) error {
	if errors.Is(err, store.ErrDamaged) {
		a.Log.Error("read calibrations", "error", err)
		return nil
	}
	return err
}

// calibrateForm launches a calibration with the params and settings of e.
func (a *App) calibrateForm(ctx context.Context, e profiler.Experiment) (views.CalibrateForm, error) {
	c := profiler.Find(a.Cases, e.Case)
	if c == nil || e.ID != 0 && e.Environment["machine"] != profiler.Environ(e.Config)["machine"] {
		return views.CalibrateForm{}, nil // what it would find here is about another machine
	}
	filled := map[string]string{}
	fillIn(filled, e)
	form := views.CalibrateForm{Case: c.Name, Values: map[string]string{}}
	for field, value := range filled {
		switch field {
		case "benchtime", "gogc", "gomemlimit", "gomaxprocs", "time_limit", "memory_limit":
			form.Values[field] = value
		}
		if strings.HasPrefix(field, "param.") {
			form.Values[field] = value
		}
	}
	slowness, _, err := a.slowness(ctx, c)
	calibration := profiler.Experiment{Kind: profiler.KindCalibration, Params: e.Params, Config: e.Config}
	calibration.Config.Count = profiler.CalibrationRounds
	form.Duration = c.Duration(calibration, slowness)
	return form, err
}
