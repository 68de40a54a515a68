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
	"heaplab/profiler/heap"
	"heaplab/profiler/report"
	"heaplab/store"
	"heaplab/views"
)

// A difference names a profile of one variant minus the profile of another.
type difference struct {
	Before, After string
	Kind          profiler.RunKind
	Row           string // "" if there is only one
}

// newDifference returns a difference. The defaults are the baseline, the variant that the report shows, and the
// allocs profiles; or the imported profiles of an import.
func newDifference(rep report.Report, before, after string, kind profiler.RunKind) difference {
	standard := profiler.Allocs
	if !rep.Measured() {
		standard = profiler.Imported
	}
	return difference{
		Before: cmp.Or(before, rep.Variants[0].Name),
		After:  cmp.Or(after, report.Chosen(rep, "")),
		Kind:   cmp.Or(kind, standard),
		Row:    rep.Row,
	}
}

// name returns the name of its file.
func (d difference) name() string {
	if d.Row != "" {
		return fmt.Sprintf("%s-%s.%s.%s.diff.pb.gz", d.Before, d.After, d.Row, d.Kind)
	}
	return fmt.Sprintf("%s-%s.%s.diff.pb.gz", d.Before, d.After, d.Kind)
}

func (d difference) query() string {
	return url.Values{"before": {d.Before}, "after": {d.After}, "kind": {string(d.Kind)}}.Encode() + rowQuery(d.Row)
}

// windows says what the values span: all calls of both profiles, even if their numbers differ.
func (d difference) windows(before, after *report.ProfileReport) string {
	if d.Kind == profiler.Imported {
		if before.Merged > 1 || after.Merged > 1 {
			return fmt.Sprintf("%s, the sum of %d, minus %s, the sum of %d, not scaled", d.After, max(after.Merged, 1), d.Before, max(before.Merged, 1))
		}
		return fmt.Sprintf("%s minus %s, each of a whole process, not scaled", d.After, d.Before)
	}
	return fmt.Sprintf("%s over %d calls minus %s over %d, not scaled", d.After, after.Calls, d.Before, before.Calls)
}

// maxSubtractions limits the subtractions that run at the same time: each is a process that may
// need as much memory as one that reads a profile.
const maxSubtractions = 2

// subtract returns the file of a difference, for go tool pprof.
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
		if files[i], err = a.Store.Profile(ctx, rep.ID, variant, d.Kind, d.Row); err != nil {
			return nil, err
		}
	}
	file, err := a.Queue.Executor.Subtract(ctx, files[0], files[1], "heaplab: "+string(d.Kind)+" profiles, "+d.windows(before, after))
	var fault heap.Fault
	var failed *profiler.RunError
	switch {
	case errors.As(err, &fault):
		err = &profiler.RunError{Reason: "One of the two profiles " + fault.Error() + "."}
	case errors.As(err, &failed):
		failed.Reason += " Download the two profiles, and subtract them with go tool pprof -diff_base."
	}
	return file, err
}

// differences returns the differences between the baseline and a variant, for each kind of profile
// that the reader may download. Their addresses begin with path.
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
	After  string           `query:"after" doc:"a variant; by default the one that the report shows"`
	Kind   profiler.RunKind `query:"kind" enum:"allocs,peak,import" doc:"allocs by default, or import of an import"`
	Row    string           `query:"row" doc:"name of a row, such as BenchmarkDecode, if the report has profiles of several"`
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
	rep = atRow(in.request, rep)
	d := newDifference(rep, in.Before, in.After, in.Kind)
	file, err := a.subtract(ctx, rep, d)
	if err != nil {
		return nil, err
	}
	return newProfileOutput(d.name(), file), nil
}

// sharedDifference serves a difference of a share that includes profiles.
func (a *App) sharedDifference(w http.ResponseWriter, r *http.Request) error {
	s, rep, err := a.sharedReport(r, chi.URLParam(r, "token"))
	if err != nil {
		return err
	}
	if !s.Profiles {
		return store.ErrNotFound
	}
	query := r.URL.Query()
	rep = atRow(r, rep)
	d := newDifference(rep, query.Get("before"), query.Get("after"), profiler.RunKind(query.Get("kind")))
	file, err := a.subtract(r.Context(), rep, d)
	if err != nil {
		return err
	}
	serveProfile(w, d.name(), file)
	return nil
}
