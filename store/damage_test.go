package store

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/mattn/go-sqlite3"

	"heaplab/profiler"
	"heaplab/profiler/report"
)

// damages are changes of a row of experiments, and what they leave unreadable.
var damages = []struct{ name, set, reason string }{
	{"config is no object", `config = '[]'`, "its config cannot be decoded"},
	{"config is empty", `config = '{}'`, "it has 0 rounds"},
	{"too many rounds", `config = json_set(config, '$.count', 1000000000)`, "it has 1000000000 rounds"},
	{"negative rounds", `config = json_set(config, '$.count', -5)`, "it has -5 rounds"},
	{"design is cut off", `design = substr(design, 1, 40)`, "its design cannot be decoded"},
	{"design is empty", `design = '{}'`, "its design has no variants"},
	{"design is null", `design = 'null'`, "its design has no variants"},
	{"no variants", `design = json_set(design, '$.variants', json('[]'))`, "its design has no variants"},
	{"variants of one name", `design = replace(design, '"name":"b"', '"name":"a"')`, "two of its variants"},
	{"a variant without a name", `design = replace(design, '"name":"b"', '"name":""')`, "or one has none"},
	{"case with the config of an import", `config = json_set(config, '$.count', 0)`, "it has 0 rounds"},
	{"sweep without values", `kind = 'sweep', sweep = '{"over":"gogc","values":[]}'`, "its sweep has no values"},
	{"sweep without a sweep", `kind = 'sweep'`, "its sweep has no values"},
	{"comparison with a sweep", `sweep = '{"over":"gogc","values":["1","2"]}'`, "it is a comparison, but has a sweep"},
	{"sweep with a value twice", `kind = 'sweep', sweep = '{"over":"gogc","values":["1","1"]}'`, "two values of its sweep"},
	{"tags are no list", `tags = '{}'`, "its tags cannot be decoded"},
	{"environment is a list", `environment = '[]'`, "its environment cannot be decoded"},
	{"a late time", `finished_at = 99999999999999999`, "one of its times"},
	{"an early time", `created_at = -99999999999999999`, "one of its times"},
}

// damage sets columns of an experiment, without the checks of the database.
func damage(t *testing.T, s *Store, id int64, set string) {
	t.Helper()
	change(t, s, "PRAGMA ignore_check_constraints = on")
	change(t, s, "UPDATE experiments SET "+set+" WHERE id = ?", id)
	change(t, s, "PRAGMA ignore_check_constraints = off")
}

func change(t *testing.T, s *Store, query string, args ...any) {
	t.Helper()
	_, err := s.writer.ExecContext(t.Context(), query, args...)
	must(t, err)
}

func TestDamagedExperiment(t *testing.T) {
	for _, test := range damages {
		t.Run(test.name, func(t *testing.T) {
			s, ctx := open(t), t.Context()
			good := ended(t, s, profiler.KindComparison, "c", "here", profiler.Done)
			bad := ended(t, s, profiler.KindComparison, "c", "here", profiler.Done)
			damage(t, s, bad, test.set)

			var d *Damage
			if _, err := s.Experiment(ctx, bad); !errors.Is(err, ErrDamaged) || !errors.As(err, &d) || d.Experiment != bad || !strings.Contains(d.Reason, test.reason) {
				t.Fatalf("error = %v, want %q", err, test.reason)
			}
			page, err := s.History(ctx, Filter{Limit: 10})
			must(t, err)
			if len(page.Experiments) != 2 || page.Experiments[1].Damaged != "" {
				t.Fatalf("history = %+v", page.Experiments)
			}
			if e := page.Experiments[0]; e.ID != bad || e.Damaged != d.Sentence() || e.Design.Title != "case:c" || e.Note != "a note" || e.State != profiler.Done {
				t.Errorf("damaged in the history = %+v", e)
			}
			for _, f := range []Filter{{Query: "the case c", Limit: 10}, {Query: "n=3", Limit: 10}, {Tag: "red", Limit: 10}} {
				if _, err := s.History(ctx, f); err != nil {
					t.Errorf("history of %+v: %v", f, err)
				}
			}
			checkEvidence(t, s, "case:c", wantEvidence{best: good})
			must(t, s.Delete(ctx, bad))
		})
	}
}

func TestCalibrationsSkipDamaged(t *testing.T) {
	s := open(t)
	good, row, result := calibrated(t, s, "c", "here"), calibrated(t, s, "c", "here"), calibrated(t, s, "c", "here")
	damage(t, s, row, `config = '[]'`)
	change(t, s, `UPDATE calibrations SET result = '[]' WHERE experiment_id = ?`, result)
	found, err := s.Calibrations(t.Context(), "case:c", "here", 20)
	if err != nil || len(found) != 1 || found[0].Experiment.ID != good {
		t.Errorf("calibrations = %+v, %v; want only %d", found, err, good)
	}
	if _, err := s.Calibration(t.Context(), result); !errors.Is(err, ErrDamaged) {
		t.Errorf("error = %v, want ErrDamaged", err)
	}
}

func TestDamagedJudgments(t *testing.T) {
	for _, column := range []string{"calibration", "excluded", "distrust"} {
		s := open(t)
		id := ended(t, s, profiler.KindComparison, "c", "here", profiler.Done)
		must(t, s.AddJudgment(t.Context(), id, report.Judgment{At: now}))
		change(t, s, "UPDATE judgments SET "+column+" = '[]'")
		var d *Damage
		if _, err := s.Judgments(t.Context(), id); !errors.As(err, &d) || d.Experiment != id {
			t.Errorf("%s: error = %v, want a Damage of %d", column, err, id)
		}
	}
}

func TestDamagedRuns(t *testing.T) {
	for _, test := range []struct{ name, query, reason string }{
		{"measurements", `UPDATE runs SET measurements = '{}'`, "its measurements cannot be decoded"},
		{"huge measurement", `UPDATE runs SET measurements = '[{"unit":"B/op","value":-1e308}]'`, "a measurement in B/op is impossibly large"},
		{"infinite measurement", `UPDATE runs SET measurements = '[{"unit":"B/op","value":1e999}]'`, "its measurements cannot be decoded"},
		{"timeline", `UPDATE runs SET timeline = x'00ff'`, "its timeline cannot be decoded"},
		{"self-check", `UPDATE runs SET self_check = '[]'`, "its self-check cannot be decoded"},
		{"time", `UPDATE runs SET started_at = 99999999999999999`, "the time of a run"},
	} {
		t.Run(test.name, func(t *testing.T) {
			s := open(t)
			id := begin(t, s)
			must(t, s.AddRun(t.Context(), id, measured("a", 3)))
			change(t, s, test.query)
			var d *Damage
			if _, err := s.Runs(t.Context(), id); !errors.As(err, &d) || d.Experiment != id || !strings.HasPrefix(d.Reason, test.reason) {
				t.Errorf("error = %v, want %q", err, test.reason)
			}
		})
	}
}

func TestIncompleteTimeline(t *testing.T) {
	s := open(t)
	id := begin(t, s)
	r := measured("a", 3)
	r.Timeline = &profiler.Timeline{T: []float64{1, 2}, Anon: []int64{1, 2}, File: []int64{1}}
	must(t, s.AddRun(t.Context(), id, r))
	if _, err := s.Runs(t.Context(), id); !errors.Is(err, ErrDamaged) || !strings.Contains(err.Error(), "its timeline lacks values") {
		t.Errorf("error = %v", err)
	}
}

func TestUnpackChecksTheSum(t *testing.T) {
	b, err := pack("some text")
	must(t, err)
	b[len(b)-5] ^= 1 // of the checksum
	var got string
	if err := unpack(b, &got); !errors.Is(err, ErrDamaged) {
		t.Errorf("error = %v, want ErrDamaged", err)
	}
}

// A malformed value that SQLite or its driver refuses is the damage of its experiment, too.
func TestUnreadableValues(t *testing.T) {
	s := open(t)
	id := begin(t, s)
	must(t, s.AddRun(t.Context(), id, measured("a", 3)))
	bad := sqlite3.Error{Code: sqlite3.ErrCorrupt}
	if err := readError(id, "runs", fmt.Errorf("read: %w", bad)); !errors.Is(err, ErrDamaged) || !Corrupt(err) {
		t.Errorf("malformed database: %v", err)
	}
	_, err := s.reader.QueryContext(t.Context(), `SELECT json_extract('{', '$.a')`)
	if err == nil || !Corrupt(err) {
		t.Errorf("malformed JSON: %v", err)
	}
	var n int64
	if err := s.reader.QueryRowContext(t.Context(), "SELECT 'x'").Scan(&n); !Corrupt(err) {
		t.Errorf("value of another type: %v", err)
	}
	if err := readError(id, "runs", context.Canceled); Corrupt(nil) || errors.Is(err, ErrDamaged) {
		t.Errorf("other errors: %v", err)
	}
}

func TestDamagedSamples(t *testing.T) {
	for _, samples := range []string{`{}`, `[1e308]`, `["x"]`} {
		s := open(t)
		id := begin(t, s)
		series := Series{Series: profiler.Series{Variant: "a", Unit: profiler.BytesPerOp}, Values: []float64{1}, Lo: profiler.Undefined(), Hi: profiler.Undefined()}
		must(t, s.Finish(t.Context(), id, Ending{State: profiler.Done, At: now, Series: []Series{series}}))
		change(t, s, "UPDATE series SET samples = ?", samples)
		var d *Damage
		if _, err := s.Samples(t.Context(), id); !errors.As(err, &d) || d.Experiment != id {
			t.Errorf("samples %s: %v, want a Damage", samples, err)
		}
	}
}

func TestDamagedDigest(t *testing.T) {
	s := open(t)
	r := profiled("a", "content")
	must(t, s.AddRun(t.Context(), begin(t, s), r))
	change(t, s, "UPDATE profiles SET digest = x'00ff'")
	if d, fault, err := s.Digest(t.Context(), r.Profile.SHA256); d != nil || err != nil || !strings.Contains(fault, "damaged") {
		t.Errorf("digest = %v, fault %q, %v", d, fault, err)
	}
}

// A server must start even if an experiment that ran when the last one ended already has series.
func TestFinishReplacesSeries(t *testing.T) {
	s, ctx := open(t), t.Context()
	id := begin(t, s)
	end := Ending{State: profiler.Done, At: now, Series: []Series{
		{Series: profiler.Series{Variant: "a", Unit: profiler.BytesPerOp}, Values: []float64{1}, Lo: profiler.Undefined(), Hi: profiler.Undefined()},
	}}
	must(t, s.Finish(ctx, id, end))
	damage(t, s, id, "state = 'running'")
	must(t, s.Finish(ctx, id, end))
}
