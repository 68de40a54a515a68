package child

import (
	"bufio"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/klauspost/compress/gzip"

	"heaplab/profiler"
)

// maxProfile is the maximum uncompressed size of a profile that a child wrote, in bytes.
const maxProfile = 512 << 20

// keepProfile returns the profile that a child wrote in its folder. Another child reads it. keepProfile
// compresses it again, because the runtime's compression is weaker: the result is 20 to 25% smaller.
// A profile that is too large to read is kept too, with a fault.
func (e *Executor) keepProfile(ctx context.Context, dir string, how Profiled) (*profiler.Profile, error) {
	p, err := orFault(e.ingest(ctx, dir, how))
	var failed *profiler.RunError
	switch {
	case errors.As(err, &failed):
		p = &profiler.Profile{} // the queue reads it later
	case err != nil:
		return nil, err
	}
	file, err := os.Open(filepath.Join(dir, ProfileFile))
	if err != nil {
		return nil, err
	}
	defer file.Close()
	raw, err := decompressed(file)
	if err != nil {
		return nil, fmt.Errorf("read the profile: %w", err)
	}
	var out bytes.Buffer
	zip, err := gzip.NewWriterLevel(&out, 6)
	if err != nil {
		return nil, err
	}
	hash := sha256.New()
	n, err := io.Copy(io.MultiWriter(zip, hash), io.LimitReader(raw, maxProfile+1))
	if err := errors.Join(err, zip.Close()); err != nil {
		return nil, fmt.Errorf("read the profile: %w", err)
	}
	if n > maxProfile {
		return nil, fmt.Errorf("the profile is larger than %d MiB", maxProfile>>20)
	}
	p.SHA256, p.Gzip, p.GzipSize = hex.EncodeToString(hash.Sum(nil)), out.Bytes(), int64(out.Len())
	return p, nil
}

// decompressed returns a reader of the content of a file that may be compressed with gzip.
func decompressed(file io.Reader) (io.Reader, error) {
	in := bufio.NewReader(file)
	if magic, err := in.Peek(2); err != nil || magic[0] != 0x1f || magic[1] != 0x8b {
		return in, nil
	}
	return gzip.NewReader(in)
}

// compareWith completes a self-check with the bytes of a profile. It returns nil if the profile could
// not be read. A program counts and records from nearly the same moments on, but not at the same time: what the
// runtime allocates for itself in between, such as when a collection ends, may be in one and not in the other.
func compareWith(c *profiler.SelfCheck, p *profiler.Profile) *profiler.SelfCheck {
	if c == nil || p.Digest == nil {
		return nil
	}
	c.AllocSpace = p.Summary.Totals.AllocSpace
	c.OK = c.Difference() == 0 || c.Difference() > 0 && c.Difference() <= p.Runtime
	return c
}

// A tail is a writer that keeps the last limit bytes written to it.
type tail struct {
	limit int
	buf   []byte // at most twice the limit, so that old bytes are dropped rarely
	full  bool   // bytes were dropped
}

func (t *tail) Write(p []byte) (int, error) {
	t.buf = append(t.buf, p...)
	if len(t.buf) > 2*t.limit {
		t.drop()
	}
	return len(p), nil
}

// drop removes all but the last limit bytes.
func (t *tail) drop() {
	if extra := len(t.buf) - t.limit; extra > 0 {
		t.buf, t.full = append(t.buf[:0], t.buf[extra:]...), true
	}
}

// Bytes returns the bytes that were kept, after a note if the beginning is missing.
func (t *tail) Bytes() []byte {
	t.drop()
	if t.full {
		return append([]byte("[the beginning was dropped]\n"), t.buf...)
	}
	return t.buf
}
