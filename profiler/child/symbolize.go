package child

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"heaplab/profiler/heap"
)

// symbolizeJob is the job of a child that names the addresses of the profile in its folder.
const symbolizeJob = "symbolize"

// Files in the folder of that child, in addition to ProfileFile.
const (
	programFile = "program"
	namedFile   = "named.pb.gz"
)

// Symbolize writes a copy of the heap profile in a file to the path to, in which a program has named the
// addresses, like go tool pprof -proto. All paths must be on the file system of Dir. A child does the work.
// If the profile cannot be read or has all names, Symbolize writes nothing and names 0 addresses. The error
// is a heap.Fault about the program, or a *profiler.RunError if the child reached its limits.
func (e *Executor) Symbolize(ctx context.Context, profile, program, to string) (heap.Symbols, error) {
	dir, err := os.MkdirTemp(e.Dir, "symbolize-")
	if err != nil {
		return heap.Symbols{}, fmt.Errorf("make a folder for the child: %w", err)
	}
	defer os.RemoveAll(dir)
	err = errors.Join(os.Link(profile, filepath.Join(dir, ProfileFile)), os.Link(program, filepath.Join(dir, programFile)))
	if err != nil {
		return heap.Symbols{}, fmt.Errorf("copy the profile for the child: %w", err)
	}
	a, err := e.runLimited(ctx, Spec{Job: symbolizeJob, Who: "Reading the names of the program", Config: readerConfig()}, dir)
	switch {
	case err != nil:
		return heap.Symbols{}, err
	case a.Fault != "":
		return heap.Symbols{}, a.Fault
	case a.Symbols.Named > 0:
		err = os.Rename(filepath.Join(dir, namedFile), to)
	}
	return a.Symbols, err
}

// symbolize names the addresses of the profile in the folder of this child.
func symbolize(json.RawMessage) (Answer, error) {
	prof, err := readHeap(ProfileFile)
	var fault heap.Fault
	if errors.As(err, &fault) { // Ingest says what is wrong
		return Answer{}, nil
	}
	if err != nil {
		return Answer{}, err
	}
	program, err := os.Open(programFile)
	if err != nil {
		return Answer{}, err
	}
	defer program.Close()
	symbols, err := heap.Symbolize(prof, program)
	if err != nil {
		return faultAnswer(err)
	}
	if symbols.Named == 0 {
		return Answer{Symbols: symbols}, nil
	}
	file, err := os.Create(namedFile)
	if err != nil {
		return Answer{}, err
	}
	return Answer{Symbols: symbols}, errors.Join(prof.Write(file), file.Close())
}
