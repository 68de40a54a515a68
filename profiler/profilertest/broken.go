package profilertest

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"math"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"heaplab/profiler"
	"heaplab/profiler/subject/builtin"
)

// broken is a case whose variants fail in different ways, or leave processes behind.
var broken = builtin.Case{
	Name:      "broken",
	Title:     "Failures",
	Technique: "test",
	Variants: []builtin.Variant{
		{Name: "fails", Setup: always(func(func()) error { return errors.New("the data is <gone>") })},
		{Name: "panics", Setup: always(func(func()) error { panic("no <more> tensors") })},
		{Name: "panics in a goroutine", Setup: always(func(func()) error { go panic("no tensors here"); return sleep(nil) })},
		{Name: "dereferences nil", Setup: always(func(func()) error { var w *work; return w.op(nil) })},
		{Name: "recurses", Setup: always(func(func()) error { return fmt.Errorf("depth %d", depth(0)) })},
		{Name: "exits", Setup: always(func(func()) error { os.Exit(7); return nil })},
		{Name: "kills itself", Setup: always(func(func()) error { return syscall.Kill(os.Getpid(), syscall.SIGKILL) })},
		{Name: "hangs", Setup: always(sleep)},
		{Name: "hangs and ignores signals", Setup: always(hangAndIgnoreSignals)},
		{Name: "leaks", Setup: always(leak)},
		{Name: "floods", Setup: always(flood)},
		{Name: "forks", Setup: always(func(func()) error { return fork(false) })},
		{Name: "escapes", Setup: always(func(func()) error { return fork(true) })},
		{Name: "escapes and hangs", Setup: always(func(mark func()) error { fmt.Println(fork(true)); return sleep(mark) })},
		{Name: "escapes and works", Setup: escapeAndWork},
		{Name: "prints what it sees", Setup: always(func(func()) error { return printSurroundings() })},
		{Name: "unmarked", Setup: always(func(func()) error { return nil })},
		{Name: "infinite", Setup: func(builtin.Input) (builtin.Work, error) {
			return &work{
				op:      marked,
				metrics: []profiler.Measurement{{Unit: "nonsense", Value: math.Inf(1)}},
			}, nil
		}},
		{Name: "setup", Setup: func(builtin.Input) (builtin.Work, error) { return nil, errors.New("no such file") }},
	},
	Estimate: func(profiler.Params) builtin.Estimate { return builtin.Estimate{Op: time.Millisecond} },
}

// always returns a set-up of work whose operation is op.
func always(op func(mark func()) error) func(builtin.Input) (builtin.Work, error) {
	return func(builtin.Input) (builtin.Work, error) { return &work{op: op}, nil }
}

// marked is an operation that only marks.
func marked(mark func()) error { mark(); return nil }

func sleep(func()) error { time.Sleep(time.Hour); return nil }

// hangAndIgnoreSignals is an operation that hangs and ignores signals.
func hangAndIgnoreSignals(mark func()) error {
	signal.Ignore(syscall.SIGTERM, syscall.SIGINT, syscall.SIGHUP, syscall.SIGQUIT)
	return sleep(mark)
}

// depth recurses until its stack is too large. Each call takes 4 KiB.
func depth(n int) int {
	var frame [512]int
	if n > 1<<30 {
		return n
	}
	frame[n%512] = depth(n + 1)
	return frame[n%512]
}

// leak allocates until memory runs out.
func leak(func()) error {
	var held [][]byte
	for {
		held = append(held, allocate())
		if len(held) > 1<<20 {
			return fmt.Errorf("held %d blocks", len(held))
		}
	}
}

// Flood is the size of the output of the variant "floods", in bytes.
const Flood = 1 << 30

func flood(func()) error {
	lines := bytes.Repeat([]byte(strings.Repeat("x", 1023)+"\n"), 64)
	for range Flood / len(lines) {
		if _, err := os.Stdout.Write(lines); err != nil {
			return err
		}
	}
	fmt.Print("the end")
	return errors.New("flooded")
}

// fork starts a process that outlives this one and holds its standard output open. With escape, that
// process has its own session. fork returns its id as an error.
func fork(escape bool) error {
	cmd := exec.Command("/bin/sleep", "3600")
	cmd.Stdout = os.Stdout
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: escape}
	if err := cmd.Start(); err != nil {
		return err
	}
	return fmt.Errorf("started %d", cmd.Process.Pid)
}

// escapeAndWork starts a process in its own session that outlives this one, and prints its id. Its work
// succeeds.
func escapeAndWork(builtin.Input) (builtin.Work, error) {
	out, in, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	defer out.Close()
	cmd := exec.Command("/bin/sh", "-c", `setsid sh -c 'echo started $$ >&3; exec sleep 3600 3>&-' & wait`)
	cmd.Stdout, cmd.ExtraFiles = os.Stdout, []*os.File{in}
	err = cmd.Start()
	in.Close()
	if err != nil {
		return nil, err
	}
	line, err := bufio.NewReader(out).ReadString('\n')
	fmt.Print(line)
	return &work{op: marked}, err
}

// printSurroundings prints the working directory of the child, a temporary folder that it makes, and its
// environment, and fails.
func printSurroundings() error {
	dir, err := os.MkdirTemp("", "mine-")
	if err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(dir, "file"), []byte("mine"), 0o600); err != nil {
		return err
	}
	here, err := os.Getwd()
	if err != nil {
		return err
	}
	fmt.Println("folder", here)
	fmt.Println("made", dir)
	for _, v := range os.Environ() {
		fmt.Println("environment", v)
	}
	return errors.New("printed")
}
