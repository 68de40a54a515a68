package store

import (
	"bytes"
	"database/sql"
	"errors"
	"path/filepath"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/pressly/goose/v3"

	"heaplab/profiler"
	"heaplab/profiler/heap"
)

func importOf(title string) profiler.Experiment {
	e := launch("")
	e.Design = profiler.Design{
		Subject:  profiler.SubjectImport,
		Title:    title,
		Labels:   map[string]string{"baseline": "before.pb.gz", "variant": "after.pb.gz"},
		Variants: []profiler.VariantInfo{{Name: profiler.ImportBaseline, Title: "baseline"}, {Name: profiler.ImportVariant, Title: "variant"}},
	}
	e.State, e.Finished, e.Config = profiler.Done, now, profiler.Config{}
	e.Environment = profiler.Environment{}
	return e
}

// imported returns an imported profile with that content.
func imported(variant, content string) profiler.ImportedProfile {
	p := *profiled(variant, content).Profile
	p.Summary.Types, p.Summary.Samples, p.Summary.Period = []heap.Type{heap.AllocSpace}, 3, 512<<10
	return profiler.ImportedProfile{Variant: variant, File: content + ".pb.gz", Profile: p}
}

func TestImportsRoundTrip(t *testing.T) {
	s, ctx := open(t), t.Context()
	want := importOf("pools instead of buffers")
	sides := []profiler.ImportedProfile{imported("baseline", "before"), imported("variant", "after")}
	id, err := s.Import(ctx, want, sides)
	must(t, err)
	want.ID = id
	got, err := s.Experiment(ctx, id)
	must(t, err)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("experiment (-want +got):\n%s", diff)
	}
	profiles, err := s.Imported(ctx, id)
	must(t, err)
	if diff := cmp.Diff(sides, profiles, cmpopts.IgnoreFields(profiler.Profile{}, "Gzip")); diff != "" {
		t.Errorf("profiles (-want +got):\n%s", diff)
	}
	totals, err := s.ImportedTotals(ctx, id)
	must(t, err)
	if len(totals) != 2 || totals[0].Summary.Totals != sides[0].Summary.Totals || !slices.Equal(totals[1].Summary.Types, sides[1].Summary.Types) || totals[0].Summary.Functions != nil {
		t.Errorf("totals = %+v", totals)
	}
	file, err := s.Profile(ctx, id, "variant", profiler.Imported, "")
	if err != nil || !bytes.Equal(file, sides[1].Gzip) {
		t.Errorf("profile of %d bytes, %v", len(file), err)
	}
	if _, err := s.Profile(ctx, id, "variant", profiler.Allocs, ""); !errors.Is(err, ErrNotFound) {
		t.Errorf("profile of another kind: %v", err)
	}
	if runs, err := s.Runs(ctx, id); len(runs) > 0 || err != nil {
		t.Errorf("runs = %v, %v", runs, err)
	}
	add(t, s, launch("c"))
	for _, f := range []Filter{{Subject: profiler.SubjectImport, Limit: 9}, {Query: "after.pb.gz", Limit: 9}, {Query: "instead of", Limit: 9}} {
		page, err := s.History(ctx, f)
		must(t, err)
		if diff := cmp.Diff([]profiler.Experiment{want}, page.Experiments); diff != "" {
			t.Errorf("history of %+v (-want +got):\n%s", f, diff)
		}
	}
}

// A side can have several files, which are kept besides their sum and deleted with it.
func TestImportsOfSeveralFiles(t *testing.T) {
	s, ctx := open(t), t.Context()
	file := func(content string) profiler.ImportedFile {
		return profiler.ImportedFile{Name: content + ".pb.gz", Profile: imported("", content).Profile}
	}
	sides := []profiler.ImportedProfile{imported("baseline", "sum"), imported("variant", "alone")}
	sides[0].File, sides[0].Files = "", []profiler.ImportedFile{file("one"), file("two"), file("one")}
	id, err := s.Import(ctx, importOf("several"), sides)
	must(t, err)
	got, err := s.Imported(ctx, id)
	must(t, err)
	for i := range sides[0].Files {
		sides[0].Files[i].Summary.Functions = nil // not of files
	}
	if diff := cmp.Diff(sides, got, cmpopts.IgnoreFields(profiler.Profile{}, "Gzip")); diff != "" {
		t.Errorf("profiles (-want +got):\n%s", diff)
	}
	if totals, err := s.ImportedTotals(ctx, id); err != nil || len(totals[0].Files) != 3 || totals[1].Files != nil {
		t.Errorf("totals = %+v, %v", totals, err)
	}
	content, err := s.ImportedFile(ctx, id, "baseline", 2)
	if err != nil || !bytes.Equal(content, sides[0].Files[1].Gzip) {
		t.Errorf("file of %d bytes, %v", len(content), err)
	}
	for _, number := range []int{0, 4} {
		if _, err := s.ImportedFile(ctx, id, "baseline", number); !errors.Is(err, ErrNotFound) {
			t.Errorf("file %d: %v", number, err)
		}
	}
	if content, err := s.Profile(ctx, id, "baseline", profiler.Imported, ""); err != nil || !bytes.Equal(content, sides[0].Gzip) {
		t.Errorf("the sum has %d bytes, %v", len(content), err)
	}
	must(t, s.Delete(ctx, id))
	var left int
	must(t, s.reader.QueryRowContext(ctx, "SELECT count(*) FROM profiles").Scan(&left))
	if left != 0 {
		t.Errorf("%d profiles left", left)
	}
}

// A profile is deleted with the last run or import that uses it.
func TestDeleteImports(t *testing.T) {
	s, ctx := open(t), t.Context()
	run := begin(t, s)
	must(t, s.AddRun(ctx, run, profiled("a", "of a run too")))
	must(t, s.Finish(ctx, run, Ending{State: profiler.Done, At: now}))
	sides := []profiler.ImportedProfile{imported("baseline", "of a run too"), imported("variant", "of imports")}
	one, err := s.Import(ctx, importOf("one"), sides)
	must(t, err)
	two, err := s.Import(ctx, importOf("two"), sides)
	must(t, err)
	for _, step := range []struct{ id, left int64 }{{run, 2}, {one, 2}, {two, 0}} {
		must(t, s.Delete(ctx, step.id))
		var left int64
		must(t, s.reader.QueryRowContext(ctx, "SELECT count(*) FROM profiles").Scan(&left))
		if left != step.left {
			t.Errorf("%d profiles left after deleting %d, want %d", left, step.id, step.left)
		}
	}
}

// Importing a profile again updates the summary that an older version stored.
func TestImportUpdatesSummary(t *testing.T) {
	s, ctx := open(t), t.Context()
	id := begin(t, s)
	must(t, s.AddRun(ctx, id, profiled("a", "content")))
	side := imported("baseline", "content")
	side.Digest = []byte("digest")
	_, err := s.Import(ctx, importOf("x"), []profiler.ImportedProfile{side})
	must(t, err)
	runs, err := s.Runs(ctx, id)
	must(t, err)
	if got := runs[0].Profile.Summary; got.Samples != 3 {
		t.Errorf("summary = %+v", got)
	}
	must(t, s.AddRun(ctx, id, profiled("b", "content"))) // without a digest: does not update it
	if runs, err = s.Runs(ctx, id); err != nil || runs[1].Profile.Summary.Samples != 3 {
		t.Errorf("summary = %+v, %v", runs[1].Profile.Summary, err)
	}
}

// Migrating down to a version without imports deletes them.
func TestMigrateDownDeletesImports(t *testing.T) {
	file := filepath.Join(t.TempDir(), "test.db")
	s, err := Open(t.Context(), file, nil)
	must(t, err)
	id := begin(t, s)
	must(t, s.AddRun(t.Context(), id, profiled("a", "of a run")))
	_, err = s.Import(t.Context(), importOf("x"), []profiler.ImportedProfile{imported("baseline", "of a run"), imported("variant", "alone")})
	must(t, err)
	must(t, s.Close())
	migrated(t, file, func(p *goose.Provider, db *sql.DB) {
		_, err := p.DownTo(t.Context(), 4)
		must(t, err)
		var experiments, profiles int
		must(t, db.QueryRowContext(t.Context(), "SELECT (SELECT count(*) FROM experiments), (SELECT count(*) FROM profiles)").Scan(&experiments, &profiles))
		if experiments != 1 || profiles != 1 {
			t.Errorf("%d experiments and %d profiles left, want only those of the run", experiments, profiles)
		}
	})
}
