package child

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/google/pprof/profile"

	"heaplab/profiler"
	"heaplab/profiler/heap"
)

// Files in the folder of a child that subtracts.
const (
	beforeFile     = "before.pb"
	afterFile      = "after.pb"
	differenceFile = "difference.pb.gz"
)

// subtractJob is the job of a child that subtracts the profiles in its folder.
const subtractJob = "subtract"

// subtractLimit is how long that child may take: somebody waits for what it writes.
const subtractLimit = 20 * time.Second

// Subtract returns the profile after less the profile before, as one gzip file: what go tool
// pprof -proto -diff_base writes. Its values are of the whole windows that the two span, and
// nothing is scaled: comment, which pprof -comments shows, is where to say how many calls
// either has. A child does it; where the two cannot be subtracted, the error is a *profiler.RunError.
func (e *Executor) Subtract(ctx context.Context, before, after []byte, comment string) ([]byte, error) {
	dir, err := os.MkdirTemp(e.Dir, "subtract-")
	if err != nil {
		return nil, fmt.Errorf("make a folder for the child: %w", err)
	}
	defer os.RemoveAll(dir)
	err = errors.Join(
		os.WriteFile(filepath.Join(dir, beforeFile), before, 0o600),
		os.WriteFile(filepath.Join(dir, afterFile), after, 0o600),
	)
	if err != nil {
		return nil, fmt.Errorf("hand the profiles to the child: %w", err)
	}
	config := readerConfig()
	config.TimeLimit = subtractLimit
	args, err := json.Marshal(comment)
	if err != nil {
		return nil, err
	}
	a, err := e.limited(ctx, Spec{Job: subtractJob, Args: args, Who: "Subtracting one profile from the other", Config: config}, dir)
	switch {
	case err != nil:
		return nil, err
	case a.Fault != "":
		return nil, &profiler.RunError{Reason: "One of the two profiles " + a.Fault.Error() + "."}
	}
	return os.ReadFile(filepath.Join(dir, differenceFile))
}

// subtract does so with the two profiles that lie in this child's folder.
func subtract(args json.RawMessage) (Answer, error) {
	var comment string
	if err := json.Unmarshal(args, &comment); err != nil {
		return Answer{}, err
	}
	before, err := readHeap(beforeFile)
	if err != nil {
		return faulty(err)
	}
	after, err := readHeap(afterFile)
	if err != nil {
		return faulty(err)
	}
	prof, err := difference(before, after)
	if err != nil {
		return Answer{}, err
	}
	prof.Comments = append(prof.Comments, comment)
	file, err := os.Create(differenceFile)
	if err != nil {
		return Answer{}, err
	}
	return Answer{}, errors.Join(prof.Write(file), file.Close())
}

// difference takes before from after. It marks the samples of before as pprof does, which then
// gives percentages of what they were, and changes both on the way.
func difference(before, after *profile.Profile) (*profile.Profile, error) {
	before.SetLabel("pprof::base", []string{"true"})
	for _, sample := range before.Sample {
		for i, v := range sample.Value {
			sample.Value[i] = -v // Scale would go by way of floats
		}
	}
	return profile.Merge([]*profile.Profile{after, before})
}

func readHeap(name string) (*profile.Profile, error) {
	file, err := os.ReadFile(name)
	if err != nil {
		return nil, err
	}
	raw, err := heap.Gunzip(file, heap.DefaultLimits)
	if err != nil {
		return nil, err
	}
	return heap.Read(raw, heap.DefaultLimits)
}
