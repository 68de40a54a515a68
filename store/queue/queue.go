// Package queue takes queued experiments, one at a time, runs their children and records
// what they measure. The queue itself is the store's table of experiments: nothing is lost
// when the process ends.
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

// A Queue runs the experiments of a store. Its fields must not change once it runs; Init
// it before anything else.
type Queue struct {
	Store    *store.Store
	Subjects subject.Registry
	Executor *child.Executor
	Code     string // version of the cases' code; may be ""
	Log      *slog.Logger

	hub  hub
	wake chan struct{}
	envs sync.Map // environments of commands that wait or run: []string by id

	imports  atomic.Int64  // that are read, or wait for it
	importer chan struct{} // holds one for each import that is read

	mu      sync.Mutex
	running int64 // id of the experiment that runs, or 0
	cancel  context.CancelCauseFunc
}

// Why an experiment stops before its end.
var (
	errCanceled = errors.New("canceled")
	errStopped  = errors.New("the server stopped")
)

// retryDelay is how long the queue waits before it tries again to write what it must.
const retryDelay = time.Second

// Init removes what an earlier process left behind: folders of children, and experiments
// that it was running.
func (q *Queue) Init(ctx context.Context) error {
	q.wake = make(chan struct{}, 1)
	q.importer = make(chan struct{}, importsAtOnce)
	if err := q.Executor.Clean(); err != nil {
		return fmt.Errorf("clean the folder of the runs: %w", err)
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

// end writes the end of an experiment with its series. An experiment whose runs are damaged ends
// too: it must not stay running.
func (q *Queue) end(ctx context.Context, id int64, end store.Ending) error {
	runs, err := q.Store.Runs(ctx, id)
	if err != nil && !errors.Is(err, store.ErrDamaged) {
		return err
	}
	for key, values := range profiler.NewSamples(runs) {
		i := report.NewInterval(values)
		end.Series = append(end.Series, store.Series{Series: key, Values: values, Center: i.Center, Lo: i.Lo, Hi: i.Hi})
	}
	return q.Store.Finish(ctx, id, end)
}

// Run runs experiments until ctx ends; the one that runs then is interrupted. Where none waits,
// it reads profiles that an older version of this program stored.
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

// run takes one experiment from the queue to its end.
func (q *Queue) run(ctx context.Context, id int64) {
	log := q.Log.With("experiment", id)
	own, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	defer context.AfterFunc(ctx, func() { cancel(errStopped) })()
	q.setRunning(id, cancel)
	defer q.setRunning(0, nil)

	e, err := q.start(ctx, id)
	switch {
	case errors.Is(err, store.ErrNotFound): // canceled meanwhile
		return
	case errors.Is(err, store.ErrDamaged):
		q.finish(ctx, id, store.Ending{State: profiler.Failed, Reason: "This experiment cannot be read: " + err.Error() + ".", At: time.Now()})
		return
	case err != nil:
		log.Error("start experiment", "error", err)
		sleep(ctx, retryDelay)
		return
	}
	log.Info("experiment starts", "subject", e.Design.Subject, "params", e.Design.Params.String())
	q.hub.publish(id)

	end := ending(q.measure(own, e))
	q.setRunning(0, nil) // too late to cancel
	q.envs.Delete(id)
	end.At = time.Now()
	q.finish(ctx, id, end)
	log.Info("experiment ends", "state", end.State, "reason", end.Reason)
	q.hub.publishAll() // those behind it moved up
}

// readProfile reads a stored profile of which there is no digest yet, and reports whether there
// was one.
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

// start marks an experiment as running, even one that cannot be read: it has to end.
func (q *Queue) start(ctx context.Context, id int64) (profiler.Experiment, error) {
	e, err := q.Store.Experiment(ctx, id)
	if err != nil && !errors.Is(err, store.ErrDamaged) {
		return e, err
	}
	if e.Config.GOGC != "" && e.Config.GOMAXPROCS == 0 { // launched by an older program, which did not ask for it
		e.Config.GOMAXPROCS = runtime.GOMAXPROCS(0)
	}
	env := child.Environ(e.Config)
	if q.Code != "" && e.Design.Case() != "" {
		env["code"] = q.Code
	}
	e.Environment = env
	if vars, ok := q.envs.Load(id); ok {
		e.Env = vars.([]string)
	}
	return e, errors.Join(q.Store.Start(ctx, id, time.Now(), env), err)
}

// measure runs the plan of e, one child after the other: side by side they would disturb each
// other's numbers.
func (q *Queue) measure(ctx context.Context, e profiler.Experiment) error {
	s, err := q.Subjects.Find(e.Design.Subject)
	if err != nil {
		return &profiler.RunError{Reason: words.Sentence(err.Error())}
	}
	artefacts, err := s.Prepare(ctx, e)
	if err != nil {
		return err
	}
	q.hub.publish(e.ID)
	calls := map[string]int64{} // of each variant's measure runs
	for _, task := range e.Plan() {
		run, err := s.Run(ctx, subject.Job{
			Experiment: e,
			Task:       task,
			Artefact:   artefacts[subject.Cell{Variant: task.Variant, Row: task.Row}],
			Calls:      calls[task.Variant],
		})
		if err != nil {
			return err
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
	return nil
}

// ending turns what measure returned into a terminal state and its sentence.
func ending(err error) store.Ending {
	var failure *profiler.RunError
	switch {
	case err == nil:
		return store.Ending{State: profiler.Done}
	case errors.Is(err, errCanceled):
		return store.Ending{State: profiler.Canceled}
	case errors.Is(err, errStopped), errors.Is(err, context.Canceled):
		return store.Ending{State: profiler.Interrupted, Reason: "The server was stopped while this experiment ran."}
	case errors.As(err, &failure):
		return store.Ending{State: profiler.Failed, Reason: failure.Reason, Output: failure.Output}
	}
	return store.Ending{State: profiler.Failed, Reason: "The server could not go on with it: " + err.Error() + "."}
}

// finish writes the end of an experiment, trying again until it is written: an experiment
// must not stay running. Where even that fails, the next start interrupts it.
func (q *Queue) finish(ctx context.Context, id int64, end store.Ending) {
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

func (q *Queue) setRunning(id int64, cancel context.CancelCauseFunc) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.running, q.cancel = id, cancel
}

// Cancel stops an experiment that waits or runs. One that ended is store.ErrConflict.
func (q *Queue) Cancel(ctx context.Context, id int64) error {
	canceled, err := q.Store.CancelQueued(ctx, id, time.Now())
	if err != nil {
		return err
	}
	if canceled {
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

// Subscribe returns a channel that receives when something about an experiment changed,
// and a function that ends the subscription.
func (q *Queue) Subscribe(id int64) (<-chan struct{}, func()) { return q.hub.subscribe(id) }

func sleep(ctx context.Context, d time.Duration) {
	select {
	case <-ctx.Done():
	case <-time.After(d):
	}
}
