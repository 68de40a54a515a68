package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"

	"heaplab/handlers"
	"heaplab/profiler/report"
)

type execCmd struct {
	Before      string   `required:"" help:"Command to compare with, run by /bin/sh." placeholder:"CMD"`
	After       []string `required:"" help:"Command to compare; may be given several times." placeholder:"CMD" sep:"none"`
	Count       *int     `help:"Runs of each command; 6 by default." placeholder:"N"`
	Name        string   `help:"What to call the experiment; made of the commands by default." placeholder:"TITLE"`
	TimeLimit   string   `help:"Of a run; 2m by default." placeholder:"T"`
	MemoryLimit string   `help:"Of all processes of a run together, such as 512MiB; half of the machine's memory by default, at most 4GiB." placeholder:"SIZE"`
	GCTrace     bool     `name:"gctrace" help:"Read live heap and collections of Go programs from their GODEBUG=gctrace=1."`
	NoTrace     bool     `name:"no-trace" help:"Watch without ptrace, for commands such as gdb and strace that use it themselves. Peaks are sampled then."`
	Note        string   `help:"What the experiment is about." placeholder:"TEXT"`
	JSON        bool     `name:"json" help:"Print the report as JSON, as the API gives it."`
}

// Run compares commands. They run in this folder, with this environment.
func (x *execCmd) Run(ctx context.Context, c *cli) (err error) {
	dir, err := os.Getwd()
	if err != nil {
		return err
	}
	api, own, err := serverOf(ctx, c.Data, c.folders())
	if err != nil {
		return err
	}
	if own != nil {
		defer func() { err = errors.Join(err, own.close()) }()
	}
	id, err := api.exec(ctx, handlers.CommandLaunch{
		Commands: append([]string{x.Before}, x.After...),
		Title:    x.Name, Dir: dir, Env: os.Environ(), GCTrace: x.GCTrace, NoTrace: x.NoTrace,
		Count: x.Count, TimeLimit: x.TimeLimit, MemoryLimit: x.MemoryLimit, Note: x.Note,
	})
	if err != nil {
		return err
	}
	r, err := follow(ctx, api, id, os.Stderr)
	if err != nil {
		return err
	}
	if err := x.print(ctx, api, r); err != nil {
		return err
	}
	if !x.JSON {
		writeAddress(c, own, r)
	}
	return resultOf(r)
}

// print writes the report; if it failed, with the end of its output.
func (x *execCmd) print(ctx context.Context, api client, r report.Report) error {
	if x.JSON {
		var raw json.RawMessage
		if err := api.raw(ctx, r.ID, &raw); err != nil {
			return err
		}
		_, err := os.Stdout.Write(append(raw, '\n'))
		return err
	}
	writeReport(os.Stdout, r)
	if r.Output != "" {
		fmt.Fprintf(os.Stderr, "\nThe end of its output:\n%s\n", r.Output)
	}
	return nil
}
