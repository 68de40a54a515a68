package child

import (
	"bytes"
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

// mergeJob is the job of a child that adds the profiles in its folder.
const mergeJob = "merge"

// sumFile is the name of the sum in that folder.
const sumFile = "sum.pb.gz"

// mergeLimit is the time limit of that child, which reads several profiles.
const mergeLimit = 2 * time.Minute

// Merge adds heap profiles, given as gzip files, as go tool pprof -proto does. A child does the work. The
// error is a heap.Fault if the sum is not a valid heap profile or too large, and a *profiler.RunError if
// the child reached its limits.
func (e *Executor) Merge(ctx context.Context, files [][]byte) (*profiler.Profile, error) {
	dir, err := os.MkdirTemp(e.Dir, "merge-")
	if err != nil {
		return nil, fmt.Errorf("make a folder for the child: %w", err)
	}
	defer os.RemoveAll(dir)
	for i, file := range files {
		if err := os.WriteFile(filepath.Join(dir, partFile(i)), file, 0o600); err != nil {
			return nil, fmt.Errorf("copy the profiles for the child: %w", err)
		}
	}
	args, err := json.Marshal(len(files))
	if err != nil {
		return nil, err
	}
	config := readerConfig()
	config.TimeLimit = mergeLimit
	a, err := e.runLimited(ctx, Spec{Job: mergeJob, Args: args, Who: "Adding the profiles", Config: config}, dir)
	switch {
	case err != nil:
		return nil, err
	case a.Fault != "":
		return nil, a.Fault
	case a.Profile == nil:
		return nil, errors.New("the child that added the profiles returned nothing")
	}
	a.Profile.Gzip, err = os.ReadFile(filepath.Join(dir, sumFile))
	return a.Profile, err
}

// partFile returns the name of a summand in the folder of the child.
func partFile(i int) string { return fmt.Sprintf("part-%d.pb", i) }

// merge adds the profiles in the folder of this child, and writes and reads the sum. Its argument is their
// number.
func merge(args json.RawMessage) (Answer, error) {
	var n int
	if err := json.Unmarshal(args, &n); err != nil {
		return Answer{}, err
	}
	sum, err := sumOf(n)
	if err != nil {
		return faultAnswer(err)
	}
	var raw bytes.Buffer
	if err := sum.WriteUncompressed(&raw); err != nil {
		return Answer{}, err
	}
	if raw.Len() > heap.DefaultLimits.Raw {
		return Answer{Fault: heap.Fault(fmt.Sprintf("is larger than %d MiB", heap.DefaultLimits.Raw>>20))}, nil
	}
	if err := writeGzip(sumFile, raw.Bytes()); err != nil {
		return Answer{}, err
	}
	if err := os.WriteFile(ProfileFile, raw.Bytes(), 0o600); err != nil { // read may rewrite it
		return Answer{}, err
	}
	p, err := read(raw.Bytes(), "")
	if err != nil {
		return faultAnswer(err)
	}
	return Answer{Profile: p}, nil
}

// sumOf adds one profile after the other, so that it holds only two besides the sum.
func sumOf(n int) (*profile.Profile, error) {
	var sum *profile.Profile
	for i := range n {
		prof, err := readHeap(partFile(i))
		if err != nil {
			return nil, err
		}
		shareLabels(prof)
		if sum == nil {
			sum = prof
		} else if sum, err = profile.Merge([]*profile.Profile{sum, prof}); err != nil {
			return nil, heap.Fault("cannot be added up: the profiles have different sample types, units or period types")
		} else {
			shareLabels(sum)
		}
	}
	return sum, nil
}

// shareLabels lets samples with the same numeric label share it. The runtime gives each sample the size of
// its objects as a label, and the maps of these take half of the memory of a large profile.
func shareLabels(prof *profile.Profile) {
	type label struct {
		key, unit string
		value     int64
	}
	shared := map[label]*profile.Sample{}
	for _, s := range prof.Sample {
		if len(s.Label) == 0 {
			s.Label = nil
		}
		for key, values := range s.NumLabel {
			if len(s.NumLabel) > 1 || len(values) != 1 || len(s.NumUnit[key]) > 1 {
				break
			}
			l := label{key: key, value: values[0]}
			if len(s.NumUnit[key]) == 1 {
				l.unit = s.NumUnit[key][0]
			}
			if first := shared[l]; first != nil {
				s.NumLabel, s.NumUnit = first.NumLabel, first.NumUnit
			} else {
				shared[l] = s
			}
		}
	}
}
