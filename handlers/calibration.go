package handlers

import (
	"context"

	"heaplab/profiler"
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
