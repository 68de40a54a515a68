package child

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"time"

	"github.com/google/pprof/profile"
	"github.com/klauspost/compress/gzip"

	"heaplab/profiler"
	"heaplab/profiler/heap"
)

// ingestJob is the job of a child that reads the profile in its folder.
const ingestJob = "ingest"

// readerConfig returns the limits of a child that reads a profile. The child runs for about a second,
// so it collects garbage only near its memory limit.
func readerConfig() profiler.Config {
	limit := min(TotalMemory()/2, 2<<30) - dataHeadroom - threadStacks()
	return profiler.Config{
		GOGC: "off", GOMEMLIMIT: fmt.Sprintf("%dMiB", limit*3/4>>20), GOMAXPROCS: runtime.NumCPU(),
		TimeLimit: time.Minute, MemoryLimit: limit,
	}
}

// Ingest reads a heap profile from a file in any format that heap.Protobuf reads. It does so in a child,
// because the memory and time that parsing takes cannot be estimated from the size of the file. It sets
// Gzip only if pprof does not open the file itself: to the profile in pprof's format. The error is a
// heap.Fault if the file is not a valid heap profile, and a *profiler.RunError if the child reached its limits.
func (e *Executor) Ingest(ctx context.Context, file string) (*profiler.Profile, error) {
	return e.ingestIn(ctx, func(name string) error { return os.Link(file, name) })
}

// Reread reads a stored profile again, in the same way as Run reads a profile that a child wrote. Its
// summary has no Outside, because the profile does not say which package called the operations.
func (e *Executor) Reread(ctx context.Context, p profiler.Profile) (profiler.Profile, error) {
	read, err := e.ingestIn(ctx, func(name string) error { return os.WriteFile(name, p.Gzip, 0o600) })
	if read, err = orFault(read, err); err != nil {
		return p, err
	}
	p.Summary, p.Digest, p.Fault = read.Summary, read.Digest, read.Fault
	return p, nil
}

// ingestIn makes a folder, calls put to write a profile to the given path in it, and reads the profile
// in a child.
func (e *Executor) ingestIn(ctx context.Context, put func(name string) error) (*profiler.Profile, error) {
	dir, err := os.MkdirTemp(e.Dir, "read-")
	if err != nil {
		return nil, fmt.Errorf("make a folder for the child: %w", err)
	}
	defer os.RemoveAll(dir)
	if err := put(filepath.Join(dir, ProfileFile)); err != nil {
		return nil, fmt.Errorf("copy the profile for the child: %w", err)
	}
	return e.ingest(ctx, dir, Profiled{})
}

// converted returns the profile that a child converted, and left in its folder in gzip format.
func converted(dir string) ([]byte, error) {
	file, err := os.Open(filepath.Join(dir, convertedFile))
	if err != nil {
		return nil, err
	}
	defer file.Close()
	const limit = 64 << 20 // as large as the protobuf may be
	content, err := io.ReadAll(io.LimitReader(file, limit+1))
	if err == nil && len(content) > limit {
		err = heap.Fault("is too large once it is converted to pprof's format")
	}
	return content, err
}

// orFault turns an error about the profile itself into a fault, which is stored with the profile. It
// returns other errors, because reading may succeed the next time.
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

// ingest starts a child in dir that reads the profile there.
func (e *Executor) ingest(ctx context.Context, dir string, how Profiled) (*profiler.Profile, error) {
	args, err := json.Marshal(how)
	if err != nil {
		return nil, err
	}
	a, err := e.runLimited(ctx, Spec{Job: ingestJob, Args: args, Who: "Reading the profile", Config: readerConfig()}, dir)
	switch {
	case err != nil:
		return nil, err
	case a.Fault != "":
		return nil, a.Fault
	case a.Profile == nil:
		return nil, errors.New("the child that read the profile returned nothing")
	}
	if a.Converted {
		a.Profile.Gzip, err = converted(dir)
	}
	return a.Profile, err
}

// ingest reads the profile in the folder of this child. Its argument is a Profiled.
func ingest(args json.RawMessage) (Answer, error) {
	var how Profiled
	if err := json.Unmarshal(args, &how); err != nil {
		return Answer{}, err
	}
	file, err := os.ReadFile(ProfileFile)
	if err != nil {
		return Answer{}, err
	}
	raw, converted, err := heap.Protobuf(file, heap.DefaultLimits)
	if err != nil {
		return faultAnswer(err)
	}
	raw, runtime, err := how.clean(raw)
	if err != nil {
		return faultAnswer(err)
	}
	p, err := read(raw, how.Caller)
	if err != nil {
		return faultAnswer(err)
	}
	p.Runtime = runtime
	if converted {
		err = writeGzip(convertedFile, raw)
	}
	return Answer{Profile: p, Converted: converted}, err
}

// convertedFile is the file that a child writes if it converts a profile.
const convertedFile = "converted.pb.gz"

// writeGzip writes a file in gzip format.
func writeGzip(name string, content []byte) error {
	file, err := os.Create(name)
	if err != nil {
		return err
	}
	zip := gzip.NewWriter(file)
	_, err = zip.Write(content)
	return errors.Join(err, zip.Close(), file.Close())
}

// read parses, checks and digests a profile. If caller is not "", it also sums what that package did not
// call.
func read(raw []byte, caller string) (*profiler.Profile, error) {
	prof, err := heap.Read(raw, heap.DefaultLimits)
	if err != nil {
		return nil, err
	}
	if err := markSymbolised(prof); err != nil {
		return nil, err
	}
	sum := sha256.Sum256(raw)
	setNames(prof)
	d, err := heap.NewDigest(prof)
	if err == nil {
		err = checkBulk(d)
	}
	if err != nil {
		return nil, err
	}
	p := &profiler.Profile{SHA256: hex.EncodeToString(sum[:]), Summary: profiler.NewSummary(d)}
	p.Summary.MemStats = heap.ProcessMemory(prof)
	p.Summary.Unchecked = slices.Contains(prof.Comments, heap.Unchecked)
	if p.Digest, err = d.Encode(); err == nil && caller != "" {
		p.Summary.Outside, err = outside(prof, caller)
	}
	return p, err
}

// outside sums the samples that do not lie below a function of the package caller. It removes the other
// samples from prof.
func outside(prof *profile.Profile, caller string) (*profiler.Outside, error) {
	prof.Sample = slices.DeleteFunc(prof.Sample, func(s *profile.Sample) bool { return mayLieBelow(s, caller) })
	d, err := heap.NewDigest(prof)
	if err != nil {
		return nil, err
	}
	return profiler.NewOutside(d), nil
}

// deepest is the number of frames from which the runtime may have cut off a stack. It keeps the innermost
// 128 frames, and the profile leaves out up to a few of them: those of the allocation itself.
const deepest = 128 - 16

// mayLieBelow reports whether a function of a package is on the stack of a sample, or may have been cut off.
func mayLieBelow(s *profile.Sample, pkg string) bool {
	frames := 0
	for _, location := range s.Location {
		frames += len(location.Line)
	}
	return frames >= deepest || calls(s, func(name string) bool { return strings.HasPrefix(name, pkg+".") })
}

// markSymbolised marks the mappings of an empty profile as symbolised, and writes the profile again.
// The runtime does not mark them if no sample has a function. pprof would then look up names in the
// binary at the mapping's path, also for the other profile of a diff.
func markSymbolised(prof *profile.Profile) error {
	if len(prof.Sample) > 0 {
		return nil
	}
	for _, m := range prof.Mapping {
		m.HasFunctions, m.HasFilenames, m.HasLineNumbers = true, true, true
	}
	var out bytes.Buffer
	return errors.Join(prof.WriteUncompressed(&out), replaceProfile(out.Bytes()))
}
