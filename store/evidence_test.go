package store

import (
	stdcmp "cmp"
	"context"
	"database/sql"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"heaplab/profiler"
	"heaplab/store/internal/db"
)

// wantEvidence holds the ids of an Evidence; 0 is nil.
type wantEvidence struct{ best, newer, other int64 }

// checkEvidence checks the evidence for the params of launch. Params that are not stored match.
func checkEvidence(t *testing.T, s *Store, subject string, want wantEvidence) {
	t.Helper()
	params := launch("c").Design.Params
	e, err := s.Evidence(t.Context(), subject, "here", func(stored profiler.Params) bool {
		for name, value := range stored {
			if value != params[name] {
				return false
			}
		}
		return true
	})
	must(t, err)
	id := func(e *profiler.Experiment) int64 {
		if e == nil {
			return 0
		}
		return e.ID
	}
	if got := (wantEvidence{id(e.Best), id(e.Newer), id(e.Other)}); got != want {
		t.Errorf("evidence = %+v, want %+v", got, want)
	}
}

func TestEvidence(t *testing.T) {
	type ran struct {
		rounds int
		pinned bool
		params string // as JSON; "" for those of launch
		kind   profiler.Kind
		state  profiler.State
		damage string

		benchtime, gogc, machine string // "" for the defaults and for this machine
	}
	const other = `{"n":4,"x":0.5,"mode":"up"}`
	for _, test := range []struct {
		name string
		ran  []ran // experiments 1, 2, …
		want wantEvidence
	}{
		{"nothing", nil, wantEvidence{}},
		{"most rounds", []ran{{rounds: 2}, {rounds: 6}, {rounds: 1}}, wantEvidence{best: 2, newer: 3}},
		{"newest of the same rounds", []ran{{rounds: 6}, {rounds: 6}}, wantEvidence{best: 2}},
		{"numbers of rounds, not their digits", []ran{{rounds: 12}, {rounds: 6}}, wantEvidence{best: 1, newer: 2}},
		{"pinned with fewer rounds", []ran{{rounds: 2, pinned: true}, {rounds: 6}}, wantEvidence{best: 1, newer: 2}},
		{"most rounds of the pinned ones", []ran{{rounds: 2, pinned: true}, {rounds: 3, pinned: true}, {rounds: 1, pinned: true}}, wantEvidence{best: 2, newer: 3}},
		{"newest of several newer ones", []ran{{rounds: 6}, {rounds: 3}, {rounds: 1}}, wantEvidence{best: 1, newer: 3}},
		{"other params are no evidence", []ran{{rounds: 2}, {rounds: 6, params: other}, {rounds: 9, pinned: true, params: other}}, wantEvidence{best: 1}},
		{"only other params", []ran{{rounds: 6, params: other}, {rounds: 2, params: other}}, wantEvidence{other: 2}},
		{"values, not text", []ran{{rounds: 6, params: `{"mode": "up", "x": 5e-1, "n": 3}`}, {rounds: 1}}, wantEvidence{best: 1, newer: 2}},
		{"stored before the case had a mode", []ran{{rounds: 6, params: `{"n":3}`}, {rounds: 2}, {rounds: 6, params: `{"n":3,"x":0.5}`}}, wantEvidence{best: 3}},
		{"without params", []ran{{rounds: 6, params: `null`}}, wantEvidence{best: 1}},
		{"sweeps and calibrations", []ran{{rounds: 2}, {rounds: 6, kind: profiler.KindCalibration}}, wantEvidence{best: 1}},
		{"others that ended", []ran{{rounds: 2}, {rounds: 6, state: profiler.Failed}, {rounds: 6, state: profiler.Canceled}, {rounds: 6, state: profiler.Running}}, wantEvidence{best: 1}},
		{"another GOGC is no evidence", []ran{{rounds: 6}, {rounds: 20, gogc: "off"}, {rounds: 20, gogc: "50", pinned: true}}, wantEvidence{best: 1}},
		{"only another GOGC", []ran{{rounds: 20, gogc: "off"}}, wantEvidence{}},
		{"another machine", []ran{{rounds: 6}, {rounds: 20, machine: "there"}}, wantEvidence{best: 1, newer: 2}},
		{"only another machine", []ran{{rounds: 6, machine: "there"}, {rounds: 2, machine: "there"}}, wantEvidence{best: 1, newer: 2}},
		{"pinned on another machine", []ran{{rounds: 6, machine: "there", pinned: true}, {rounds: 20}}, wantEvidence{best: 1, newer: 2}},
		{"shorter rounds", []ran{{rounds: 6}, {rounds: 20, benchtime: "1x"}}, wantEvidence{best: 1, newer: 2}},
		{"shorter rounds here, default there", []ran{{rounds: 6, benchtime: "1x"}, {rounds: 20, machine: "there"}}, wantEvidence{best: 1, newer: 2}},
		{"damaged best", []ran{{rounds: 6}, {rounds: 9, damage: `tags = '{}'`}}, wantEvidence{best: 1}},
		{"damaged newer", []ran{{rounds: 6}, {rounds: 2}, {rounds: 1, damage: `tags = '{}'`}}, wantEvidence{best: 1, newer: 2}},
		{"damaged JSON", []ran{{rounds: 6}, {rounds: 9, damage: `design = '{"params'`}, {rounds: 9, damage: `config = '{'`}}, wantEvidence{best: 1}},
		{"damaged other", []ran{{rounds: 6, params: other}, {rounds: 6, params: other, damage: `tags = '{}'`}}, wantEvidence{other: 1}},
		{"only damaged", []ran{{rounds: 6, damage: `design = '{}'`}}, wantEvidence{}},
	} {
		t.Run(test.name, func(t *testing.T) {
			s := open(t)
			for _, r := range test.ran {
				e := launch("c")
				e.Config.Count = r.rounds
				if r.kind != "" {
					e.Kind = r.kind
				}
				e.Config.Benchtime, e.Config.GOGC = stdcmp.Or(r.benchtime, profiler.DefaultBenchtime), stdcmp.Or(r.gogc, "100")
				id := add(t, s, e)
				must(t, s.Start(t.Context(), id, now, profiler.Environment{"machine": stdcmp.Or(r.machine, "here")}))
				if r.state == "" {
					r.state = profiler.Done
				}
				if r.state.Terminal() {
					must(t, s.Finish(t.Context(), id, Ending{State: r.state, At: now}))
				}
				must(t, s.SetPinned(t.Context(), id, r.pinned))
				if r.params != "" {
					change(t, s, "UPDATE experiments SET design = json_set(design, '$.params', json(?)) WHERE id = ?", r.params, id)
				}
				if r.damage != "" {
					damage(t, s, id, r.damage)
				}
			}
			ended(t, s, profiler.KindComparison, "c2", "here", profiler.Done)
			checkEvidence(t, s, "case:c", test.want)
		})
	}
}

// A planner records how SQLite searches for the rows of each query.
type planner struct {
	*sql.DB
	plans []string
}

func (p *planner) QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error) {
	var id, parent, unused int
	var plan string
	if err := p.QueryRowContext(ctx, "EXPLAIN QUERY PLAN "+query, args...).Scan(&id, &parent, &unused, &plan); err != nil {
		return nil, err
	}
	p.plans = append(p.plans, plan)
	return p.DB.QueryContext(ctx, query, args...)
}

// The queries of evidence use their index. Without it, each would decode the designs of all experiments.
func TestEvidenceUsesItsIndex(t *testing.T) {
	p := &planner{DB: open(t).reader}
	q := db.New(p)
	_, err := q.MeasuredParams(t.Context(), "case:c")
	must(t, err)
	_, err = q.BestEvidence(t.Context(), db.BestEvidenceParams{Subject: "case:c", Params: "{}", Most: 9})
	must(t, err)
	_, err = q.EvidenceAfter(t.Context(), db.EvidenceAfterParams{Subject: "case:c", Params: "{}", After: 7, Most: 9})
	must(t, err)
	want := []string{
		"SEARCH experiments USING INDEX experiments_by_evidence (subject=?)",
		"SEARCH experiments USING INDEX experiments_by_evidence (subject=? AND <expr>=? AND pinned>?)",
		"SEARCH experiments USING INDEX experiments_by_evidence (subject=? AND <expr>=?)",
	}
	if diff := cmp.Diff(want, p.plans); diff != "" {
		t.Errorf("plans (-want +got):\n%s", diff)
	}
}

// BenchmarkEvidence measures a subject with 10,000 experiments.
func BenchmarkEvidence(b *testing.B) {
	for _, bench := range []struct{ name, n string }{
		{"10,000 with equal params", "3"},
		{"10,000 with two params", "3 + i % 2"},
		{"10,000 with different params", "3 + i"},
	} {
		b.Run(bench.name, func(b *testing.B) {
			s, err := Open(b.Context(), filepath.Join(b.TempDir(), "b.db"), nil)
			if err != nil {
				b.Fatal(err)
			}
			defer s.Close()
			e := launch("c")
			e.Design.Title = strings.Repeat("x", 2500) // as large as a real design
			_, err = s.writer.ExecContext(b.Context(), `WITH RECURSIVE numbers(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM numbers WHERE i < 9999)
				INSERT INTO experiments (subject, kind, design, config, state, note, tags, created_at)
				SELECT 'case:c', 'comparison', json_set(?, '$.params.n', `+bench.n+`), json_set(?, '$.count', 1 + i % 7), 'done', '', '[]', 0 FROM numbers`,
				encode(e.Design), encode(e.Config))
			if err != nil {
				b.Fatal(err)
			}
			for b.Loop() {
				found, err := s.Evidence(b.Context(), "case:c", "here", func(p profiler.Params) bool { return p["n"] == int64(3) })
				if err != nil || found.Best == nil {
					b.Fatalf("%+v, %v", found, err)
				}
			}
		})
	}
}
