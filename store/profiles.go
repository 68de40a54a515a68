package store

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"

	"github.com/klauspost/compress/gzip"

	"heaplab/profiler"
	"heaplab/profiler/heap"
	"heaplab/store/internal/db"
)

// addProfile adds a profile, or updates the stored one with the same content.
func addProfile(ctx context.Context, q *db.Queries, p profiler.Profile) error {
	return q.AddProfile(ctx, db.AddProfileParams{Sha256: p.SHA256, Gzip: p.Gzip, Summary: encode(p.Summary), Digest: p.Digest, Fault: p.Fault})
}

// Profile returns the gzip file of a variant's profile of that kind in a row. It checks the SHA-256 of the content.
func (s *Store) Profile(ctx context.Context, experiment int64, variant string, kind profiler.RunKind, rowName string) ([]byte, error) {
	row, err := s.read().Profile(ctx, db.ProfileParams{ExperimentID: experiment, Variant: variant, Kind: string(kind), RowName: rowName})
	if err != nil {
		return nil, fmt.Errorf("%s profile of %s: %w", kind, variant, notFound(err))
	}
	if err := verify(row.Gzip, row.Sha256); err != nil {
		return nil, fmt.Errorf("%s profile of %s: %w", kind, variant, err)
	}
	return row.Gzip, nil
}

// verify checks that the content of a gzip file has the SHA-256 want.
func verify(file []byte, want string) error {
	in, err := gzip.NewReader(bytes.NewReader(file))
	if err != nil {
		return fmt.Errorf("%w: %w", ErrDamaged, err)
	}
	hash := sha256.New()
	if _, err := io.Copy(hash, in); err != nil {
		return fmt.Errorf("%w: %w", ErrDamaged, err)
	}
	if got := hex.EncodeToString(hash.Sum(nil)); got != want {
		return fmt.Errorf("%w: SHA-256 is %s, want %s", ErrDamaged, got, want)
	}
	return nil
}

// Digest returns the digest of a profile, which must not be changed. If the profile could not be read or has not been read yet,
// or if its digest is damaged, d is nil and fault is a sentence that says why.
func (s *Store) Digest(ctx context.Context, sha256 string) (d *heap.Digest, fault string, err error) {
	row, err := s.read().Digest(ctx, sha256)
	switch {
	case err != nil:
		return nil, "", fmt.Errorf("digest of profile %s: %w", sha256, notFound(err))
	case row.Fault != "":
		return nil, row.Fault, nil
	case row.Digest == nil:
		return nil, "An older version of this program stored this profile. It will be read when no experiment is running: reload the page in a moment.", nil
	}
	if d, err = s.digests.decode(row.Digest); err != nil {
		return nil, "What this page needs of the profile is damaged in the database. Restore a backup; the file itself can still be downloaded.", nil
	}
	return d, "", nil
}

// Unread returns a profile, with its file, that has neither a digest nor a fault. It returns
// ErrNotFound if there is none.
func (s *Store) Unread(ctx context.Context) (profiler.Profile, error) {
	row, err := s.read().UnreadProfile(ctx)
	if err != nil {
		return profiler.Profile{}, fmt.Errorf("unread profile: %w", notFound(err))
	}
	return profiler.Profile{SHA256: row.Sha256, Gzip: row.Gzip, GzipSize: int64(len(row.Gzip))}, nil
}

// SetDigest stores the summary, digest and fault of a profile.
func (s *Store) SetDigest(ctx context.Context, p profiler.Profile) error {
	return wrap("set digest", s.write(ctx, func(q *db.Queries) error {
		return q.SetDigest(ctx, db.SetDigestParams{Sha256: p.SHA256, Summary: encode(p.Summary), Digest: p.Digest, Fault: p.Fault})
	}))
}
