// Package builtin measures the built-in cases. A case is a memory optimisation, shown as variants that
// do the same work. They run in children of this program.
package builtin

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"heaplab/profiler"
	"heaplab/profiler/child"
	"heaplab/profiler/subject"
)

// A Subject measures cases.
type Subject struct {
	Cases    []Case
	Executor *child.Executor
	Keep     string // folder for prepared files, on the file system of the executor's folder
	Code     string // version of the code of the cases, or ""
	Folders
}

// Kind returns "case".
func (s *Subject) Kind() string { return "case" }

// Version returns the version of the code of the cases, or "".
func (s *Subject) Version() string { return s.Code }

// Design returns the design of an experiment of a case. It checks the params, the values of a sweep and
// the limits of the children.
func (s *Subject) Design(l subject.Launch) (profiler.Design, profiler.Faults) {
	c := s.find(l.Subject)
	if c == nil {
		return profiler.Design{}, profiler.Faults{{Field: "case", Message: s.unknown(l.Subject)}}
	}
	t, faults := c.NewTrial(profiler.Experiment{Kind: l.Kind, Config: l.Config, Sweep: l.Sweep}, l.Params)
	if len(faults) == 0 {
		faults = t.CheckLimits()
	}
	if len(faults) > 0 {
		return profiler.Design{}, faults
	}
	return t.Experiment.Design, nil
}

// find returns the case of a subject, or nil.
func (s *Subject) find(name string) *Case {
	d := profiler.Design{Subject: name}
	return Find(s.Cases, d.Case())
}

// unknown returns the message for a subject without a case.
func (s *Subject) unknown(name string) string {
	var names []string
	for _, c := range s.Cases {
		names = append(names, c.Name)
	}
	return fmt.Sprintf("there is no case named %q; choose one of %s", strings.TrimPrefix(name, s.Kind()+":"), strings.Join(names, ", "))
}

// Trial returns the trial of a stored experiment. If the case can no longer run it, the error is a
// *profiler.RunError that says why.
func (s *Subject) Trial(e profiler.Experiment) (*Trial, error) {
	c := s.find(e.Design.Subject)
	if c == nil {
		return nil, &profiler.RunError{Reason: fmt.Sprintf("This program no longer has a case named %s.", e.Design.Case())}
	}
	t, faults := c.Trial(e)
	if len(faults) > 0 { // the case has changed since the launch
		return nil, &profiler.RunError{Reason: "The case no longer takes these params: " + faults.Error() + "."}
	}
	return t, nil
}

// Prepare makes the files that the children of an experiment load, unless they exist.
func (s *Subject) Prepare(ctx context.Context, e profiler.Experiment) (subject.Artefacts, error) {
	t, err := s.Trial(e)
	if err != nil {
		return subject.Artefacts{}, err
	}
	files := map[subject.Cell]string{}
	for _, row := range t.Rows {
		name, err := s.prepare(ctx, t.Case, row.Params, row.Config)
		if err != nil {
			return subject.Artefacts{}, err
		}
		for _, v := range e.Design.Variants {
			files[subject.Cell{Variant: v.Name, Row: row.Name}] = name
		}
	}
	return subject.Artefacts{Files: files}, nil
}

// Run measures one variant in a child of this program.
func (s *Subject) Run(ctx context.Context, job subject.Job) (profiler.Run, error) {
	t, err := s.Trial(job.Experiment)
	if err != nil {
		return profiler.Run{}, err
	}
	task := job.Task
	row, ok := t.Row(task.Row)
	if !ok {
		return profiler.Run{}, fmt.Errorf("the experiment has no row %q", task.Row)
	}
	o := order{
		Task: task, Case: t.Case.Name, Params: row.Params, Config: row.Config,
		Calls: job.Calls, Prepared: job.Artefact, Folders: s.Folders,
	}
	spec, err := newSpec(runJob, o, fmt.Sprintf("The %s run of %s", task.Kind, task.Variant), row.Config)
	if err != nil {
		return profiler.Run{}, err
	}
	return s.Executor.Run(ctx, spec, task)
}

func newSpec(job string, args any, who string, config profiler.Config) (child.Spec, error) {
	text, err := json.Marshal(args)
	return child.Spec{Job: job, Args: text, Who: who, Config: config}, err
}

// Unprepared estimates how long a trial prepares before its first run. It returns 0 if everything is
// prepared.
func (s *Subject) Unprepared(t *Trial) time.Duration {
	var left time.Duration
	counted := map[string]bool{} // rows may share a file
	for _, row := range t.Rows {
		name := s.PreparedName(t.Case, row.Params)
		if name == "" || counted[name] || exists(name) {
			continue
		}
		counted[name] = true
		left += t.Case.Preparation.Duration(row.Params)
	}
	return left
}

func exists(name string) bool {
	_, err := os.Stat(name)
	return err == nil
}

// PreparedName returns the name of the file that c prepares with these params, or "" if c prepares
// nothing. Params that give the same content give the same name.
func (s *Subject) PreparedName(c *Case, p profiler.Params) string {
	if c.Preparation == nil {
		return ""
	}
	return filepath.Join(s.Keep, c.key(Input{Params: p, Folders: s.Folders}))
}

// prepare returns the name of the file that c prepares, or "" if c prepares nothing. Unless the file
// exists, a child makes it.
func (s *Subject) prepare(ctx context.Context, c *Case, p profiler.Params, config profiler.Config) (string, error) {
	name := s.PreparedName(c, p)
	if name == "" {
		return "", nil
	}
	if exists(name) {
		now := time.Now()
		return name, os.Chtimes(name, now, now) // see Trim
	}
	if err := os.MkdirAll(s.Keep, 0o700); err != nil {
		return "", fmt.Errorf("make the folder for prepared files: %w", err)
	}
	config.GOGC, config.GOMEMLIMIT = "100", profiler.Off // the settings of the experiment would only slow it down
	o := order{Task: profiler.Task{Variant: c.Baseline().Name}, Case: c.Name, Params: p, Config: config, Folders: s.Folders}
	spec, err := newSpec(prepareJob, o, "The preparation of the case", config)
	if err != nil {
		return "", err
	}
	return name, s.Executor.Make(ctx, spec, preparedFile, name)
}

// Trim removes the least recently used prepared files until the others take at most most bytes. A
// removed file is made again when it is needed.
func (s *Subject) Trim(most int64) error {
	entries, err := os.ReadDir(s.Keep)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	var files []fs.FileInfo
	for _, entry := range entries {
		info, err := entry.Info()
		if err == nil && info.Mode().IsRegular() {
			files = append(files, info)
		}
	}
	slices.SortFunc(files, func(a, b fs.FileInfo) int { return b.ModTime().Compare(a.ModTime()) })
	var kept int64
	for _, file := range files {
		if kept += file.Size(); kept > most {
			err = errors.Join(err, os.Remove(filepath.Join(s.Keep, file.Name())))
		}
	}
	return err
}
