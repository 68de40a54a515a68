// Command web is heaplab: the dashboard and its command line.
package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"runtime/debug"
	"syscall"

	"github.com/alecthomas/kong"

	"heaplab/profiler/cases"
	"heaplab/profiler/child"
	"heaplab/profiler/subject/builtin"
)

// cli is the command line. An environment variable can set each flag, such as HEAPLAB_DATA for
// --data.
type cli struct {
	Data    string `help:"Folder for all data of heaplab." placeholder:"DIR" default:"${data}" type:"path"`
	Dataset string `help:"Folder of data sets to train on: CIFAR-10 in its binary version, or files of labelled texts." placeholder:"DIR" type:"existingdir"`
	Models  string `help:"Folder of model files (safetensors or GGUF), for predictions and for cases." placeholder:"DIR" type:"existingdir"`

	Serve     serveCmd     `cmd:"" default:"withargs" help:"Run the dashboard (the default)."`
	Run       runCmd       `cmd:"" help:"Run an experiment, store it and print its numbers."`
	Exec      execCmd      `cmd:"" help:"Compare commands: their time and the memory of all their processes."`
	Bench     benchCmd     `cmd:"" help:"Compare the benchmarks of a Go package at two or more versions of its git repository."`
	Compare   compareCmd   `cmd:"" help:"Compare files of Go benchmark results as benchstat does. Needs no server and stores nothing."`
	Import    importCmd    `cmd:"" help:"Compare heap profiles of any program, print the report in Markdown, and fail on conditions."`
	Calibrate calibrateCmd `cmd:"" help:"Compare a case's baseline with itself to measure the noise of this machine."`
	Predict   predictCmd   `cmd:"" help:"Predict savings for a model file from its header. Runs nothing."`
	Version   versionCmd   `cmd:"" help:"Print the version."`
	Child     childCmd     `cmd:"" hidden:""`
}

func main() {
	// Before any other set-up: everything that a child allocates is measured.
	if len(os.Args) == 2 && os.Args[1] == childCommand {
		child.Child(builtin.Jobs(casesWith))
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	defer stop()
	var c cli
	k := kong.Parse(&c,
		kong.Name("heaplab"),
		kong.Description("Before-and-after memory experiments in Go. Keeps every heap profile; every report can be shared by a link."),
		kong.DefaultEnvars("HEAPLAB"),
		kong.Vars{"data": defaultData()},
		kong.BindTo(ctx, (*context.Context)(nil)),
		kong.Bind(&c),
		kong.UsageOnError(),
		kong.Exit(func(status int) { os.Exit(exitStatusOf(status)) }),
	)
	k.FatalIfErrorf(k.Run())
}

// exitStatusOf returns the exit status of this program. kong's own for wrong flags is 80.
func exitStatusOf(status int) int {
	const wrongFlags = 80
	if status == wrongFlags {
		return exitError
	}
	return status
}

// folders returns the folders that the flags name.
func (c *cli) folders() builtin.Folders {
	return builtin.Folders{Dataset: c.Dataset, Models: c.Models}
}

// casesWith returns the cases of a child. If the folders can no longer be read, it returns the cases
// without them, and the child fails for a param that needs them.
func casesWith(folders builtin.Folders) []builtin.Case {
	found, err := cases.With(folders)
	if err != nil {
		return cases.All
	}
	return found
}

// childCommand is the hidden command of the child processes.
const childCommand = "child"

// childCmd reserves the name of the command. main runs it before it parses the flags.
type childCmd struct{}

type versionCmd struct{}

func (versionCmd) Run() error {
	fmt.Println("heaplab", version())
	return nil
}

// version returns the version of the module, and the commit if the build has it.
func version() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "unknown"
	}
	for _, s := range info.Settings {
		if s.Key == "vcs.revision" {
			return info.Main.Version + " " + s.Value[:min(12, len(s.Value))]
		}
	}
	return info.Main.Version
}

// defaultData returns $XDG_DATA_HOME/heaplab (https://specifications.freedesktop.org/basedir-spec).
func defaultData() string {
	if dir := os.Getenv("XDG_DATA_HOME"); filepath.IsAbs(dir) {
		return filepath.Join(dir, "heaplab")
	}
	home, err := os.UserHomeDir()
	if err != nil {
		return "heaplab-data"
	}
	return filepath.Join(home, ".local", "share", "heaplab")
}
