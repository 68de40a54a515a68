package child

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"syscall"

	"heaplab/profiler"
)

// A ProgramSpec is a program that a warden runs instead of a job, in a process of its own. The program measures
// itself, so it is not watched.
type ProgramSpec struct {
	Argv []string // the first is the path of the program
	Dir  string
	Env  [][]byte // not always UTF-8, which a string in JSON would have to be
}

// A Program is a program to run in a child.
type Program struct {
	// Spec returns the program. It may write files for it into its private folder dir.
	Spec func(dir string) (ProgramSpec, error)
	// Answer reads what the program measured and wrote into that folder. It may be nil. An error that is a
	// *profiler.RunError says why the measurement failed.
	Answer func(dir string) (Answer, error)
}

// RunProgram is Run for a program instead of a job.
func (e *Executor) RunProgram(ctx context.Context, spec Spec, p Program, task profiler.Task) (profiler.Run, error) {
	return e.tryRun(ctx, spec, task, folder{
		before: func(dir string, spec *Spec) error {
			program, err := p.Spec(dir)
			spec.Program = &program
			return err
		},
		after: func(dir string, a *Answer) error {
			if p.Answer == nil {
				return nil
			}
			read, err := p.Answer(dir)
			if a.Environment != nil {
				maps.Copy(a.Environment, read.Environment)
				read.Environment = a.Environment
			}
			*a = read
			return err
		},
	})
}

// execProgram replaces this process by the program. It returns only if that fails.
func execProgram(p ProgramSpec) error {
	info, err := os.Stat(p.Dir)
	if err != nil || !info.IsDir() {
		return fmt.Errorf("there is no folder %s", p.Dir)
	}
	if err := checkProgram("", p.Argv[0]); err != nil {
		return err
	}
	null, err := os.Open(os.DevNull)
	if err != nil {
		return err
	}
	if err := errors.Join(os.Chdir(p.Dir), syscall.Dup3(int(null.Fd()), 0, 0)); err != nil {
		return err
	}
	env := make([]string, len(p.Env))
	for i, v := range p.Env {
		env[i] = string(v)
	}
	return fmt.Errorf("start %s: %w", filepath.Base(p.Argv[0]), syscall.Exec(p.Argv[0], p.Argv, env))
}
