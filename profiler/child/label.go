package child

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"heaplab/profiler"
	"heaplab/profiler/heap"
)

// labelJob is the job of a child that digests the profile in its folder by a label.
const labelJob = "label"

// ByLabel returns the digest of a stored profile in which the values of a label are the callers of all stacks, see
// heap.RootByLabel. A child does the work. If the profile cannot be digested, the error is a *profiler.RunError.
func (e *Executor) ByLabel(ctx context.Context, file []byte, label string) (*heap.Digest, error) {
	dir, err := os.MkdirTemp(e.Dir, "label-")
	if err != nil {
		return nil, fmt.Errorf("make a folder for the child: %w", err)
	}
	defer os.RemoveAll(dir)
	if err := os.WriteFile(filepath.Join(dir, ProfileFile), file, 0o600); err != nil {
		return nil, fmt.Errorf("copy the profile for the child: %w", err)
	}
	config := readerConfig()
	config.TimeLimit = subtractLimit
	args, err := json.Marshal(label)
	if err != nil {
		return nil, err
	}
	a, err := e.runLimited(ctx, Spec{Job: labelJob, Args: args, Who: "Reading the labels", Config: config}, dir)
	switch {
	case err != nil:
		return nil, err
	case a.Fault != "":
		return nil, &profiler.RunError{Reason: "The profile " + a.Fault.Error() + "."}
	case a.Profile == nil:
		return nil, errors.New("the child that read the labels returned nothing")
	}
	return heap.Decode(a.Profile.Digest)
}

// byLabel digests the profile in the folder of this child. Its argument is the label.
func byLabel(args json.RawMessage) (Answer, error) {
	var label string
	if err := json.Unmarshal(args, &label); err != nil {
		return Answer{}, err
	}
	prof, err := readHeap(ProfileFile)
	if err != nil {
		return faultAnswer(err)
	}
	setNames(prof)
	if prof, err = heap.RootByLabel(prof, label); err != nil {
		return faultAnswer(err)
	}
	d, err := heap.NewDigest(prof)
	if err == nil {
		err = checkBulk(d)
	}
	if err != nil {
		return faultAnswer(err)
	}
	digest, err := d.Encode()
	return Answer{Profile: &profiler.Profile{Digest: digest}}, err
}
