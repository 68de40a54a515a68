package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"time"

	"heaplab/profiler"
)

type runCmd struct {
	Case      string   `arg:"" help:"Case to run, such as preallocation."`
	Param     []string `help:"Set a param of the case; may be given several times." placeholder:"NAME=VALUE" sep:"none" short:"p"`
	Count     int      `help:"Measuring runs of each variant." placeholder:"N" default:"6"`
	Benchtime string   `help:"Of a run, as go test's -benchtime: 500ms or 20x." placeholder:"T" default:"500ms"`
	GOGC      string   `name:"gogc" help:"Of the runs: a percentage or off." placeholder:"PERCENT" default:"100"`
	Note      string   `help:"What the experiment is about." placeholder:"TEXT"`
}

// pollInterval is how often a waiting command looks how far its experiment is.
const pollInterval = 300 * time.Millisecond

// Run has the server that owns the data folder run the experiment; where there is none, it
// is that server itself for as long as the experiment takes.
func (r *runCmd) Run(ctx context.Context, c *cli) error {
	params, err := profiler.ParseAssignments(r.Param)
	if err != nil {
		return fmt.Errorf("--param: %w", err)
	}
	// Interrupted, this process still has to cancel the experiment over HTTP.
	base, own, err := serverOf(context.WithoutCancel(ctx), c.Data)
	if err != nil {
		return err
	}
	if own != nil {
		defer own.close()
	}
	api := client{base}
	id, err := api.launch(ctx, map[string]any{
		"case": r.Case, "params": params, "count": r.Count, "benchtime": r.Benchtime, "gogc": r.GOGC, "note": r.Note,
	})
	if err != nil {
		return err
	}
	report, err := follow(ctx, api, id, os.Stderr)
	if err != nil {
		return err
	}
	writeTable(os.Stdout, report)
	if own != nil {
		fmt.Printf("\nKept. Start heaplab and open http://%s/experiments/%d\n", defaultAddr, id)
	} else {
		fmt.Printf("\n%s\n", report.URL)
	}
	if report.State != profiler.Done {
		return fmt.Errorf("the experiment ended %s: %s", report.State, report.Error)
	}
	return nil
}

// serverOf returns the address of the server that owns the data folder, or starts one.
func serverOf(ctx context.Context, data string) (url string, own *server, err error) {
	own = &server{Data: data, Addr: "127.0.0.1:0", Log: slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelWarn}))}
	err = own.start(ctx)
	var owned *ownedError
	if errors.As(err, &owned) && owned.url != "" {
		return owned.url, nil, nil
	}
	if err != nil {
		return "", nil, err
	}
	return own.URL, own, nil
}

// follow waits for the end of an experiment and writes how far it is. When ctx ends it
// cancels the experiment.
func follow(ctx context.Context, api client, id int64, progress io.Writer) (profiler.Report, error) {
	ticker := time.NewTicker(pollInterval)
	defer ticker.Stop()
	for last := -1; ; {
		report, err := api.report(context.WithoutCancel(ctx), id)
		if err != nil {
			return report, err
		}
		if report.RunsDone != last {
			last = report.RunsDone
			fmt.Fprintf(progress, "\rexperiment %d: %d of %d runs", id, report.RunsDone, report.RunsTotal)
		}
		if profiler.Terminal(report.State) {
			fmt.Fprintln(progress)
			return report, nil
		}
		select {
		case <-ctx.Done():
			fmt.Fprintln(progress)
			return report, errors.Join(errors.New("canceled"), api.cancel(context.WithoutCancel(ctx), id))
		case <-ticker.C:
		}
	}
}
