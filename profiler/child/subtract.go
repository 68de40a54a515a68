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

	"heaplab/profiler/heap"
)

// Files in the folder of a child that subtracts profiles.
const (
	beforeFile     = "before.pb"
	afterFile      = "after.pb"
	differenceFile = "difference.pb.gz"
)

// subtractJob is the job of a child that subtracts the profiles in its folder.
const subtractJob = "subtract"

// subtractLimit is the time limit of that child. It is short because a user waits for the result.
const subtractLimit = 20 * time.Second

// Subtract returns the difference of two profiles, after minus before, as a gzip file in the format of
// go tool pprof -proto -diff_base. Of unlike profiles it has the sample types that both have, see heap.Align. Values are not scaled to the number of calls: the caller can state
// those numbers in comment, which pprof -comments shows. A child does the work. If the profiles cannot
// be subtracted, the error is a heap.Fault of one of them, and if the child failed, a *profiler.RunError.
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
		return nil, fmt.Errorf("copy the profiles for the child: %w", err)
	}
	config := readerConfig()
	config.TimeLimit = subtractLimit
	args, err := json.Marshal(comment)
	if err != nil {
		return nil, err
	}
	a, err := e.runLimited(ctx, Spec{Job: subtractJob, Args: args, Who: "Subtracting one profile from the other", Config: config}, dir)
	switch {
	case err != nil:
		return nil, err
	case a.Fault != "":
		return nil, a.Fault
	}
	return os.ReadFile(filepath.Join(dir, differenceFile))
}

// subtract subtracts the two profiles in the folder of this child. Its argument is the comment.
func subtract(args json.RawMessage) (Answer, error) {
	var comment string
	if err := json.Unmarshal(args, &comment); err != nil {
		return Answer{}, err
	}
	before, err := readHeap(beforeFile)
	if err != nil {
		return faultAnswer(err)
	}
	after, err := readHeap(afterFile)
	if err != nil {
		return faultAnswer(err)
	}
	if err := heap.Align(before, after); err != nil {
		return faultAnswer(err)
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

// difference returns after minus before. It changes both. It marks the samples of before as pprof does,
// so that pprof shows percentages of their total.
func difference(before, after *profile.Profile) (*profile.Profile, error) {
	before.SetLabel("pprof::base", []string{"true"})
	for _, sample := range before.Sample {
		for i, v := range sample.Value {
			sample.Value[i] = -v // profile.Scale would convert to float64
		}
	}
	return profile.Merge([]*profile.Profile{after, before})
}

// readHeap reads a heap profile from a file in any format that heap.Protobuf reads.
func readHeap(name string) (*profile.Profile, error) {
	file, err := os.ReadFile(name)
	if err != nil {
		return nil, err
	}
	raw, _, err := heap.Protobuf(file, heap.DefaultLimits)
	if err != nil {
		return nil, err
	}
	return heap.Read(raw, heap.DefaultLimits)
}
