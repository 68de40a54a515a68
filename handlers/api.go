package handlers

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"reflect"
	"slices"
	"strings"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humachi"
	"github.com/go-chi/chi/v5"

	"heaplab/profiler"
	"heaplab/profiler/report"
	"heaplab/profiler/subject/builtin"
	"heaplab/profiler/words"
	"heaplab/views"
)

// mountAPI registers the JSON API. Its OpenAPI description is at /api/openapi.json, and a page for
// people at /api/docs.
func (a *App) mountAPI(r chi.Router) {
	config := huma.DefaultConfig("heaplab", a.Version)
	config.Info.Description = "Memory experiments: launch and follow them, fetch their reports and heap profiles, share them. " +
		"A report with a result is also at /experiments/{id}/report.md, .html, .txt (for benchstat), .csv and .json."
	config.OpenAPIPath = "/api/openapi"
	config.DocsPath, config.SchemasPath = "", "" // the docs page is our own: huma's loads files from a CDN
	config.CreateHooks = nil                     // no $schema member in responses
	config.Components.Schemas.RegisterTypeAlias(reflect.TypeFor[profiler.Float](), reflect.TypeFor[nullableNumber]())
	api := humachi.New(r, config)

	register(a, api, http.MethodGet, "/api/v1/cases", "List the cases with their params and variants", http.StatusOK, a.apiCases)
	register(a, api, http.MethodGet, "/api/v1/modules", "List the Go modules whose benchmarks can be launched", http.StatusOK, a.apiModules)
	register(a, api, http.MethodGet, "/api/v1/modules/benchmarks", "List the benchmarks of a module", http.StatusOK, a.apiBenchmarks)
	register(a, api, http.MethodPost, "/api/v1/experiments", "Launch an experiment of a case, or of a module's benchmarks", http.StatusCreated, a.apiLaunch)
	api.OpenAPI().Paths["/api/v1/experiments"].Post.RequestBody.Content["application/json"].Examples = launchExamples
	register(a, api, http.MethodGet, "/api/v1/experiments", "List experiments", http.StatusOK, a.apiHistory)
	register(a, api, http.MethodPost, apiImportsPath, "Import the heap profiles of two sides, or Go benchmark text, as an experiment", http.StatusCreated, a.apiImport)
	api.OpenAPI().Paths[apiImportsPath].Post.RequestBody = importBody // only for the description: the handler reads the body itself
	register(a, api, http.MethodGet, "/api/v1/experiments/{id}", "The report of an experiment", http.StatusOK, a.apiReport)
	register(a, api, http.MethodGet, "/api/v1/experiments/{id}/profiles/{variant}.pb.gz", "A heap profile, for go tool pprof", http.StatusOK, a.apiProfile)
	register(a, api, http.MethodGet, "/api/v1/experiments/{id}/profiles/diff.pb.gz", "The difference of two variants' heap profiles, over all their calls, as one profile", http.StatusOK, a.apiDifference)
	register(a, api, http.MethodPost, "/api/v1/experiments/{id}/cancel", "Cancel a queued or running experiment", http.StatusNoContent, a.apiCancel)
	register(a, api, http.MethodPost, "/api/v1/experiments/{id}/judge", "Judge an experiment again, with the noise floors of another calibration", http.StatusNoContent, a.apiJudge)
	register(a, api, http.MethodPost, "/api/v1/experiments/{id}/accept", "Let a calibration apply although the machine was busy", http.StatusNoContent, a.apiAccept)
	register(a, api, http.MethodPost, "/api/v1/experiments/{id}/rounds", "Continue an experiment that has ended, with more rounds", http.StatusAccepted, a.apiAddRounds)
	register(a, api, http.MethodPatch, "/api/v1/experiments/{id}", "Change the title, the note or the tags of an experiment", http.StatusNoContent, a.apiEdit)
	register(a, api, http.MethodDelete, "/api/v1/experiments/{id}", "Delete an experiment that has ended, with its profiles and shares", http.StatusNoContent, a.apiDelete)
	register(a, api, http.MethodPost, "/api/v1/experiments/{id}/shares", "Create a link to a report", http.StatusCreated, a.apiShare)
	register(a, api, http.MethodDelete, "/api/v1/shares/{id}", "Revoke a link", http.StatusNoContent, a.apiRevoke)

	r.Get("/api/docs", a.page(func(w http.ResponseWriter, r *http.Request) error {
		p := docsPage(api.OpenAPI())
		p.Base = a.base(r)
		return render(w, r, http.StatusOK, views.APIDocs(p))
	}))
}

// docsPage lists the operations of an OpenAPI description by path.
func docsPage(doc *huma.OpenAPI) views.APIDocsPage {
	p := views.APIDocsPage{Version: doc.Info.Version}
	for _, path := range slices.Sorted(maps.Keys(doc.Paths)) {
		item := doc.Paths[path]
		for _, op := range []*huma.Operation{item.Get, item.Post, item.Patch, item.Delete} {
			if op != nil {
				p.Operations = append(p.Operations, views.APIOperation{Method: op.Method, Path: op.Path, Summary: op.Summary})
			}
		}
	}
	return p
}

// apiErrors are the error statuses that every operation may return.
var apiErrors = []int{
	http.StatusBadRequest, http.StatusForbidden, http.StatusNotFound, http.StatusConflict, http.StatusRequestEntityTooLarge,
	http.StatusUnsupportedMediaType, http.StatusMisdirectedRequest, http.StatusUnprocessableEntity, http.StatusInternalServerError,
	http.StatusServiceUnavailable,
}

// register adds an operation. Its errors are sent as problem documents.
func register[I, O any](a *App, api huma.API, method, path, summary string, status int, handle func(context.Context, *I) (*O, error)) {
	op := huma.Operation{
		OperationID:   operationID(method, path),
		Method:        method,
		Path:          path,
		Summary:       summary,
		DefaultStatus: status,
		MaxBodyBytes:  maxBody,
		Errors:        apiErrors,
	}
	huma.Register(api, op, func(ctx context.Context, in *I) (*O, error) {
		out, err := handle(ctx, in)
		if err == nil {
			return out, nil
		}
		p := problem(err)
		if p.Status >= http.StatusInternalServerError && ctx.Err() == nil {
			a.Log.Error("request failed", "route", path, "error", err)
		}
		if p.Status == http.StatusServiceUnavailable {
			return nil, huma.ErrorWithHeaders(p, http.Header{"Retry-After": {retryAfter}})
		}
		return nil, p
	})
}

// operationID returns the name of an operation, such as post-experiments-id-shares.
func operationID(method, path string) string {
	path = strings.NewReplacer("/api/v1", "", "{", "", "}", "", ".pb.gz", "", "/", "-").Replace(path)
	return strings.ToLower(method) + path
}

// nullableNumber describes profiler.Float.
type nullableNumber struct{}

func (nullableNumber) Schema(huma.Registry) *huma.Schema {
	return &huma.Schema{Type: huma.TypeNumber, Nullable: true}
}

// A Caller is embedded in the inputs of handlers that need the HTTP request or response.
type Caller struct {
	request  *http.Request
	response http.ResponseWriter
}

func (c *Caller) Resolve(ctx huma.Context) []error {
	c.request, c.response = humachi.Unwrap(ctx)
	return nil
}

// problem returns the RFC 9457 document of an error. It lists each fault of the input with its
// location.
func problem(err error) *huma.ErrorModel {
	status, title, message := explain(err)
	model := &huma.ErrorModel{Status: status, Title: title, Detail: words.Plain(message)}
	var faults profiler.Faults
	errors.As(err, &faults)
	for _, fault := range faults {
		location := "body." + strings.Replace(fault.Field, "param.", "params.", 1)
		model.Errors = append(model.Errors, &huma.ErrorDetail{Message: words.Plain(fault.Message), Location: words.Plain(location)})
	}
	return model
}

// writeProblem writes a problem document for requests that reach no operation of the API.
func writeProblem(w http.ResponseWriter, status int, title, message string) {
	w.Header().Set("Content-Type", "application/problem+json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(huma.ErrorModel{Status: status, Title: title, Detail: message})
}

type apiCase struct {
	Name      string           `json:"name"`
	Title     string           `json:"title"`
	Technique string           `json:"technique"`
	Params    []builtin.Param  `json:"params"`
	Presets   []builtin.Preset `json:"presets"`
	Variants  []string         `json:"variants" doc:"the first is the baseline"`
}

type casesOutput struct{ Body []apiCase }

func (a *App) apiCases(context.Context, *struct{}) (*casesOutput, error) {
	out := &casesOutput{Body: []apiCase{}}
	for _, c := range a.Builtin.Cases {
		item := apiCase{Name: c.Name, Title: c.Title, Technique: c.Technique, Params: c.Params, Presets: append([]builtin.Preset{}, c.Presets...)}
		for _, v := range c.Variants {
			item.Variants = append(item.Variants, v.Name)
		}
		out.Body = append(out.Body, item)
	}
	return out, nil
}

type IDInput struct {
	ID int64 `path:"id"`
}

func (a *App) apiCancel(ctx context.Context, in *IDInput) (*struct{}, error) {
	return nil, a.Queue.Cancel(ctx, in.ID)
}

func (a *App) apiDelete(ctx context.Context, in *IDInput) (*struct{}, error) {
	return nil, a.Store.Delete(ctx, in.ID)
}

type editInput struct {
	IDInput
	Body struct {
		Title *string   `json:"title,omitempty" doc:"up to 200 bytes"`
		Note  *string   `json:"note,omitempty"`
		Tags  *[]string `json:"tags,omitempty"`
	}
}

func (a *App) apiEdit(ctx context.Context, in *editInput) (*struct{}, error) {
	return nil, a.editExperiment(ctx, in.ID, edits(in.Body))
}

type judgeInput struct {
	IDInput
	Body struct {
		Calibration int64 `json:"calibration" minimum:"0" doc:"id of a calibration under the same conditions; 0 for the default floors"`
	}
}

func (a *App) apiJudge(ctx context.Context, in *judgeInput) (*struct{}, error) {
	return nil, a.Queue.JudgeAgain(ctx, in.ID, in.Body.Calibration)
}

func (a *App) apiAccept(ctx context.Context, in *IDInput) (*struct{}, error) {
	return nil, a.Queue.Accept(ctx, in.ID)
}

type reportInput struct {
	Caller
	IDInput
	Divide string `query:"divide" enum:"count,second,profile" doc:"of an import: divide its samples by the counts that were given, by the durations that the profiles state, or by nothing. By default the counts, or the durations if they differ"`
}

type reportOutput struct{ Body report.Report }

func (a *App) apiReport(ctx context.Context, in *reportInput) (*reportOutput, error) {
	e, runs, err := a.load(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	rep, err := a.report(in.request, e, runs)
	if err == nil {
		err = a.addJoined(ctx, &rep)
	}
	return &reportOutput{Body: rep}, err
}

type profileInput struct {
	IDInput
	Variant string           `path:"variant"`
	Kind    profiler.RunKind `query:"kind" enum:"allocs,peak,import" default:"allocs"`
	Row     string           `query:"row" doc:"name of a row, such as BenchmarkDecode, if the report has profiles of several"`
	File    int              `query:"file" minimum:"0" doc:"of an import with several files on a side: the number of one of them, from 1. By default the profile is their sum"`
}

type profileOutput struct {
	ContentType  string `header:"Content-Type"`
	Disposition  string `header:"Content-Disposition"`
	CacheControl string `header:"Cache-Control"`
	Body         []byte
}

func (a *App) apiProfile(ctx context.Context, in *profileInput) (*profileOutput, error) {
	if in.File > 0 {
		file, err := a.Store.ImportedFile(ctx, in.ID, in.Variant, in.File)
		if err != nil {
			return nil, err
		}
		return newProfileOutput(fmt.Sprintf("%s-%d.pb.gz", in.Variant, in.File), file), nil
	}
	file, err := a.Store.Profile(ctx, in.ID, in.Variant, in.Kind, in.Row)
	if err != nil {
		return nil, err
	}
	return newProfileOutput(profileName(in.Variant, in.Row, in.Kind), file), nil
}

func newProfileOutput(name string, file []byte) *profileOutput {
	return &profileOutput{
		ContentType:  "application/octet-stream",
		Disposition:  disposition("attachment", name),
		CacheControl: "no-store",
		Body:         file,
	}
}
