// Command truth tests heaplab's verdicts on known differences. It compares a case many times with itself,
// with variants that allocate or hold a little more or less, and with one that is a little slower, on the
// machine as it is and on a busy one. It measures and reports each comparison as an experiment does, and
// counts the verdicts.
//
//	go run ./profiler/truth
//
// It writes its report to standard output, and its progress to standard error. It exits with status 1 if
// a difference was found too often or too rarely.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"heaplab/profiler/child"
	"heaplab/profiler/report"
	"heaplab/profiler/subject/builtin"
)

// childCommand is the argument of child processes.
const childCommand = "child"

func main() {
	if len(os.Args) == 2 && os.Args[1] == childCommand {
		child.Child(builtin.Jobs(func(builtin.Folders) []builtin.Case { return []builtin.Case{known, ordered} }))
	}
	s := settings{Rounds: report.CalibrationRounds}
	flag.IntVar(&s.Same, "aa", 200, "compare the case with itself `N` times")
	flag.IntVar(&s.Bytes, "bytes", 50, "compare with a variant that allocates 2% more `N` times")
	flag.IntVar(&s.Live, "live", 50, "compare with a variant that holds 5% less in 4 rounds `N` times")
	flag.IntVar(&s.Slow, "slow", 50, "compare with a variant that is slower by 1.5 times the noise floor `N` times")
	flag.IntVar(&s.Order, "order", 50, "compare three variants of known order `N` times")
	flag.IntVar(&s.Added, "added", 50, "compare the case with itself in 4 rounds and 4 added ones `N` times")
	flag.IntVar(&s.Loaded, "loaded", 50, "compare on a busy machine `N` times")
	flag.StringVar(&s.Benchtime, "benchtime", "50ms", "`time` of each benchmark, as go test's -benchtime")
	flag.Parse()
	if flag.NArg() > 0 {
		flag.Usage()
		os.Exit(2)
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	passed, err := measure(ctx, s)
	switch {
	case ctx.Err() != nil:
		fmt.Fprintln(os.Stderr, "truth: interrupted; the report covers the comparisons before that")
	case err != nil:
		fmt.Fprintln(os.Stderr, "truth:", err)
	}
	if err != nil || !passed {
		os.Exit(1)
	}
}

// measure does all comparisons in a temporary folder and prints the report, also if it was interrupted. It
// reports whether all tests passed.
func measure(ctx context.Context, s settings) (passed bool, err error) {
	self, err := os.Executable()
	if err != nil {
		return false, err
	}
	dir, err := os.MkdirTemp("", "heaplab-truth-")
	if err != nil {
		return false, err
	}
	defer os.RemoveAll(dir)
	r, err := run(ctx, &builtin.Subject{
		Cases:    []builtin.Case{known, ordered},
		Executor: &child.Executor{Path: self, Args: []string{childCommand}, Dir: dir},
	}, s, os.Stderr)
	if r != nil {
		fmt.Print(r)
	}
	return err == nil && r.passed(), err
}
