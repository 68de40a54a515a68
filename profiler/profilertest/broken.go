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

var broken = builtin.Case{
	Name:      "broken",
	Title:     "Failures",
	Technique: "test",
	Variants: []builtin.Variant{
		{Name: "fails", Setup: always(func(func()) error { return errors.New("the data is <gone>") })},
		{Name: "panics", Setup: always(func(func()) error { panic("no <more> tensors") })},
		{Name: "panics aside", Setup: always(func(func()) error { go panic("no tensors here"); return sleep(nil) })},
		{Name: "follows nil", Setup: always(func(func()) error { var w *work; return w.op(nil) })},
		{Name: "recurses", Setup: always(func(func()) error { return fmt.Errorf("depth %d", depth(0)) })},
		{Name: "exits", Setup: always(func(func()) error { os.Exit(7); return nil })},
		{Name: "kills itself", Setup: always(func(func()) error { return syscall.Kill(os.Getpid(), syscall.SIGKILL) })},
		{Name: "hangs", Setup: always(sleep)},
		{Name: "hangs on", Setup: always(hangOn)},
		{Name: "leaks", Setup: always(leak)},
		{Name: "floods", Setup: always(flood)},
		{Name: "forks", Setup: always(func(func()) error { return fork(false) })},
		{Name: "escapes", Setup: always(func(func()) error { return fork(true) })},
		{Name: "escapes and hangs", Setup: always(func(mark func()) error { fmt.Println(fork(true)); return sleep(mark) })},
		{Name: "escapes and works", Setup: escapeAndWork},
		{Name: "tells", Setup: always(func(func()) error { return tell() })},
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

func always(op func(mark func()) error) func(builtin.Input) (builtin.Work, error) {
	return func(builtin.Input) (builtin.Work, error) { return &work{op: op}, nil }
}

func marked(mark func()) error { mark(); return nil }

func sleep(func()) error { time.Sleep(time.Hour); return nil }

// hangOn hangs and wants to hear of no signal.
func hangOn(mark func()) error {
	signal.Ignore(syscall.SIGTERM, syscall.SIGINT, syscall.SIGHUP, syscall.SIGQUIT)
	return sleep(mark)
}

// depth does not return before its stack, of 4 KiB a call, is larger than any may be.
func depth(n int) int {
	var frame [512]int
	if n > 1<<30 {
		return n
	}
	frame[n%512] = depth(n + 1)
	return frame[n%512]
}

func leak(func()) error {
	var held [][]byte
	for {
		held = append(held, allocate())
		if len(held) > 1<<20 {
			return fmt.Errorf("held %d blocks", len(held))
		}
	}
}

// Flood is what "floods" prints before it fails, in bytes.
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

// fork leaves a process behind that holds this one's standard output, in a session of its own
// if it is to escape, and fails with its id.
func fork(escape bool) error {
	cmd := exec.Command("/bin/sleep", "3600")
	cmd.Stdout = os.Stdout
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: escape}
	if err := cmd.Start(); err != nil {
		return err
	}
	return fmt.Errorf("started %d", cmd.Process.Pid)
}

// escapeAndWork has a shell leave a process of its own session behind, prints its id, and
// goes on to measure well.
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

// tell fails with what a child can see of where it runs: its environment, its open files, its
// folder, and one that it made for itself, which it fills.
func tell() error {
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
	return errors.New("told")
}
