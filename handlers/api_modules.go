package handlers

import (
	"context"
	"slices"
	"strconv"

	"github.com/danielgtaylor/huma/v2"

	"heaplab/profiler"
	"heaplab/profiler/subject"
	"heaplab/profiler/subject/gobench"
	"heaplab/store/queue"
)

type apiModule struct {
	Module     string `json:"module" doc:"path of the module, as its go.mod has it" example:"example.com/words"`
	Benchmarks int    `json:"benchmarks" doc:"number of benchmarks that were found so far"`
	Reading    bool   `json:"reading" doc:"the files of the module are being read"`
}

type modulesOutput struct{ Body []apiModule }

func (a *App) apiModules(ctx context.Context, _ *struct{}) (*modulesOutput, error) {
	out := &modulesOutput{Body: []apiModule{}}
	for _, m := range a.Modules {
		list := benchmarksOf(ctx, m)
		out.Body = append(out.Body, apiModule{Module: m.Path, Benchmarks: len(list.Benchmarks), Reading: list.Reading})
	}
	return out, nil
}

type benchmarksInput struct {
	Module string `query:"module" required:"true" doc:"path of a module that the server allows" example:"example.com/words"`
	Q      string `query:"q" doc:"words that the package or the name contains, in any case"`
	Cursor string `query:"cursor" doc:"next of the previous page"`
	Limit  int    `query:"limit" minimum:"1" maximum:"1000" default:"100"`
}

type benchmarksOutput struct {
	Body struct {
		Items   []gobench.Benchmark `json:"items" doc:"sorted by package and name"`
		Total   int                 `json:"total" doc:"number of benchmarks that match"`
		Next    string              `json:"next" doc:"cursor of the next page; empty on the last"`
		Reading bool                `json:"reading" doc:"the files are being read, so the list can be incomplete"`
		Fault   string              `json:"fault,omitempty" doc:"why the list is incomplete"`
	}
}

func (a *App) apiBenchmarks(ctx context.Context, in *benchmarksInput) (*benchmarksOutput, error) {
	m, err := a.module(in.Module)
	if err != nil {
		return nil, err
	}
	list := benchmarksOf(ctx, m)
	found := list.Search(in.Q)
	first := 0
	if in.Cursor != "" {
		if first, err = strconv.Atoi(in.Cursor); err != nil || first < 0 {
			return nil, profiler.Faults{{Field: "cursor", Message: "must be next of a previous page"}}
		}
	}
	first = min(first, len(found))
	last := min(first+in.Limit, len(found))
	out := &benchmarksOutput{}
	out.Body.Items = append([]gobench.Benchmark{}, found[first:last]...)
	out.Body.Total, out.Body.Reading, out.Body.Fault = len(found), list.Reading, list.Fault
	if last < len(found) {
		out.Body.Next = strconv.Itoa(last)
	}
	return out, nil
}

// apiSubject returns the part of a launch that says what is measured.
func (a *App) apiSubject(in *launchInput) (queue.Launch, error) {
	body := &in.Body
	fault := func(field, message string) (queue.Launch, error) {
		return queue.Launch{}, profiler.Faults{{Field: field, Message: message}}
	}
	if body.Module == "" {
		switch {
		case body.Case == "":
			return fault("case", "must be the name of a case, unless module is set")
		case body.Package != "" || body.Bench != "" || len(body.Versions) > 0 || body.Title != "":
			return fault("module", "must be set for a package, benchmarks, versions or a title: a case has none")
		}
		return queue.Launch{Subject: profiler.CaseSubject(body.Case), Params: body.Params}, nil
	}
	m := a.Modules.Find(body.Module)
	switch {
	case m == nil:
		return fault("module", "this server does not allow that module: start it with --module and the folder of the module")
	case body.Case != "":
		return fault("case", "must be empty if module is set")
	case len(body.Params) > 0:
		return fault("params", "must be empty if module is set: benchmarks have no params")
	case len(body.Versions) == 0:
		body.Versions = []string{gobench.Head, gobench.Dirty}
	}
	l := moduleLaunch(m, body.Package, body.Bench, body.Versions)
	l.Title = body.Title
	return l, nil
}

// launchExamples are bodies of launches for the description of the API.
var launchExamples = map[string]*huma.Example{
	"case": {
		Summary: "A case with one of its params changed",
		Value:   map[string]any{"case": "preallocation", "params": map[string]any{"filters": 8}},
	},
	"benchmark": {
		Summary: "A benchmark of the work tree against the last commit",
		Value: map[string]any{
			"module": "example.com/words", "package": "./json", "bench": "^BenchmarkDecode$", "versions": []string{gobench.Head, gobench.Dirty},
		},
	},
	"branch": {
		Summary: "All benchmarks of a package, of a branch against its merge base with main",
		Value: map[string]any{
			"module": "example.com/words", "package": "./json", "bench": ".", "versions": []string{gobench.MergeBase("main"), gobench.Head},
		},
	},
}

// benchmarkFaults names the fields of a launch by the API.
func benchmarkFaults(faults profiler.Faults) profiler.Faults {
	out := slices.Clone(faults)
	for i, f := range out {
		switch f.Field {
		case "param." + gobench.ParamDir:
			out[i].Field = fieldModule
		case "param." + gobench.ParamPackage:
			out[i].Field = "package"
		case "param." + gobench.ParamBench:
			out[i].Field = "bench"
		}
		for n, name := range subject.Variants(gobench.MaxVersions + 1) {
			if f.Field == "param."+name {
				out[i].Field = "versions[" + strconv.Itoa(n) + "]"
			}
		}
	}
	return out
}
