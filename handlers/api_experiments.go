package handlers

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"time"

	"heaplab/profiler"
	"heaplab/profiler/report"
	"heaplab/store"
	"heaplab/views"
)

type launchInput struct {
	Caller
	Body struct {
		Case        string         `json:"case,omitempty" doc:"name of a case; or empty, if module is set" example:"preallocation"`
		Module      string         `json:"module,omitempty" doc:"path of a module that the server allows, to measure its benchmarks" example:"example.com/words"`
		Package     string         `json:"package,omitempty" doc:"of a module: path of a package in it, such as ./json; . is the module's root" example:"./json"`
		Bench       string         `json:"bench,omitempty" doc:"of a module: the benchmarks to run, as -bench of go test" example:"^BenchmarkDecode$"`
		Versions    []string       `json:"versions,omitempty" doc:"of a module: two to eight versions of its repository. The first is the baseline. HEAD and dirty, the files of the work tree, by default"`
		Title       string         `json:"title,omitempty" doc:"of a module: title of the experiment, up to 200 bytes"`
		Kind        string         `json:"kind,omitempty" doc:"comparison (the default) or calibration; it is a sweep if sweep is set"`
		Params      map[string]any `json:"params,omitempty" doc:"values by name; a missing param takes its default"`
		Sweep       string         `json:"sweep,omitempty" doc:"a setting or param that takes several values" example:"GOGC=25,50,100,200"`
		Count       *float64       `json:"count,omitempty" doc:"measure runs of each variant; 6 by default, or 24 for a calibration"`
		Benchtime   string         `json:"benchtime,omitempty" doc:"length of a run, as in go test -benchtime, such as 20x; 500ms by default"`
		GOGC        any            `json:"gogc,omitempty" doc:"GOGC of the children: a percentage or \"off\"; 100 by default"`
		GOMEMLIMIT  string         `json:"gomemlimit,omitempty" doc:"GOMEMLIMIT of the children: a size such as 512MiB, or \"off\"; off by default"`
		GOMAXPROCS  *float64       `json:"gomaxprocs,omitempty" doc:"GOMAXPROCS of the children; by default that of the server"`
		TimeLimit   string         `json:"time_limit,omitempty" doc:"time limit of one child; 2m by default"`
		MemoryLimit string         `json:"memory_limit,omitempty" doc:"memory limit of one child, such as 512MiB; half of the machine's memory by default, at most 4GiB"`
		Note        string         `json:"note,omitempty"`
		Tags        []string       `json:"tags,omitempty"`
	}
}

type launchOutput struct {
	Location string `header:"Location"`
	Body     struct {
		ID    int64  `json:"id"`
		URL   string `json:"url" doc:"page of the experiment"`
		State string `json:"state"`
	}
}

func (a *App) apiLaunch(ctx context.Context, in *launchInput) (*launchOutput, error) {
	l, err := a.apiSubject(in)
	if err != nil {
		return nil, err
	}
	l.Kind, l.Sweep = profiler.Kind(in.Body.Kind), in.Body.Sweep
	l.Count, l.Benchtime = numberText(in.Body.Count), in.Body.Benchtime
	l.GOMEMLIMIT, l.GOMAXPROCS = in.Body.GOMEMLIMIT, numberText(in.Body.GOMAXPROCS)
	l.TimeLimit, l.MemoryLimit = in.Body.TimeLimit, in.Body.MemoryLimit
	l.Note, l.Tags = in.Body.Note, in.Body.Tags
	if in.Body.GOGC != nil {
		l.GOGC = fmt.Sprint(in.Body.GOGC)
	}
	e, err := a.Queue.Launch(ctx, l)
	var faults profiler.Faults
	if errors.As(err, &faults) && in.Body.Module != "" {
		return nil, benchmarkFaults(faults)
	}
	if err != nil {
		return nil, err
	}
	return a.launched(in.request, e), nil
}

// launched describes an experiment that was queued.
func (a *App) launched(r *http.Request, e profiler.Experiment) *launchOutput {
	out := &launchOutput{Location: fmt.Sprintf("/api/v1/experiments/%d", e.ID)}
	out.Body.ID, out.Body.State = e.ID, string(e.State)
	out.Body.URL = fmt.Sprintf("%s/experiments/%d", a.base(r), e.ID)
	return out
}

// numberText writes a number, or "" for nil.
func numberText(n *float64) string {
	if n == nil {
		return ""
	}
	return strconv.FormatFloat(*n, 'f', -1, 64)
}

type historyInput struct {
	Caller
	Source string `query:"source" doc:"kind of subject, such as case, import or command"`
	Kind   string `query:"kind" enum:"comparison,sweep,calibration"`
	Case   string `query:"case" doc:"name of a case; or import, or command"`
	State  string `query:"state" enum:"queued,running,done,failed,canceled,interrupted"`
	Tag    string `query:"tag"`
	Q      string `query:"q" doc:"part of the subject, the title, a label as k=v, the note or a tag; or #id"`
	Sort   string `query:"sort" enum:"newest,oldest" default:"newest" doc:"newest lists pinned experiments first"`
	Cursor string `query:"cursor" doc:"next of the previous page"`
	Limit  int    `query:"limit" minimum:"1" maximum:"100" default:"25"`
}

type apiItem struct {
	ID          int64               `json:"id"`
	URL         string              `json:"url"`
	Subject     string              `json:"subject"`
	Source      string              `json:"source" doc:"kind of subject, such as case, import or command"`
	Kind        profiler.Kind       `json:"kind"`
	Case        string              `json:"case"`
	Title       string              `json:"title"`
	Params      profiler.Params     `json:"params"`
	Labels      map[string]string   `json:"labels"`
	Sweep       *profiler.Sweep     `json:"sweep,omitempty"`
	State       profiler.State      `json:"state"`
	Error       string              `json:"error,omitempty"`
	Damaged     bool                `json:"damaged,omitempty" doc:"it cannot be read, and error says why: it can only be deleted"`
	Note        string              `json:"note,omitempty"`
	Tags        []string            `json:"tags"`
	Pinned      bool                `json:"pinned"`
	Created     time.Time           `json:"created"`
	Finished    time.Time           `json:"finished,omitzero"`
	Verdict     report.Verdict      `json:"verdict,omitempty" doc:"of the primary metrics together"`
	Headline    string              `json:"headline,omitempty" doc:"of the conclusion"`
	Comparisons []report.Comparison `json:"comparisons" doc:"of the primary metrics, for the best variant or else the last"`
}

type historyOutput struct {
	Body struct {
		Items []apiItem `json:"items"`
		Next  string    `json:"next" doc:"cursor of the next page; empty on the last"`
	}
}

func (a *App) apiHistory(ctx context.Context, in *historyInput) (*historyOutput, error) {
	out := &historyOutput{}
	out.Body.Items = []apiItem{}
	wanted := profiler.Design{Subject: cmp.Or(a.subjectOf(in.Case), in.Source)}
	if in.Source != "" && wanted.Kind() != in.Source { // no case has that source
		return out, nil
	}
	page, err := a.Store.History(ctx, store.Filter{
		Subject: wanted.Subject, Kind: profiler.Kind(in.Kind), State: profiler.State(in.State), Tag: in.Tag, Query: in.Q, Sort: in.Sort, Cursor: in.Cursor, Limit: in.Limit,
	})
	if err != nil {
		return nil, err
	}
	items, err := a.items(ctx, page.Experiments)
	if err != nil {
		return nil, err
	}
	out.Body.Next = page.Next
	for _, item := range items {
		out.Body.Items = append(out.Body.Items, newAPIItem(a.base(in.request), item))
	}
	return out, nil
}

func newAPIItem(base string, item views.HistoryItem) apiItem {
	e := item.Experiment
	return apiItem{
		ID:          e.ID,
		URL:         fmt.Sprintf("%s/experiments/%d", base, e.ID),
		Subject:     e.Design.Subject,
		Source:      e.Design.Kind(),
		Kind:        e.Kind,
		Case:        cmp.Or(e.Design.Case(), e.Design.Subject),
		Title:       e.Design.Title,
		Params:      orEmpty(e.Design.Params),
		Labels:      orEmpty(e.Design.Labels),
		Sweep:       e.Sweep,
		State:       e.State,
		Error:       cmp.Or(e.Damaged, e.Reason),
		Damaged:     e.Damaged != "",
		Note:        e.Note,
		Tags:        append([]string{}, e.Tags...),
		Pinned:      e.Pinned,
		Created:     e.Created,
		Finished:    e.Finished,
		Verdict:     item.Conclusion.Verdict,
		Headline:    item.Conclusion.Headline,
		Comparisons: append([]report.Comparison{}, item.Comparisons...),
	}
}

type shareInput struct {
	Caller
	IDInput
	Body struct {
		ExpiresIn       string `json:"expires_in,omitempty" doc:"a duration; 720h by default"`
		IncludeProfiles bool   `json:"include_profiles,omitempty" doc:"everybody with the link may download the profiles"`
	}
}

type shareOutput struct {
	Body struct {
		ID      int64     `json:"id" doc:"of the share, to revoke it"`
		URL     string    `json:"url" doc:"the link"`
		Token   string    `json:"token" doc:"shown only now: the server stores only its hash"`
		Expires time.Time `json:"expires_at"`
	}
}

func (a *App) apiShare(ctx context.Context, in *shareInput) (*shareOutput, error) {
	share, token, link, err := a.share(in.request, in.ID, in.Body.ExpiresIn, in.Body.IncludeProfiles)
	if err != nil {
		return nil, err
	}
	out := &shareOutput{}
	out.Body.ID, out.Body.URL, out.Body.Token, out.Body.Expires = share.ID, link, token, share.Expires
	return out, nil
}

func (a *App) apiRevoke(ctx context.Context, in *IDInput) (*struct{}, error) {
	_, err := a.Store.Revoke(ctx, in.ID, time.Now())
	return nil, err
}

// orEmpty returns an empty map instead of nil, which JSON would write as null.
func orEmpty[M ~map[string]V, V any](m M) M {
	if m == nil {
		return M{}
	}
	return m
}
