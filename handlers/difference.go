package handlers

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"

	"github.com/go-chi/chi/v5"

	"heaplab/profiler"
	"heaplab/profiler/report"
	"heaplab/store"
	"heaplab/views"
)

// A difference is the profile of one variant less that of another.
type difference struct {
	Before, After string
	Kind          profiler.RunKind
}

// newDifference fills in what was not asked for: the baseline, the last variant, what they
// allocated, or what was imported of them.
func newDifference(rep report.Report, before, after string, kind profiler.RunKind) difference {
	standard := profiler.Allocs
	if !rep.Measured() {
		standard = profiler.Imported
	}
	return difference{
		Before: cmp.Or(before, rep.Variants[0].Name),
		After:  cmp.Or(after, rep.Variants[len(rep.Variants)-1].Name),
		Kind:   cmp.Or(kind, standard),
	}
}

// name is that of its file.
func (d difference) name() string {
	return fmt.Sprintf("%s-%s.%s.diff.pb.gz", d.Before, d.After, d.Kind)
}

func (d difference) query() string {
	return url.Values{"before": {d.Before}, "after": {d.After}, "kind": {string(d.Kind)}}.Encode()
}

// windows says what its values are of: all calls of both profiles, whether these are as many or
// not.
func (d difference) windows(before, after *report.ProfileReport) string {
	if d.Kind == profiler.Imported {
		return fmt.Sprintf("%s less %s, each a whole process, not scaled", d.After, d.Before)
	}
	return fmt.Sprintf("%s over %d calls less %s over %d, not scaled", d.After, after.Calls, d.Before, before.Calls)
}

// maxSubtractions is how many profiles are subtracted at a time: each takes a process, which may
// need as much memory as one that reads a profile.
const maxSubtractions = 2

// subtract makes the file of a difference, which go tool pprof opens.
func (a *App) subtract(ctx context.Context, rep report.Report, d difference) ([]byte, error) {
	before, after := rep.Profile(d.Before, d.Kind), rep.Profile(d.After, d.Kind)
	if before == nil || after == nil {
		return nil, store.ErrNotFound
	}
	defer a.subtractions.Add(-1)
	if a.subtractions.Add(1) > maxSubtractions {
		return nil, errSubtracting
	}
	files := make([][]byte, 2)
	for i, variant := range []string{d.Before, d.After} {
		var err error
		if files[i], err = a.Store.Profile(ctx, rep.ID, variant, d.Kind); err != nil {
			return nil, err
		}
	}
	file, err := a.Queue.Executor.Subtract(ctx, files[0], files[1], "heaplab: "+string(d.Kind)+" profiles, "+d.windows(before, after))
	var failed *profiler.RunError
	if errors.As(err, &failed) {
		failed.Reason += " Download the two profiles, and let go tool pprof -diff_base subtract them."
	}
	return file, err
}

// differences are the files that hold what changed between the baseline and another variant, of
// those kinds of which a reader may have both profiles. Their addresses begin with path.
func differences(path string, rep report.Report, variant string) []views.Download {
	var out []views.Download
	for _, kind := range []profiler.RunKind{profiler.Allocs, profiler.Peak, profiler.Imported} {
		d := newDifference(rep, "", variant, kind)
		before, after := rep.Profile(d.Before, kind), rep.Profile(d.After, kind)
		if before == nil || after == nil || before == after || before.URL == "" || before.Fault != "" || after.Fault != "" {
			continue
		}
		out = append(out, views.Download{Label: d.name(), URL: path + "?" + d.query(), Note: d.windows(before, after)})
	}
	return out
}

type differenceInput struct {
	Caller
	IDInput
	Before string           `query:"before" doc:"a variant: the baseline by default"`
	After  string           `query:"after" doc:"a variant: the last by default"`
	Kind   profiler.RunKind `query:"kind" enum:"allocs,peak,import" doc:"allocs by default, or import of an import"`
}

func (a *App) apiDifference(ctx context.Context, in *differenceInput) (*profileOutput, error) {
	e, runs, err := a.load(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	rep, err := a.report(in.request, e, runs)
	if err != nil {
		return nil, err
	}
	d := newDifference(rep, in.Before, in.After, in.Kind)
	file, err := a.subtract(ctx, rep, d)
	if err != nil {
		return nil, err
	}
	return newProfileOutput(d.name(), file), nil
}

// sharedDifference serves the same of a share that includes profiles.
func (a *App) sharedDifference(w http.ResponseWriter, r *http.Request) error {
	s, rep, err := a.sharedReport(r, chi.URLParam(r, "token"))
	if err != nil {
		return err
	}
	if !s.Profiles {
		return store.ErrNotFound
	}
	query := r.URL.Query()
	d := newDifference(rep, query.Get("before"), query.Get("after"), profiler.RunKind(query.Get("kind")))
	file, err := a.subtract(r.Context(), rep, d)
	if err != nil {
		return err
	}
	serveProfile(w, d.name(), file)
	return nil
}
