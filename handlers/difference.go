package handlers

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"time"

	"github.com/go-chi/chi/v5"

	"heaplab/profiler"
	"heaplab/store"
	"heaplab/views"
)

// A difference is the profile of one variant less that of another.
type difference struct{ Before, After, Kind string }

// newDifference fills in what was not asked for: the baseline, the last variant, what they
// allocated, or what was imported of them.
func newDifference(report profiler.Report, before, after, kind string) difference {
	standard := profiler.Allocs
	if report.Source == profiler.SourceImport {
		standard = profiler.Imported
	}
	return difference{
		Before: cmp.Or(before, report.Variants[0].Name),
		After:  cmp.Or(after, report.Variants[len(report.Variants)-1].Name),
		Kind:   cmp.Or(kind, standard),
	}
}

// name is that of its file.
func (d difference) name() string {
	return fmt.Sprintf("%s-%s.%s.diff.pb.gz", d.Before, d.After, d.Kind)
}

func (d difference) query() string {
	return url.Values{"before": {d.Before}, "after": {d.After}, "kind": {d.Kind}}.Encode()
}

// windows says what its values are of: all calls of both profiles, whether these are as many or
// not.
func (d difference) windows(before, after *profiler.ProfileReport) string {
	if d.Kind == profiler.Imported {
		return fmt.Sprintf("%s less %s, each a whole process, not scaled", d.After, d.Before)
	}
	return fmt.Sprintf("%s over %d calls less %s over %d, not scaled", d.After, after.Calls, d.Before, before.Calls)
}

// maxSubtractions is how many profiles are subtracted at a time: each takes a process, which may
// need as much memory as one that reads a profile.
const maxSubtractions = 2

// subtract makes the file of a difference, which go tool pprof opens.
func (a *App) subtract(ctx context.Context, report profiler.Report, d difference) ([]byte, error) {
	before, after := report.Profile(d.Before, d.Kind), report.Profile(d.After, d.Kind)
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
		if files[i], err = a.Store.Profile(ctx, report.ID, variant, d.Kind); err != nil {
			return nil, err
		}
	}
	file, err := a.Queue.Executor.Subtract(ctx, files[0], files[1], "heaplab: "+d.Kind+" profiles, "+d.windows(before, after))
	var failed *profiler.RunError
	if errors.As(err, &failed) {
		failed.Reason += " Download the two profiles, and let go tool pprof -diff_base subtract them."
	}
	return file, err
}

// differences are the files that hold what changed between the baseline and another variant, of
// those kinds of which a reader may have both profiles. Their addresses begin with path.
func differences(path string, report profiler.Report, variant string) []views.Download {
	var out []views.Download
	for _, kind := range []string{profiler.Allocs, profiler.Peak, profiler.Imported} {
		d := newDifference(report, "", variant, kind)
		before, after := report.Profile(d.Before, kind), report.Profile(d.After, kind)
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
	Before string `query:"before" doc:"a variant: the baseline by default"`
	After  string `query:"after" doc:"a variant: the last by default"`
	Kind   string `query:"kind" enum:"allocs,peak,import" doc:"allocs by default, or import of an import"`
}

func (a *App) apiDifference(ctx context.Context, in *differenceInput) (*profileOutput, error) {
	e, runs, err := a.load(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	report, err := a.report(in.request, e, runs)
	if err != nil {
		return nil, err
	}
	d := newDifference(report, in.Before, in.After, in.Kind)
	file, err := a.subtract(ctx, report, d)
	if err != nil {
		return nil, err
	}
	return newProfileOutput(d.name(), file), nil
}

// sharedDifference serves the same of a share that includes profiles.
func (a *App) sharedDifference(w http.ResponseWriter, r *http.Request) error {
	s, err := a.Store.Shared(r.Context(), chi.URLParam(r, "token"), time.Now())
	if err != nil {
		return err
	}
	if !s.Profiles {
		return store.ErrNotFound
	}
	query := r.URL.Query()
	d := newDifference(s.Report, query.Get("before"), query.Get("after"), query.Get("kind"))
	file, err := a.subtract(r.Context(), s.Report, d)
	if err != nil {
		return err
	}
	serveProfile(w, d.name(), file)
	return nil
}
