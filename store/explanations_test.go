package store

import (
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"errors"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/pressly/goose/v3"

	"heaplab/profiler"
)

func source(text string) *profiler.Source {
	sum := sha256.Sum256([]byte(text))
	return &profiler.Source{File: "f.go", First: 3, Hot: 4, SHA256: hex.EncodeToString(sum[:]), Text: text}
}

// version16 is the content of a database of version 16: an experiment that is done.
const version16 = `
INSERT INTO experiments (id, subject, kind, design, config, state, note, tags, environment, created_at, started_at, finished_at, queued_at) VALUES
	(7, 'gobench', 'comparison', '{"subject":"gobench","title":"t","params":{},"labels":{},"variants":[{"name":"before"},{"name":"after"}]}',
		'{"count":2,"benchtime":"20x","gogc":"100","gomemlimit":"off","gomaxprocs":2}', 'done', '', '[]', '{}', 1000, 2000, 3000, 1000);
`

// Explanations can be added to the experiments of a database of the version before, and taken away again.
func TestExplanationsMigration(t *testing.T) {
	file := filepath.Join(t.TempDir(), "old.db")
	migrated(t, file, func(p *goose.Provider, db *sql.DB) {
		_, err := p.UpTo(t.Context(), 16)
		must(t, err)
		_, err = db.ExecContext(t.Context(), version16)
		must(t, err)
	})
	want := []profiler.Explanation{{Variant: "after", Function: "m.F", After: source("func F() {}\n")}}
	for range 2 {
		s, err := Open(t.Context(), file, nil)
		must(t, err)
		none, err := s.Explanations(t.Context(), 7)
		must(t, err)
		must(t, s.SetExplanations(t.Context(), 7, want))
		got, err := s.Explanations(t.Context(), 7)
		must(t, err)
		if diff := cmp.Diff(want, got); diff != "" || len(none) > 0 {
			t.Errorf("before %v, after (-want +got):\n%s", none, diff)
		}
		must(t, s.Close())
		migrated(t, file, func(p *goose.Provider, _ *sql.DB) {
			_, err := p.DownTo(t.Context(), 16)
			must(t, err)
		})
	}
}

// A text is stored once, as long as an experiment needs it. Nobody gets a text that is not what was stored.
func TestExplanations(t *testing.T) {
	s, err := Open(t.Context(), filepath.Join(t.TempDir(), "test.db"), nil)
	must(t, err)
	defer s.Close()
	ctx := t.Context()
	var ids []int64
	for range 2 {
		id, err := s.Add(ctx, profiler.Experiment{
			Kind: profiler.KindComparison, Created: time.Unix(1, 0), Config: profiler.Config{Count: 1},
			Design: profiler.Design{Subject: "gobench", Title: "t", Variants: []profiler.VariantInfo{{Name: "before"}, {Name: "after"}}},
		})
		must(t, err)
		ids = append(ids, id)
	}
	texts := func() (n int) {
		must(t, s.reader.QueryRowContext(ctx, "SELECT count(*) FROM sources").Scan(&n))
		return n
	}
	all := []profiler.Explanation{
		{
			Variant: "after", Function: "m.F", Before: source("func F() { old }\n"), After: source("func F() { new }\n"),
			Escapes: []profiler.Escape{{Code: "x", After: &profiler.Placement{Line: 4, Heap: true, Reason: "returned"}}},
		},
		{Variant: "other", Row: "BenchmarkF", Function: "m.F", Before: source("func F() { old }\n"), After: source("func F() { old }\n")},
		{Variant: "after", Function: "m.G", Notes: []string{"Not found."}},
	}
	for _, id := range ids {
		must(t, s.SetExplanations(ctx, id, all))
		must(t, s.SetExplanations(ctx, id, all)) // in place of the first
		got, err := s.Explanations(ctx, id)
		must(t, err)
		if diff := cmp.Diff(all, got); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
	}
	if all[0].Before.Text == "" {
		t.Error("the caller's texts have changed")
	}
	if n := texts(); n != 2 {
		t.Errorf("%d texts, want 2", n)
	}
	must(t, s.SetExplanations(ctx, ids[0], all[2:]))
	if n := texts(); n != 2 {
		t.Errorf("%d texts, want 2: the other experiment needs them", n)
	}
	for _, id := range ids {
		if _, err := s.CancelQueued(ctx, id, time.Unix(2, 0)); err != nil {
			t.Fatal(err)
		}
	}
	must(t, s.Delete(ctx, ids[0]))
	_, err = s.writer.ExecContext(ctx, "UPDATE sources SET text = text || 'x'")
	must(t, err)
	if _, err := s.Explanations(ctx, ids[1]); !errors.Is(err, ErrDamaged) {
		t.Errorf("a text that was changed gives %v", err)
	}
	must(t, s.Delete(ctx, ids[1]))
	if n := texts(); n != 0 {
		t.Errorf("%d texts, want 0", n)
	}
}
