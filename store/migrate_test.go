package store

import (
	"database/sql"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/pressly/goose/v3"

	"heaplab/profiler"
)

// version2 is the content of a database of version 2. Experiment 1 has the number of processors in
// its environment; experiment 2 is still queued.
const version2 = `
INSERT INTO experiments (id, case_name, params, config, state, note, tags, pinned, environment, created_at, started_at, finished_at) VALUES
	(1, 'c', '{"n":3}', '{"count":2,"benchtime":"20x","gogc":"50","time_limit":120000000000,"memory_limit":1073741824}',
		'done', 'a note', '["red"]', 1, '{"goos":"linux","gomaxprocs":"8"}', 1000, 2000, 3000),
	(2, 'c', '{"n":3}', '{"count":2,"benchtime":"20x","gogc":"50","time_limit":120000000000,"memory_limit":1073741824}',
		'queued', '', '[]', 0, '{}', 4000, NULL, NULL);
INSERT INTO runs (experiment_id, kind, variant, round, started_at, duration_ns, others_ns, steal_ns, calls, measurements, output) VALUES
	(1, 'measure', 'a', 0, 2000, 5, 6, 7, 20, '[{"unit":"B/op","value":1}]', ''),
	(1, 'measure', 'a', 1, 2001, 5, 6, 7, 20, '[{"unit":"B/op","value":3}]', 'said');
INSERT INTO series (experiment_id, variant, unit, n, center, samples) VALUES (1, 'a', 'B/op', 2, 2, '[1,3]');
INSERT INTO shares (experiment_id, token_sha256, hint, profiles, report, created_at, expires_at) VALUES (1, 'x', 'h', 0, x'00', 1, 2);
`

// old creates a database of version 2 and returns its file.
func old(t *testing.T) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "old.db")
	migrated(t, file, func(p *goose.Provider, db *sql.DB) {
		_, err := p.UpTo(t.Context(), 2)
		must(t, err)
		_, err = db.ExecContext(t.Context(), version2)
		must(t, err)
	})
	return file
}

// migrated calls do with a database and its migrations, without a Store.
func migrated(t *testing.T, file string, do func(*goose.Provider, *sql.DB)) {
	t.Helper()
	db, err := sql.Open("sqlite3", dsn(file, ""))
	must(t, err)
	provider, err := newProvider(db, nil)
	must(t, err)
	do(provider, db)
	must(t, db.Close())
}

func TestMigrationsKeepData(t *testing.T) {
	file := old(t)
	for _, step := range []string{"up", "down and up again"} {
		t.Run(step, func(t *testing.T) {
			if step != "up" {
				migrated(t, file, func(p *goose.Provider, _ *sql.DB) {
					_, err := p.DownTo(t.Context(), 2)
					must(t, err)
				})
			}
			s, err := Open(t.Context(), file, nil)
			must(t, err)
			defer s.Close()
			checkVersion2(t, s)
		})
	}
}

// designOfC returns the design that the migration makes for a case that it does not know.
func designOfC(variant string) profiler.Design {
	return profiler.Design{
		Subject: "case:c", Title: "c", Params: profiler.Params{"n": int64(3)}, Labels: map[string]string{"n": "3"},
		Variants: []profiler.VariantInfo{{Name: variant, Title: variant}},
	}
}

// checkVersion2 checks that s has the content of version2.
func checkVersion2(t *testing.T, s *Store) {
	t.Helper()
	ctx, second := t.Context(), func(n int64) time.Time { return time.Unix(n, 0).UTC() }
	config := profiler.Config{
		Count: 2, Benchtime: "20x", GOGC: "50", GOMEMLIMIT: "off", GOMAXPROCS: 8, TimeLimit: 2 * time.Minute, MemoryLimit: 1 << 30,
	}
	want := []profiler.Experiment{
		{ID: 1, Kind: profiler.KindComparison, Design: designOfC("a"), Config: config,
			State: profiler.Done, Note: "a note", Tags: []string{"red"}, Pinned: true, Created: second(1), Started: second(2), Finished: second(3),
			Environment: profiler.Environment{"goos": "linux", "gomaxprocs": "8"}},
		{ID: 2, Kind: profiler.KindComparison, Design: designOfC("baseline"), Config: config,
			State: profiler.Queued, Tags: []string{}, Created: second(4), Environment: profiler.Environment{}},
	}
	want[1].Config.GOMAXPROCS = 0 // not stored: the server's number applies
	for _, w := range want {
		got, err := s.Experiment(ctx, w.ID)
		must(t, err)
		if diff := cmp.Diff(w, got); diff != "" {
			t.Errorf("experiment %d (-want +got):\n%s", w.ID, diff)
		}
	}
	runs, err := s.Runs(ctx, 1)
	must(t, err)
	if len(runs) != 2 || runs[1].Output != "said" || runs[1].Row != "" || runs[1].Environment != nil || runs[1].Timeline != nil || runs[1].Steal != 7 {
		t.Errorf("runs = %+v", runs)
	}
	samples, err := s.Samples(ctx, 1)
	must(t, err)
	if got := samples[profiler.Series{Variant: "a", Unit: profiler.BytesPerOp}]; !slices.Equal(got, []float64{1, 3}) {
		t.Errorf("samples = %v, want 1 and 3", samples)
	}
	shares, err := s.Shares(ctx, 1)
	must(t, err)
	if len(shares) != 1 {
		t.Errorf("shares = %v, want one", shares)
	}
}
