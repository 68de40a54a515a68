package store

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"time"

	"heaplab/store/internal/db"
)

// tokenBytes is the number of random bytes in a token.
const tokenBytes = 24

// hintLength is the number of characters of a token that are shown to tell shares apart.
const hintLength = 4

// A Share is a link to a frozen report.
type Share struct {
	ID         int64
	Experiment int64
	Hint       string // first characters of the token
	Profiles   bool   // the profiles may be downloaded
	Created    time.Time
	Expires    time.Time
	Revoked    time.Time // zero unless the link was revoked
}

// A SharedReport is a share with its report.
type SharedReport struct {
	Share
	Report json.RawMessage // as passed to AddShare
}

// AddShare stores the report of an experiment with a new token, and returns the share and the token. Only
// a hash of the token is stored.
func (s *Store) AddShare(ctx context.Context, experiment int64, report json.RawMessage, profiles bool, created, expires time.Time) (Share, string, error) {
	secret := make([]byte, tokenBytes)
	rand.Read(secret) // never fails: see crypto/rand
	token := base64.RawURLEncoding.EncodeToString(secret)
	frozen, err := pack(report)
	if err != nil {
		return Share{}, "", err
	}
	share := Share{Experiment: experiment, Hint: token[:hintLength], Profiles: profiles, Created: created, Expires: expires}
	err = s.write(ctx, func(q *db.Queries) error {
		if _, err := q.Experiment(ctx, experiment); err != nil {
			return notFound(err)
		}
		share.ID, err = q.AddShare(ctx, db.AddShareParams{
			ExperimentID: experiment,
			TokenSha256:  hashToken(token),
			Hint:         share.Hint,
			Profiles:     flag(profiles),
			Report:       frozen,
			CreatedAt:    created.UnixMilli(),
			ExpiresAt:    expires.UnixMilli(),
		})
		return err
	})
	return share, token, wrap("add share", err)
}

// hashToken returns the hash of a token in the database.
func hashToken(token string) string {
	sum := sha256.Sum256([]byte(token))
	return hex.EncodeToString(sum[:])
}

// Shares returns an experiment's shares, newest first.
func (s *Store) Shares(ctx context.Context, experiment int64) ([]Share, error) {
	rows, err := s.read().Shares(ctx, experiment)
	if err != nil {
		return nil, fmt.Errorf("shares of experiment %d: %w", experiment, err)
	}
	shares := make([]Share, len(rows))
	for i, row := range rows {
		shares[i] = Share{
			ID:         row.ID,
			Experiment: row.ExperimentID,
			Hint:       row.Hint,
			Profiles:   row.Profiles != 0,
			Created:    time.UnixMilli(row.CreatedAt).UTC(),
			Expires:    time.UnixMilli(row.ExpiresAt).UTC(),
			Revoked:    timeOf(row.RevokedAt),
		}
	}
	return shares, nil
}

// Shared returns the report of a token. It returns ErrNotFound if the token is unknown or revoked, or has
// expired at that time.
func (s *Store) Shared(ctx context.Context, token string, at time.Time) (SharedReport, error) {
	row, err := s.read().SharedReport(ctx, db.SharedReportParams{TokenSha256: hashToken(token), ExpiresAt: at.UnixMilli()})
	if err != nil {
		return SharedReport{}, wrap("share", notFound(err))
	}
	var frozen json.RawMessage
	if err := unpack(row.Report, &frozen); err != nil {
		return SharedReport{}, wrap("share", err)
	}
	return SharedReport{
		Share: Share{
			ID:         row.ID,
			Experiment: row.ExperimentID,
			Profiles:   row.Profiles != 0,
			Created:    time.UnixMilli(row.CreatedAt).UTC(),
			Expires:    time.UnixMilli(row.ExpiresAt).UTC(),
		},
		Report: frozen,
	}, nil
}

// Revoke ends a share and returns the id of its experiment.
func (s *Store) Revoke(ctx context.Context, share int64, at time.Time) (experiment int64, err error) {
	err = s.write(ctx, func(q *db.Queries) error {
		experiment, err = q.RevokeShare(ctx, db.RevokeShareParams{RevokedAt: instant(at), ID: share})
		return notFound(err)
	})
	return experiment, wrap("revoke share", err)
}
