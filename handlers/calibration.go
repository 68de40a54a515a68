package handlers

import (
	"context"
	"strings"

	"heaplab/profiler"
	"heaplab/views"
)

// calibrationsRead is how many calibrations of a case on a machine are looked through for
// one with the params and settings of an experiment.
const calibrationsRead = 20

// calibration returns what is known of the noise of e's case on the machine that e ran on,
// or nil: from the newest calibration with e's params and settings, or else the newest.
func (a *App) calibration(ctx context.Context, e profiler.Experiment) (*profiler.Calibration, error) {
	machine, c := e.Environment["machine"], profiler.Find(a.Cases, e.Case)
	if machine == "" || c == nil || e.Kind == profiler.KindCalibration {
		return nil, nil
	}
	found, err := a.Store.Calibrations(ctx, e.Case, machine, calibrationsRead)
	if err != nil || len(found) == 0 {
		return nil, err
	}
	best := found[0]
	for _, candidate := range found {
		if e.Suits(candidate) {
			best = candidate
			break
		}
	}
	samples, err := a.Store.Samples(ctx, best.ID)
	if err != nil {
		return nil, err
	}
	noise := profiler.NewCalibration(best, samples[c.Baseline().Name])
	noise.Same = e.Suits(best)
	return noise, nil
}

// calibrateForm launches a calibration with the params and settings of e.
func (a *App) calibrateForm(ctx context.Context, e profiler.Experiment) (views.CalibrateForm, error) {
	c := profiler.Find(a.Cases, e.Case)
	if c == nil {
		return views.CalibrateForm{}, nil
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
