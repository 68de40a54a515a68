package child

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"time"

	"github.com/google/pprof/profile"

	"heaplab/profiler"
	"heaplab/profiler/heap"
)

// ingestJob is the job of a child that reads the profile in its folder.
const ingestJob = "ingest"

// readerConfig bounds a child that reads a profile. It lives for a second, and collects garbage
// only where it comes near its limit.
func readerConfig() profiler.Config {
	limit := min(TotalMemory()/2, 2<<30) - dataHeadroom - threadStacks()
	return profiler.Config{
		GOGC: "off", GOMEMLIMIT: fmt.Sprintf("%dMiB", limit*3/4>>20), GOMAXPROCS: runtime.NumCPU(),
		TimeLimit: time.Minute, MemoryLimit: limit,
	}
}

// Ingest reads a heap profile from a file, which may be compressed, in a child: what a profile
// takes to be parsed cannot be told from its size. Its Gzip is not set. Where the file is not
// read as a heap profile, the error is a heap.Fault, and where the child reached its limits a
// *profiler.RunError.
func (e *Executor) Ingest(ctx context.Context, file string) (*profiler.Profile, error) {
	return e.ingestIn(ctx, func(name string) error { return os.Link(file, name) })
}

// Reread reads a stored profile anew, as Run does with a profile that a child has just written.
func (e *Executor) Reread(ctx context.Context, p profiler.Profile) (profiler.Profile, error) {
	read, err := e.ingestIn(ctx, func(name string) error { return os.WriteFile(name, p.Gzip, 0o600) })
	if read, err = orFault(read, err); err != nil {
		return p, err
	}
	p.Summary, p.Digest, p.Fault = read.Summary, read.Digest, read.Fault
	return p, nil
}

// ingestIn has a child read the profile that put puts into its folder.
func (e *Executor) ingestIn(ctx context.Context, put func(name string) error) (*profiler.Profile, error) {
	dir, err := os.MkdirTemp(e.Dir, "read-")
	if err != nil {
		return nil, fmt.Errorf("make a folder for the child: %w", err)
	}
	defer os.RemoveAll(dir)
	if err := put(filepath.Join(dir, ProfileFile)); err != nil {
		return nil, fmt.Errorf("hand the profile to the child: %w", err)
	}
	return e.ingest(ctx, dir)
}

// orFault turns why a profile of ours cannot be read into a sentence that is kept with it. What
// went wrong for another reason may go well the next time.
func orFault(p *profiler.Profile, err error) (*profiler.Profile, error) {
	var fault heap.Fault
	var failed *profiler.RunError
	switch {
	case errors.As(err, &fault):
		return &profiler.Profile{Fault: "The profile " + fault.Error() + "."}, nil
	case errors.As(err, &failed) && failed.Limit:
		return &profiler.Profile{Fault: failed.Reason}, nil
	}
	return p, err
}

// ingest has a child read the profile that lies in its folder.
func (e *Executor) ingest(ctx context.Context, dir string) (*profiler.Profile, error) {
	a, err := e.limited(ctx, Spec{Job: ingestJob, Who: "Reading the profile", Config: readerConfig()}, dir)
	switch {
	case err != nil:
		return nil, err
	case a.Fault != "":
		return nil, a.Fault
	case a.Profile == nil:
		return nil, errors.New("the child that read a profile answered nothing")
	}
	return a.Profile, nil
}

// limited runs a child to its end, or to its time limit. Where it gives no answer, the error is
// a *profiler.RunError, and where ctx ended, ctx's cause.
func (e *Executor) limited(ctx context.Context, spec Spec, dir string) (Answer, error) {
	limited, cancel := context.WithTimeoutCause(ctx, spec.Config.TimeLimit, errTimeLimit)
	defer cancel()
	a, output, _, err := e.start(limited, spec, dir)
	switch {
	case ctx.Err() != nil:
		return a, context.Cause(ctx)
	case err != nil:
		return a, newRunError(limited, spec, err, output)
	}
	return a, nil
}

// ingest reads the profile that lies in this child's folder.
func ingest() (Answer, error) {
	file, err := os.ReadFile(ProfileFile)
	if err != nil {
		return Answer{}, err
	}
	p, err := read(file)
	if err != nil {
		return faulty(err)
	}
	return Answer{Profile: p}, nil
}

func read(file []byte) (*profiler.Profile, error) {
	raw, err := heap.Gunzip(file, heap.DefaultLimits)
	if err != nil {
		return nil, err
	}
	prof, err := heap.Read(raw, heap.DefaultLimits)
	if err != nil {
		return nil, err
	}
	if err := markSymbolised(prof); err != nil {
		return nil, err
	}
	sum := sha256.Sum256(raw)
	shortenNames(prof)
	d, err := heap.NewDigest(prof)
	if err == nil {
		err = checkBulk(d)
	}
	if err != nil {
		return nil, err
	}
	p := &profiler.Profile{SHA256: hex.EncodeToString(sum[:]), Summary: profiler.NewSummary(d)}
	p.Digest, err = d.Encode()
	return p, err
}

// markSymbolised writes an empty profile again with its mappings marked as symbolised. The
// runtime leaves that out where no sample holds a function; pprof then looks names up in
// whatever binary lies at the mapping's path, for the other side of a diff as well.
func markSymbolised(prof *profile.Profile) error {
	if len(prof.Sample) > 0 {
		return nil
	}
	for _, m := range prof.Mapping {
		m.HasFunctions, m.HasFilenames, m.HasLineNumbers = true, true, true
	}
	if err := os.Remove(ProfileFile); err != nil { // it may be a link to what was uploaded
		return err
	}
	file, err := os.Create(ProfileFile)
	if err != nil {
		return err
	}
	return errors.Join(prof.WriteUncompressed(file), file.Close())
}
