// Command truth holds heaplab's verdicts against truths that are known. It compares a case with
// itself, with one that allocates a little more and with one that is a little slower, many
// times over, each time as an experiment does, and counts what the reports find.
//
//	go run ./profiler/truth
//
// Its report goes to standard output, and how far it is to standard error. It exits with 1
// where something was found too often or too seldom.
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

// childCommand is the hidden argument of the processes that measure.
const childCommand = "child"

func main() {
	if len(os.Args) == 2 && os.Args[1] == childCommand {
		child.Child(builtin.Jobs(func(builtin.Folders) []builtin.Case { return []builtin.Case{known} }))
	}
	s := settings{Rounds: report.CalibrationRounds}
	flag.IntVar(&s.Same, "aa", 200, "compare with itself `N` times")
	flag.IntVar(&s.Bytes, "bytes", 50, "compare with what allocates 2 % more `N` times")
	flag.IntVar(&s.Slow, "slow", 50, "compare with what is slower, by 1.5 times the noise floor, `N` times")
	flag.StringVar(&s.Benchtime, "benchtime", "50ms", "`time` of each benchmark, as go test's -benchtime")
	flag.Parse()
	if flag.NArg() > 0 {
		flag.Usage()
		os.Exit(2)
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	held, err := measure(ctx, s)
	switch {
	case ctx.Err() != nil:
		fmt.Fprintln(os.Stderr, "truth: interrupted; the report is of what was done before")
	case err != nil:
		fmt.Fprintln(os.Stderr, "truth:", err)
	}
	if err != nil || !held {
		os.Exit(1)
	}
}

// measure does all comparisons in a folder of its own and prints the report, even of those done
// before it was interrupted. It reports whether everything held that was asked.
func measure(ctx context.Context, s settings) (held bool, err error) {
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
		Cases:    []builtin.Case{known},
		Executor: &child.Executor{Path: self, Args: []string{childCommand}, Dir: dir},
	}, s, os.Stderr)
	if r != nil {
		fmt.Print(r)
	}
	return err == nil && r.held(), err
}
