package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"heaplab/handlers"
	"heaplab/profiler/report"
	"heaplab/profiler/subject/gobench"
)

type benchCmd struct {
	Package     string   `arg:"" optional:"" default:"." help:"Folder of the package; this folder by default."`
	Bench       string   `help:"Benchmarks to run, as -bench of go test." placeholder:"REGEXP"`
	Before      string   `default:"HEAD" help:"Version to compare with: a branch, a tag or a commit; HEAD by default. main... is the merge base of main and the current branch. Settings can follow: 'HEAD toolchain=go1.25.5 gcflags=-l tags=a get=MODULE@VERSION bench=REGEXP'." placeholder:"VERSION"`
	After       []string `help:"Version to compare, in the same form; may be given several times. By default the files as they are now, committed or not." placeholder:"VERSION" sep:"none"`
	Changed     bool     `help:"Compare the benchmarks of all packages below the folder that depend on what changed, each package in an experiment of its own."`
	Sweep       string   `help:"Measure at several values of GOGC, GOMEMLIMIT or GOMAXPROCS, such as GOGC=50,100,200; of one benchmark." placeholder:"SETTING=VALUES"`
	FailOn      string   `help:"Exit with status 1 if one of these holds, such as 'B/op>+5%,allocs/op>+0'." placeholder:"CONDITIONS"`
	Count       *int     `help:"Rounds; 6 by default." placeholder:"N"`
	Benchtime   string   `help:"Length of a benchmark, as -benchtime of go test; 500ms by default." placeholder:"T"`
	TimeLimit   string   `help:"Time limit of a run; 2m by default." placeholder:"T"`
	MemoryLimit string   `help:"Memory limit of a run, such as 512MiB." placeholder:"SIZE"`
	Title       string   `help:"Title of the experiment." placeholder:"TEXT"`
	Note        string   `help:"Note about the experiment." placeholder:"TEXT"`
	JSON        bool     `name:"json" xor:"format" help:"Print the report as JSON, as the API gives it."`
	Markdown    bool     `xor:"format" help:"Print the report in Markdown, for a pull request."`
}

// Run compares versions of a package's benchmarks.
func (b *benchCmd) Run(ctx context.Context, c *cli) error {
	holds, err := b.run(ctx, c)
	switch {
	case err != nil:
		return exitStatus{err, exitError}
	case len(holds) > 0:
		return exitStatus{fmt.Errorf("--fail-on: %s", strings.Join(holds, "\n--fail-on: ")), exitHolds}
	}
	return nil
}

// run returns the conditions that hold.
func (b *benchCmd) run(ctx context.Context, c *cli) (holds []string, err error) {
	var gates []report.Gate
	if b.FailOn != "" {
		if gates, err = report.ParseUnitGates(b.FailOn); err != nil {
			return nil, fmt.Errorf("--fail-on %w", err)
		}
	}
	launches, err := b.launches(ctx)
	if err != nil || len(launches) == 0 {
		return nil, err
	}
	api, own, err := serverOf(ctx, c.Data, c.folders())
	if err != nil {
		return nil, err
	}
	if own != nil {
		defer func() { err = errors.Join(err, own.close()) }()
		api.host = defaultAddr // where the report can be opened later
	}
	for i, l := range launches {
		found, failed := b.measure(ctx, c, api, own, l, gates)
		if len(launches) > 1 {
			found, failed = ofPackage(l.Package, found, failed)
		}
		holds, err = append(holds, found...), errors.Join(err, failed)
		if ctx.Err() != nil {
			return holds, err
		}
		if i < len(launches)-1 && !b.JSON {
			fmt.Println()
		}
	}
	return holds, err
}

// measure runs one experiment and returns the conditions that hold.
func (b *benchCmd) measure(ctx context.Context, c *cli, api client, own *server, l handlers.BenchmarkLaunch, gates []report.Gate) (holds []string, err error) {
	// An interrupt during the launch must not leave an experiment that no client follows: follow cancels it.
	id, err := api.bench(context.WithoutCancel(ctx), l)
	if err != nil {
		return nil, err
	}
	r, err := follow(ctx, api, id, os.Stderr)
	if err != nil {
		return nil, err
	}
	if err := b.print(ctx, api, r); err != nil {
		return nil, err
	}
	if err := resultOf(r); err != nil {
		return nil, err
	}
	outcomes, err := judgeUnits(r, gates)
	printOutcomes(outcomes, b.Markdown)
	writeAddress(os.Stderr, c, own, r)
	return held(outcomes), err
}

// launch returns what to launch: in the module of the package, with this environment.
func (b *benchCmd) launch() (handlers.BenchmarkLaunch, error) {
	module, pkg, err := moduleOf(b.Package)
	after := b.After
	if len(after) == 0 {
		after = []string{gobench.Dirty}
	}
	return handlers.BenchmarkLaunch{
		Dir: module, Package: pkg, Bench: b.Bench, Versions: append([]string{b.Before}, after...), Sweep: b.Sweep,
		Title: b.Title, Env: environment(), Count: b.Count, Benchtime: b.Benchtime,
		TimeLimit: b.TimeLimit, MemoryLimit: b.MemoryLimit, Note: b.Note,
	}, err
}

func (b *benchCmd) print(ctx context.Context, api client, r report.Report) error {
	if b.Markdown {
		return api.markdown(ctx, r.ID, os.Stdout)
	}
	return printReport(ctx, api, r, b.JSON)
}

// moduleOf returns the folder of the module that contains a package, and the path of the package in it.
func moduleOf(pkg string) (module, path string, err error) {
	dir, err := filepath.Abs(pkg)
	if err != nil {
		return "", "", err
	}
	if info, err := os.Stat(dir); err != nil || !info.IsDir() {
		return "", "", fmt.Errorf("%s is not the folder of a package", pkg)
	}
	for module = dir; ; module = filepath.Dir(module) {
		if _, err := os.Stat(filepath.Join(module, "go.mod")); err == nil {
			path, err = filepath.Rel(module, dir)
			return module, path, err
		}
		if module == filepath.Dir(module) {
			return "", "", fmt.Errorf("%s is not in a Go module: neither it nor a folder above it has a go.mod", pkg)
		}
	}
}
