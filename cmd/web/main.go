// Command web is heaplab: the dashboard, and the same experiments from the command line.
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

// cli is the command line. Each flag can be set by the environment too, as HEAPLAB_DATA for
// --data.
type cli struct {
	Data    string `help:"Folder that holds everything heaplab keeps." placeholder:"DIR" default:"${data}" type:"path"`
	Dataset string `help:"Folder of data sets to train on: CIFAR-10's binary version, or files of labelled texts." placeholder:"DIR" type:"existingdir"`
	Models  string `help:"Folder of models, safetensors or GGUF files, to predict savings on and to run cases with." placeholder:"DIR" type:"existingdir"`

	Serve     serveCmd     `cmd:"" default:"withargs" help:"Run the dashboard (the default)."`
	Run       runCmd       `cmd:"" help:"Run an experiment, print its numbers and keep it."`
	Calibrate calibrateCmd `cmd:"" help:"Measure a case's baseline against itself, to learn the noise of this machine."`
	Predict   predictCmd   `cmd:"" help:"Compute what techniques would save on a model's file, without running anything."`
	Version   versionCmd   `cmd:"" help:"Print the version."`
	Child     childCmd     `cmd:"" hidden:""`
}

func main() {
	// Before anything else is set up: what a child allocates is what is measured.
	if len(os.Args) == 2 && os.Args[1] == childCommand {
		child.Child(builtin.Jobs(casesWith))
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	var c cli
	k := kong.Parse(&c,
		kong.Name("heaplab"),
		kong.Description("Before-and-after memory experiments in Go, with every heap profile kept and every report a link."),
		kong.DefaultEnvars("HEAPLAB"),
		kong.Vars{"data": defaultData()},
		kong.BindTo(ctx, (*context.Context)(nil)),
		kong.Bind(&c),
		kong.UsageOnError(),
	)
	k.FatalIfErrorf(k.Run())
}

// folders are those that the flags name.
func (c *cli) folders() builtin.Folders {
	return builtin.Folders{Dataset: c.Dataset, Models: c.Models}
}

// casesWith are the cases of a child. It was started because the folders could be read; should
// that have changed, it refuses what it does not find there.
func casesWith(folders builtin.Folders) []builtin.Case {
	found, err := cases.With(folders)
	if err != nil {
		return cases.All
	}
	return found
}

// childCommand is the hidden sub-command of the processes that measure.
const childCommand = "child"

// childCmd is there so that the name is taken; main acts on it before the flags are read.
type childCmd struct{}

type versionCmd struct{}

func (versionCmd) Run() error {
	fmt.Println("heaplab", version())
	return nil
}

// version is the module's version, with the commit where the build knows it.
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

// defaultData is $XDG_DATA_HOME/heaplab (https://specifications.freedesktop.org/basedir-spec).
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
