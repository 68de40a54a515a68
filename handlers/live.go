package handlers

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"strings"
	"time"

	"heaplab/profiler"
	"heaplab/views"
)

const (
	maxStreams = 1000             // open event streams
	heartbeat  = 15 * time.Second // between events, so that nobody on the way gives up
	sendLimit  = 10 * time.Second // a viewer who takes longer to take an event is dropped
)

// livePage says how far an experiment is that waits or runs.
func (a *App) livePage(ctx context.Context, e profiler.Experiment, report profiler.Report, runs []profiler.Run) (views.LivePage, error) {
	p := views.LivePage{Report: report, Runs: runs, Done: report.RunsDone, Total: report.RunsTotal}
	c := profiler.Find(a.Cases, report.Case)
	if c == nil {
		return p, nil
	}
	slowness, _, err := a.slowness(ctx, c)
	if err != nil {
		return p, err
	}
	unprepared := a.Queue.Unprepared(c, e)
	p.Left = c.Left(e, slowness, runs) + time.Duration(slowness*float64(unprepared))
	if report.State == profiler.Queued {
		before, err := a.Store.Position(ctx, report.ID)
		p.Position = before + 1
		return p, err
	}
	if unprepared > 0 {
		p.Current = c.Preparation.What + ", once, before the first run"
	} else if plan := e.Plan(c); len(runs) < len(plan) {
		p.Current = describe(e, plan[len(runs)])
	}
	if len(runs) > 0 {
		p.Output = runs[len(runs)-1].Output
	}
	return p, nil
}

// describe says what a task of e does.
func describe(e profiler.Experiment, t profiler.Task) string {
	what := t.Kind + " " + t.Variant
	if e.Sweep != nil {
		what += fmt.Sprintf(" at %s=%s", e.Sweep.Title(), e.Sweep.Values[t.Point])
	}
	if t.Kind == profiler.Measure {
		what += fmt.Sprintf(", round %d of %d", t.Round+1, e.Config.Count)
	}
	return what
}

// events streams the live part of an experiment's page, whole each time: whoever connects
// again, with whatever Last-Event-ID, misses nothing. The event "done" is the last.
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
			// The response has begun: nothing can be said in it any more.
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
	report, err := a.report(r, e, runs)
	if err != nil {
		return false, err
	}
	p, err := a.livePage(r.Context(), e, report, runs)
	if err != nil {
		return false, err
	}
	var b bytes.Buffer
	if err := views.LiveStatus(p).Render(r.Context(), &b); err != nil {
		return false, err
	}
	var event strings.Builder
	writeEvent(&event, n, "live", b.String())
	if ended = profiler.Terminal(e.State); ended {
		writeEvent(&event, n+1, "done", e.State)
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

// writeEvent writes a server-sent event; each line of its data stands behind a name of its own.
func writeEvent(b *strings.Builder, id int, event, data string) {
	fmt.Fprintf(b, "id: %d\nevent: %s\n", id, event)
	for line := range strings.Lines(data) {
		fmt.Fprintf(b, "data: %s\n", strings.TrimRight(line, "\r\n"))
	}
	b.WriteString("\n")
}
