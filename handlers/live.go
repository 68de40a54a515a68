package handlers

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"strings"
	"time"

	"heaplab/profiler"
	"heaplab/profiler/report"
	"heaplab/profiler/words"
	"heaplab/views"
)

const (
	maxStreams = 1000             // open event streams
	heartbeat  = 15 * time.Second // between events, so that no proxy closes the connection
	sendLimit  = 10 * time.Second // to send an event; slower viewers are disconnected
)

// livePage returns the page of a queued or running experiment.
func (a *App) livePage(ctx context.Context, e profiler.Experiment, rep report.Report, runs []profiler.Run) (views.LivePage, error) {
	p := views.LivePage{Report: rep, Runs: runs, Done: rep.RunsDone, Total: rep.RunsTotal}
	left := profiler.Remaining(e.Plan(), runs)
	if len(left) > 0 && rep.State == profiler.Running {
		p.Current = words.Task(left[0], e.Config.Count)
	}
	if len(runs) > 0 {
		p.Output = runs[len(runs)-1].Output
	}
	if err := a.addEstimate(ctx, &p, e); err != nil {
		return p, err
	}
	if rep.State == profiler.Queued {
		before, err := a.Store.Position(ctx, rep.ID)
		p.Position = before + 1
		return p, err
	}
	return p, nil
}

// addEstimate adds the remaining time of an experiment, and its preparation if that comes next.
func (a *App) addEstimate(ctx context.Context, p *views.LivePage, e profiler.Experiment) error {
	left, err := a.timeLeft(ctx, e, p.Runs)
	p.Left = left
	t, unknown := a.Builtin.Trial(e)
	if unknown == nil && e.State == profiler.Running && a.Builtin.Unprepared(t) > 0 {
		p.Current = t.Case.Preparation.What + ", once, before the first run"
	}
	return err
}

// timeLeft estimates how long an experiment takes after the given runs: from them and from the estimates
// of its case.
func (a *App) timeLeft(ctx context.Context, e profiler.Experiment, runs []profiler.Run) (time.Duration, error) {
	t, err := a.Builtin.Trial(e)
	if err != nil { // e does not measure a case, or the case has changed
		return profiler.Left(e.Plan(), runs, func(profiler.Task) time.Duration { return meanDuration(runs) }), nil
	}
	slowness, _, err := a.slowness(ctx, t.Case, e.Design.Params)
	return t.Duration(slowness, runs) + time.Duration(slowness*float64(a.Builtin.Unprepared(t))), err
}

// meanDuration returns the mean duration of runs, or 0 if there are none.
func meanDuration(runs []profiler.Run) time.Duration {
	var total time.Duration
	for _, run := range runs {
		total += run.Duration
	}
	return total / time.Duration(max(len(runs), 1))
}

// events streams the live part of an experiment's page. Each event has the whole part, so that a
// client that reconnects misses nothing. The last event is "done".
func (a *App) events(w http.ResponseWriter, r *http.Request) error {
	id, err := pathID(r)
	if err != nil {
		return err
	}
	if _, err := a.Store.Experiment(r.Context(), id); err != nil {
		return err
	}
	if a.streams.Add(1) > maxStreams {
		a.streams.Add(-1)
		return errBusy
	}
	defer a.streams.Add(-1)

	changed, unsubscribe := a.Queue.Subscribe(id)
	defer unsubscribe()
	tick := time.NewTicker(heartbeat)
	defer tick.Stop()
	w.Header().Set("Content-Type", "text/event-stream")
	w.Header().Set("Cache-Control", "no-store")
	for n := 1; ; n++ {
		ended, err := a.sendLive(w, r, id, n)
		if err != nil || ended {
			// The response has begun: it is too late for an error page.
			if err != nil && r.Context().Err() == nil {
				a.Log.Warn("event stream dropped", "experiment", id, "error", err)
			}
			return nil
		}
		select {
		case <-r.Context().Done():
			return nil
		case <-a.Stopping:
			return nil
		case <-changed:
		case <-tick.C:
		}
	}
}

// sendLive sends one event and reports whether it was the last.
func (a *App) sendLive(w http.ResponseWriter, r *http.Request, id int64, n int) (ended bool, err error) {
	e, runs, err := a.load(r.Context(), id)
	if err != nil {
		return false, err
	}
	rep, err := a.report(r, e, runs)
	if err != nil {
		return false, err
	}
	p, err := a.livePage(r.Context(), e, rep, runs)
	if err != nil {
		return false, err
	}
	var b bytes.Buffer
	if err := views.LiveStatus(p).Render(r.Context(), &b); err != nil {
		return false, err
	}
	var event strings.Builder
	writeEvent(&event, n, "live", b.String())
	if ended = e.State.Terminal(); ended {
		writeEvent(&event, n+1, "done", string(e.State))
	}
	control := http.NewResponseController(w)
	if err := control.SetWriteDeadline(time.Now().Add(sendLimit)); err != nil {
		return false, err
	}
	if _, err := w.Write([]byte(event.String())); err != nil {
		return false, err
	}
	return ended, control.Flush()
}

// writeEvent writes a server-sent event, with a "data:" field for each line.
func writeEvent(b *strings.Builder, id int, event, data string) {
	fmt.Fprintf(b, "id: %d\nevent: %s\n", id, event)
	for line := range strings.Lines(data) {
		fmt.Fprintf(b, "data: %s\n", strings.TrimRight(line, "\r\n"))
	}
	b.WriteString("\n")
}
