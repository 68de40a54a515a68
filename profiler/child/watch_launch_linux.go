package child

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// launch starts the command. If tracing is not permitted, the command runs untraced.
func (w *watch) launch(c Command) error {
	path, err := lookUp(c)
	if err != nil {
		return fmt.Errorf("start %s: %w", c.Argv[0], err)
	}
	files, err := openFiles(c)
	if err != nil {
		return err
	}
	defer files[0].Close()
	start := func(traced bool) (pid int, err error) {
		w.before = childrenUsage()
		w.begun = time.Now()
		return syscall.ForkExec(path, c.Argv, &syscall.ProcAttr{
			Dir:   c.Dir,
			Env:   c.Env,
			Files: []uintptr{files[0].Fd(), files[1].Fd(), files[2].Fd()},
			Sys:   &syscall.SysProcAttr{Setsid: true, Pdeathsig: syscall.SIGKILL, Ptrace: traced}, // no terminal to wait for
		})
	}
	if c.Untraced {
		w.untraced = "not requested"
	} else {
		w.command, err = start(true)
		if errors.Is(err, syscall.EPERM) || errors.Is(err, syscall.ENOSYS) {
			w.untraced = "ptrace: " + err.Error()
		}
	}
	if w.untraced != "" {
		w.command, err = start(false)
	}
	if err != nil {
		return startError(c, path, err)
	}
	if w.untraced == "" {
		err = w.seizeCommand()
	} else {
		w.enter(w.command, os.Getpid(), false, false)
		w.sampler.sample(w)
		_ = raiseOOMScore(w.command) // a measurement does not need it
	}
	w.inherited = ownHighWater()
	return err
}

// seizeCommand traces the command with PTRACE_SEIZE and lets it run. PTRACE_TRACEME has stopped the
// command at its first instruction, but it would break job control: a process that is traced this way
// does not stay stopped. Going from one to the other takes two steps, so SIGSTOP stops the command in
// between.
func (w *watch) seizeCommand() error {
	pid := w.command
	stopped := func() (s syscall.WaitStatus, err error) {
		if _, err = wait(pid, &s, unix.WUNTRACED|unix.WALL); err == nil && !s.Stopped() {
			err = fmt.Errorf("the command ended before its first instruction")
		}
		return s, err
	}
	if _, err := stopped(); err != nil {
		return err
	}
	began := time.Now()
	_ = raiseOOMScore(pid) // a measurement does not need it
	if err := ptrace(unix.PTRACE_DETACH, pid, uintptr(syscall.SIGSTOP)); err != nil {
		return fmt.Errorf("stop the command: %w", err)
	}
	if _, err := stopped(); err != nil {
		return err
	}
	if err := ptrace(unix.PTRACE_SEIZE, pid, traceOptions); err != nil {
		w.untraced = "ptrace: " + err.Error()
	} else if _, err := stopped(); err != nil { // it reports that it is traced
		return err
	}
	w.setUp = time.Since(began)
	w.enter(pid, os.Getpid(), w.untraced == "", false)
	w.sampler.sample(w)
	_ = syscall.Kill(pid, syscall.SIGCONT)
	if w.untraced != "" {
		return nil
	}
	resume(pid, 0)
	for {
		s, err := stopped()
		if err != nil {
			return err
		}
		w.setUp = time.Since(began)
		resume(pid, 0) // does not deliver the SIGCONT
		if s.StopSignal() == syscall.SIGCONT {
			return nil
		}
	}
}

// openFiles returns the command's input and outputs. The caller must close the first file.
func openFiles(c Command) (files [3]*os.File, err error) {
	null, err := os.OpenFile(os.DevNull, os.O_RDWR, 0)
	if err != nil {
		return files, err
	}
	files = [3]*os.File{null, null, null}
	if c.Stdout != nil {
		files[1] = c.Stdout
	}
	if c.Stderr != nil {
		files[2] = c.Stderr
	}
	return files, nil
}

// lookUp returns the path of the command's program.
func lookUp(c Command) (string, error) {
	name := c.Argv[0]
	if c.Dir != "" {
		if info, err := os.Stat(c.Dir); err != nil || !info.IsDir() {
			return "", fmt.Errorf("there is no folder %s", c.Dir)
		}
	}
	if strings.Contains(name, "/") {
		return name, checkProgram(c.Dir, name)
	}
	var path string
	for _, v := range c.Env {
		if p, ok := strings.CutPrefix(v, "PATH="); ok {
			path = p
		}
	}
	err := error(fs.ErrNotExist)
	for _, dir := range filepath.SplitList(path) {
		if dir == "" {
			dir = "."
		}
		program := dir + "/" + name
		switch found := checkProgram(c.Dir, program); {
		case found == nil:
			return program, nil
		case !errors.Is(found, fs.ErrNotExist):
			err = found
		}
	}
	if errors.Is(err, fs.ErrNotExist) {
		return "", fmt.Errorf("%w: no such program in the PATH %q", fs.ErrNotExist, path)
	}
	return "", err
}

// checkProgram returns an error unless the file, relative to dir, can be executed.
func checkProgram(dir, name string) error {
	if !filepath.IsAbs(name) {
		name = filepath.Join(dir, name)
	}
	info, err := os.Stat(name)
	switch {
	case err != nil:
		return err
	case info.IsDir():
		return fmt.Errorf("%s is a folder", name)
	case unix.Access(name, unix.X_OK) != nil:
		return fmt.Errorf("%s is not executable: %w", name, fs.ErrPermission)
	}
	return nil
}

// startError returns an error that says why an existing program could not be executed.
func startError(c Command, path string, err error) error {
	switch {
	case errors.Is(err, syscall.ENOENT):
		return fmt.Errorf("start %s: the interpreter of %s does not exist: %w", c.Argv[0], path, err)
	case errors.Is(err, syscall.ENOEXEC):
		return fmt.Errorf("start %s: %s is not a program, nor a script that begins with #!: %w", c.Argv[0], path, err)
	}
	return fmt.Errorf("start %s: %w", c.Argv[0], err)
}
