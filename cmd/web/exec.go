package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"unicode/utf8"

	"heaplab/handlers"
	"heaplab/profiler/report"
	"heaplab/profiler/words"
)

type execCmd struct {
	Before      string   `required:"" help:"Command to compare with, run by /bin/sh." placeholder:"CMD"`
	After       []string `required:"" help:"Command to compare; may be given several times." placeholder:"CMD" sep:"none"`
	Count       *int     `help:"Runs of each command; 6 by default." placeholder:"N"`
	Name        string   `help:"Title of the experiment; by default the first and last command." placeholder:"TITLE"`
	TimeLimit   string   `help:"Time limit of a run; 2m by default." placeholder:"T"`
	MemoryLimit string   `help:"Memory limit of all processes of a run together, such as 512MiB; half of the machine's memory by default, at most 4GiB." placeholder:"SIZE"`
	GCTrace     bool     `name:"gctrace" help:"Read live heap and collections of Go programs from their GODEBUG=gctrace=1."`
	NoTrace     bool     `name:"no-trace" help:"Watch without ptrace, for commands such as gdb and strace that use it themselves. Peaks are then sampled."`
	Note        string   `help:"Note about the experiment." placeholder:"TEXT"`
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
	l := handlers.CommandLaunch{
		Commands: append([]string{x.Before}, x.After...),
		Title:    x.Name, Dir: dir, Env: environment(), GCTrace: x.GCTrace, NoTrace: x.NoTrace,
		Count: x.Count, TimeLimit: x.TimeLimit, MemoryLimit: x.MemoryLimit, Note: x.Note,
	}
	if err := checkText(l); err != nil {
		return err
	}
	// An interrupt during the launch must not leave an experiment that no client follows: follow cancels it.
	id, err := api.exec(context.WithoutCancel(ctx), l)
	if err != nil {
		return err
	}
	r, err := follow(ctx, api, id, os.Stderr)
	if err != nil {
		return err
	}
	if err := printReport(ctx, api, r, x.JSON); err != nil {
		return err
	}
	if !x.JSON {
		writeAddress(os.Stdout, c, own, r)
	}
	return resultOf(r)
}

// environment returns the environment of this process.
func environment() [][]byte {
	var env [][]byte
	for _, v := range os.Environ() {
		env = append(env, []byte(v))
	}
	return env
}

// checkText returns an error if a text of the launch is not valid UTF-8. The server stores these texts,
// and JSON would replace the invalid bytes.
func checkText(l handlers.CommandLaunch) error {
	for _, line := range l.Commands {
		if !utf8.ValidString(line) {
			return fmt.Errorf("the command %q is not valid UTF-8. Put it into a script and run that", line)
		}
	}
	switch {
	case !utf8.ValidString(l.Dir):
		return fmt.Errorf("the name of this folder, %q, is not valid UTF-8. Run heaplab exec in another folder", l.Dir)
	case !utf8.ValidString(l.Title):
		return fmt.Errorf("--name %q is not valid UTF-8", l.Title)
	case !utf8.ValidString(l.Note):
		return fmt.Errorf("--note %q is not valid UTF-8", l.Note)
	}
	return nil
}

// printReport writes a report as text or JSON; if it failed, with the end of its output.
func printReport(ctx context.Context, api client, r report.Report, asJSON bool) error {
	if asJSON {
		var raw json.RawMessage
		if err := api.raw(ctx, r.ID, &raw); err != nil {
			return err
		}
		_, err := os.Stdout.Write(append(raw, '\n'))
		return err
	}
	writeReport(os.Stdout, r)
	if r.Output != "" {
		fmt.Fprintf(os.Stderr, "\nThe end of its output:\n%s\n", words.PlainLines(r.Output))
	}
	return nil
}
