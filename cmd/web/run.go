package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"os"
	"strings"
	"time"

	"heaplab/profiler"
	"heaplab/profiler/report"
	"heaplab/profiler/subject/builtin"
	"heaplab/profiler/words"
)

// measuring holds the flags of all commands that measure a case.
type measuring struct {
	Case        string   `arg:"" help:"Case to measure, such as preallocation."`
	Preset      string   `help:"Preset of the case, such as large." placeholder:"NAME"`
	Param       []string `help:"Set a param of the case; may be given several times." placeholder:"NAME=VALUE" sep:"none" short:"p"`
	Count       *int     `help:"Measure runs of each variant; 6 by default, 24 to calibrate." placeholder:"N"`
	Benchtime   string   `help:"Length of a run, as in go test -benchtime, such as 20x; 500ms by default." placeholder:"T"`
	GOGC        string   `name:"gogc" help:"GOGC of the runs: a percentage or off; 100 by default." placeholder:"PERCENT"`
	GOMEMLIMIT  string   `name:"gomemlimit" help:"GOMEMLIMIT of the runs: a size such as 512MiB, or off; off by default." placeholder:"SIZE"`
	GOMAXPROCS  *int     `name:"gomaxprocs" help:"GOMAXPROCS of the runs; by default that of this machine." placeholder:"N"`
	TimeLimit   string   `help:"Time limit of a run; 2m by default." placeholder:"T"`
	MemoryLimit string   `help:"Memory limit of a run, such as 512MiB; half of the machine's memory by default, at most 4GiB." placeholder:"SIZE"`
	Note        string   `help:"Note about the experiment." placeholder:"TEXT"`
}

type runCmd struct {
	measuring
	Sweep string `help:"Measure at several values of a setting or param." placeholder:"GOGC=25,50,100"`
	Scale string `help:"Presets to measure with run all: ${enum}." enum:"small,large" default:"small"`
}

func (r *runCmd) Run(ctx context.Context, c *cli) error {
	if r.Case == allCases {
		return r.runAll(ctx, c)
	}
	var kind profiler.Kind
	if r.Sweep != "" {
		kind = profiler.KindSweep
	}
	return r.run(ctx, c, kind, r.Sweep)
}

type calibrateCmd struct{ measuring }

func (r *calibrateCmd) Run(ctx context.Context, c *cli) error {
	return r.run(ctx, c, profiler.KindCalibration, "")
}

// pollInterval is the time between two requests for the progress of an experiment.
const pollInterval = 300 * time.Millisecond

// run runs the experiment on the server that owns the data folder. If there is none, it serves the
// folder itself until the experiment ends.
func (r *measuring) run(ctx context.Context, c *cli, kind profiler.Kind, sweep string) (err error) {
	api, own, err := serverOf(ctx, c.Data, c.folders())
	if err != nil {
		return err
	}
	if own != nil {
		defer func() { err = errors.Join(err, own.close()) }()
	}
	params, err := r.params(ctx, api)
	if err != nil {
		return err
	}
	rep, err := r.measure(ctx, api, launch{Kind: kind, Case: r.Case, Params: params, Sweep: sweep})
	if err != nil {
		return err
	}
	writeReport(os.Stdout, rep)
	writeAddress(os.Stdout, c, own, rep)
	return resultOf(rep)
}

// writeAddress writes where to open a report.
func writeAddress(w io.Writer, c *cli, own *server, r report.Report) {
	if own != nil {
		fmt.Fprintf(w, "\nStored. To open it, run heaplab --data %s, then http://%s/experiments/%d\n", c.Data, defaultAddr, r.ID)
	} else {
		fmt.Fprintf(w, "\n%s\n", r.URL)
	}
}

// params returns the params of the preset, with those of --param in place of the preset's.
func (r *measuring) params(ctx context.Context, api client) (map[string]any, error) {
	params, err := profiler.ParseAssignments(r.Param)
	if err != nil {
		return nil, fmt.Errorf("--param: %w", err)
	}
	if r.Preset == "" {
		return params, nil
	}
	presets, err := api.presets(ctx, r.Case)
	if err != nil {
		return nil, err
	}
	var names []string
	for _, preset := range presets {
		if preset.Name == r.Preset {
			all := maps.Clone(preset.Params)
			maps.Copy(all, params)
			return all, nil
		}
		names = append(names, preset.Name)
	}
	return nil, fmt.Errorf("--preset: case %s has no preset %q; it has %s", r.Case, r.Preset, strings.Join(names, ", "))
}

// measure launches an experiment with the settings of the flags and waits for its end.
func (r *measuring) measure(ctx context.Context, api client, l launch) (report.Report, error) {
	// An interrupt during the launch must not leave an experiment that no client follows: follow cancels it.
	id, err := api.launch(context.WithoutCancel(ctx), launch{
		Kind:        l.Kind,
		Case:        l.Case,
		Params:      l.Params,
		Sweep:       l.Sweep,
		Count:       r.Count,
		Benchtime:   r.Benchtime,
		GOGC:        r.GOGC,
		GOMEMLIMIT:  r.GOMEMLIMIT,
		GOMAXPROCS:  r.GOMAXPROCS,
		TimeLimit:   r.TimeLimit,
		MemoryLimit: r.MemoryLimit,
		Note:        r.Note,
	})
	if err != nil {
		return report.Report{}, err
	}
	return follow(ctx, api, id, os.Stderr)
}

// resultOf returns an error if an experiment has no result.
func resultOf(report report.Report) error {
	if report.State != profiler.Done {
		if report.Error == "" {
			return fmt.Errorf("the experiment ended %s", report.State)
		}
		return fmt.Errorf("the experiment ended %s: %s", report.State, words.PlainLines(report.Error))
	}
	return nil
}

// serverOf returns a client of the server that owns the data folder. If there is none, it starts one
// for this process only. If another process has such a server, it waits until that process ends.
func serverOf(ctx context.Context, data string, folders builtin.Folders) (api client, own *server, err error) {
	log := slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelWarn}))
	for said := false; ; {
		own = &server{Data: data, Folders: folders, Addr: "127.0.0.1:0", MaxUpload: maxUploadBound, Private: true, Log: log}
		err := own.start(ctx)
		var owned *ownedError
		switch {
		case err == nil:
			return client{base: own.URL, token: own.token}, own, nil
		case !errors.As(err, &owned):
			return client{}, nil, err
		case owned.url != "":
			return client{base: owned.url, token: owned.token}, nil, nil
		}
		if !said {
			said = true
			fmt.Fprintln(os.Stderr, "waiting for another heaplab run on", data)
		}
		select {
		case <-ctx.Done():
			return client{}, nil, errors.New("canceled")
		case <-time.After(pollInterval):
		}
	}
}

// follow writes the progress of an experiment until it ends. If ctx ends first, it cancels the
// experiment.
func follow(ctx context.Context, api client, id int64, progress *os.File) (report.Report, error) {
	before, after, end := "", "\n", "" // one line for each update
	if info, err := progress.Stat(); err == nil && info.Mode()&os.ModeCharDevice != 0 {
		before, after, end = "\r", "", "\n" // on a terminal, each update replaces the one before
	}
	ticker := time.NewTicker(pollInterval)
	defer ticker.Stop()
	for last := -1; ; {
		report, err := api.report(context.WithoutCancel(ctx), id)
		if err != nil {
			return report, err
		}
		if report.RunsDone != last {
			last = report.RunsDone
			fmt.Fprintf(progress, "%sexperiment %d: %d of %d runs%s", before, id, report.RunsDone, report.RunsTotal, after)
		}
		if report.State.Terminal() {
			fmt.Fprint(progress, end)
			return report, nil
		}
		select {
		case <-ctx.Done():
			fmt.Fprint(progress, end)
			canceled := fmt.Errorf("canceled; experiment %d keeps its measurements so far", id)
			return report, errors.Join(canceled, api.cancel(context.WithoutCancel(ctx), id))
		case <-ticker.C:
		}
	}
}
