// Package queue runs experiments, one at a time, and stores their results. The queue itself is the store's
// table of experiments, so it survives the end of the process.
package queue

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"heaplab/profiler"
	"heaplab/profiler/child"
	"heaplab/profiler/report"
	"heaplab/profiler/subject"
	"heaplab/profiler/words"
	"heaplab/store"
)

// A Queue runs the experiments of a store. Call Init before any other method. Its exported fields must not
// change after that.
type Queue struct {
	Store    *store.Store
	Subjects subject.Registry
	Executor *child.Executor
	Log      *slog.Logger

	hub  hub
	wake chan struct{}
	envs environments // of commands that are queued or running

	imports  atomic.Int64  // number of imports that are being read or waiting
	importer chan struct{} // has an element for each import that is being read

	mu      sync.Mutex
	running int64 // id of the running experiment, or 0
	cancel  context.CancelCauseFunc
}

// Causes that stop an experiment before its end.
var (
	errCanceled = errors.New("canceled")
	errStopped  = errors.New("the server stopped")
)

// retryDelay is the time that the queue waits before it accesses the store again after an error.
const retryDelay = time.Second

// Init removes the folders of children that a previous server left, stores what older versions did not
// store, and ends the experiments that the previous server was running.
func (q *Queue) Init(ctx context.Context) error {
	q.wake = make(chan struct{}, 1)
	q.importer = make(chan struct{}, importsAtOnce)
	if err := q.Executor.Clean(); err != nil {
		return fmt.Errorf("clean the folder of runs: %w", err)
	}
	if err := q.judgeOld(ctx); err != nil {
		return fmt.Errorf("store judgments of older experiments: %w", err)
	}
	return q.interrupt(ctx)
}

// interrupt ends the experiments that a previous server left running.
func (q *Queue) interrupt(ctx context.Context) error {
	ids, err := q.Store.Unfinished(ctx)
	if err != nil {
		return err
	}
	for _, id := range ids {
		q.Log.Warn("experiment was interrupted", "experiment", id)
		end := store.Ending{State: profiler.Interrupted, Reason: "The server ended while this experiment ran.", At: time.Now()}
		if err := q.end(ctx, id, end); err != nil {
			return err
		}
	}
	return nil
}

// end stores the end of an experiment with its series and its judgment. It also ends an experiment whose runs are damaged,
// because none may stay running.
func (q *Queue) end(ctx context.Context, id int64, end store.Ending) error {
	runs, err := q.Store.Runs(ctx, id)
	if err != nil && !errors.Is(err, store.ErrDamaged) {
		return err
	}
	runs, restored, err := q.restore(ctx, id, runs, &end)
	if err != nil {
		return err
	}
	end.Series = seriesOf(runs)
	if !restored { // otherwise the last judgment still applies
		if err := q.judge(ctx, id, runs, &end); err != nil {
			return err
		}
	}
	return q.Store.Finish(ctx, id, end)
}

// seriesOf returns the series of runs.
func seriesOf(runs []profiler.Run) (out []store.Series) {
	for key, values := range profiler.NewSamples(runs) {
		i := report.NewInterval(values)
		out = append(out, store.Series{Series: key, Values: values, Center: i.Center, Lo: i.Lo, Hi: i.Hi})
	}
	return out
}

// Run runs experiments until ctx ends, which interrupts the running one. While none is queued, it reads
// profiles that an older version of this program stored.
func (q *Queue) Run(ctx context.Context) {
	for ctx.Err() == nil {
		id, err := q.Store.FirstQueued(ctx)
		if err == nil {
			q.run(ctx, id)
			continue
		}
		if errors.Is(err, store.ErrNotFound) && q.readProfile(ctx) {
			continue
		}
		if !errors.Is(err, store.ErrNotFound) && ctx.Err() == nil {
			q.Log.Error("read the queue", "error", err)
			sleep(ctx, retryDelay)
			continue
		}
		select {
		case <-ctx.Done():
		case <-q.wake:
		}
	}
}

// run runs one experiment.
func (q *Queue) run(ctx context.Context, id int64) {
	log := q.Log.With("experiment", id)
	own, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	defer context.AfterFunc(ctx, func() { cancel(errStopped) })()
	q.setRunning(id, cancel)
	defer q.setRunning(0, nil)

	e, runs, err := q.start(ctx, id)
	var refusal Refusal
	switch {
	case errors.As(err, &refusal):
		q.refuse(ctx, id, refusal)
		return
	case errors.Is(err, store.ErrNotFound): // canceled
		return
	case errors.Is(err, store.ErrDamaged):
		q.finish(ctx, id, store.Ending{State: profiler.Failed, Reason: words.Sentence(err.Error()), At: time.Now()})
		return
	case err != nil:
		log.Error("start experiment", "error", err)
		sleep(ctx, retryDelay)
		return
	}
	log.Info("experiment starts", "subject", e.Design.Subject, "params", e.Design.Params.String())
	q.hub.publish(id)

	end := ending(q.measure(own, e, runs))
	q.setRunning(0, nil) // too late to cancel
	end.At = time.Now()
	q.finish(ctx, id, end)
	log.Info("experiment ends", "state", end.State, "reason", end.Reason)
	q.hub.publishAll() // the positions in the queue have changed
}

// readProfile reads one stored profile that has no digest yet, and reports whether it did.
func (q *Queue) readProfile(ctx context.Context) bool {
	p, err := q.Store.Unread(ctx)
	if errors.Is(err, store.ErrNotFound) {
		return false
	}
	if err == nil {
		p, err = q.Executor.Reread(ctx, p)
	}
	if err == nil {
		err = q.Store.SetDigest(ctx, p)
	}
	if err != nil && ctx.Err() == nil {
		q.Log.Error("read a stored profile", "sha256", p.SHA256, "error", err)
		return false
	}
	return true
}

// start marks an experiment as running and returns it with its earlier runs. It also marks an experiment
// that is damaged, so that it can be ended. The error is a Refusal if an experiment that was queued to be
// continued can no longer run under its conditions.
func (q *Queue) start(ctx context.Context, id int64) (profiler.Experiment, []profiler.Run, error) {
	e, err := q.Store.Experiment(ctx, id)
	if err != nil && !errors.Is(err, store.ErrDamaged) {
		return e, nil, err
	}
	runs, runsErr := q.Store.Runs(ctx, id)
	if runsErr != nil && !errors.Is(runsErr, store.ErrDamaged) {
		return e, nil, runsErr
	}
	err = errors.Join(err, runsErr)
	if e.Config.GOGC != "" && e.Config.GOMAXPROCS == 0 { // launched by an older version, without this setting
		e.Config.GOMAXPROCS = runtime.GOMAXPROCS(0)
	}
	if len(e.Added) > 0 && err == nil {
		if reason := q.changed(e, runs); reason != "" { // the server was replaced since
			return e, nil, reason
		}
	}
	started := time.Now()
	if len(runs) > 0 {
		started = e.Started
	} else {
		e.Environment = q.environment(e)
	}
	e.Env = q.envs.get(id)
	return e, runs, errors.Join(q.Store.Start(ctx, id, started, e.Environment), err)
}

// refuse gives an experiment that was queued to be continued its former state again, and stores the reason.
func (q *Queue) refuse(ctx context.Context, id int64, reason Refusal) {
	q.Log.Warn("experiment is not continued", "experiment", id, "reason", string(reason))
	if err := q.Store.Refuse(ctx, id, string(reason)); err != nil {
		q.Log.Error("refuse to continue an experiment", "experiment", id, "error", err)
		sleep(ctx, retryDelay)
		return
	}
	q.hub.publishAll()
}

// measure runs the tasks of e's plan that have no run yet. It runs one child at a time, because children
// that run at the same time would disturb each other's measurements.
func (q *Queue) measure(ctx context.Context, e profiler.Experiment, runs []profiler.Run) error {
	s, err := q.Subjects.Find(e.Design.Subject)
	if err != nil {
		return &profiler.RunError{Reason: words.Sentence(err.Error())}
	}
	artefacts, err := s.Prepare(ctx, e)
	if err != nil {
		return err
	}
	if len(artefacts.Rows) > 0 {
		e.Design.Rows = artefacts.Rows
		if err := q.Store.SetRows(ctx, e.ID, artefacts.Rows); err != nil {
			return err
		}
	}
	q.hub.publish(e.ID)
	earlier := measureRun(runs)
	calls := map[string]int64{} // operations in the measure runs, by variant
	for _, run := range runs {
		calls[run.Variant] = max(calls[run.Variant], run.Calls)
	}
	for _, task := range profiler.Remaining(e.Plan(), runs) {
		run, err := s.Run(ctx, subject.Job{
			Experiment: e,
			Task:       task,
			Artefact:   artefacts.Files[subject.Cell{Variant: task.Variant, Row: task.Row}],
			Calls:      calls[task.Variant],
		})
		if err != nil {
			return err
		}
		if reasons := runChanges(earlier, run); len(reasons) > 0 {
			return notContinued(reasons)
		}
		calls[task.Variant] = max(calls[task.Variant], run.Calls)
		if err := q.Store.AddRun(ctx, e.ID, run); err != nil {
			if ctx.Err() != nil {
				return context.Cause(ctx)
			}
			return err
		}
		q.hub.publish(e.ID)
	}
	return q.explain(ctx, s, e)
}

// ending returns the state and the reason for an error of measure.
func ending(err error) store.Ending {
	var failure *profiler.RunError
	var refusal Refusal
	switch {
	case err == nil:
		return store.Ending{State: profiler.Done}
	case errors.As(err, &refusal):
		return store.Ending{State: profiler.Failed, NotAdded: string(refusal)}
	case errors.Is(err, errCanceled):
		return store.Ending{State: profiler.Canceled}
	case errors.Is(err, errStopped), errors.Is(err, context.Canceled):
		return store.Ending{State: profiler.Interrupted, Reason: "The server was stopped while this experiment ran."}
	case errors.As(err, &failure):
		return store.Ending{State: profiler.Failed, Reason: failure.Reason, Output: failure.Output}
	}
	return store.Ending{State: profiler.Failed, Reason: "The server could not continue this experiment: " + err.Error() + "."}
}

// finish stores the end of an experiment. It tries again until it succeeds, because an experiment must not
// stay running. If ctx ends before that, Init interrupts the experiment at the next start.
func (q *Queue) finish(ctx context.Context, id int64, end store.Ending) {
	q.envs.remove(id)
	for {
		err := q.end(context.WithoutCancel(ctx), id, end)
		if err == nil || errors.Is(err, store.ErrNotFound) {
			return
		}
		q.Log.Error("finish experiment", "experiment", id, "error", err)
		if ctx.Err() != nil {
			return
		}
		sleep(ctx, retryDelay)
	}
}

// setRunning sets the running experiment and the function that cancels it.
func (q *Queue) setRunning(id int64, cancel context.CancelCauseFunc) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.running, q.cancel = id, cancel
}

// Cancel cancels an experiment that is queued or running. It returns store.ErrConflict if the experiment has
// ended.
func (q *Queue) Cancel(ctx context.Context, id int64) error {
	canceled, err := q.Store.CancelQueued(ctx, id, time.Now())
	if err != nil {
		return err
	}
	if canceled {
		q.envs.remove(id)
		q.hub.publishAll()
		return nil
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.running == id {
		q.cancel(errCanceled)
		return nil
	}
	if _, err := q.Store.Experiment(ctx, id); err != nil {
		return err
	}
	return store.ErrConflict
}

// Subscribe returns a channel that receives when an experiment has changed, and a function that ends the
// subscription.
func (q *Queue) Subscribe(id int64) (<-chan struct{}, func()) { return q.hub.subscribe(id) }

// sleep waits for d, or until ctx ends.
func sleep(ctx context.Context, d time.Duration) {
	select {
	case <-ctx.Done():
	case <-time.After(d):
	}
}
