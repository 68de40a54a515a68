// Package handlers serves heaplab over HTTP: its pages, live events and JSON API.
package handlers

import (
	"bytes"
	"log/slog"
	"net/http"
	"net/url"
	"sync/atomic"

	"github.com/a-h/templ"
	"github.com/go-chi/chi/v5"
	"github.com/go-chi/chi/v5/middleware"

	"heaplab/handlers/pprofui"
	"heaplab/profiler/listing"
	"heaplab/profiler/subject/builtin"
	"heaplab/profiler/subject/gobench"
	"heaplab/profiler/subject/imported"
	"heaplab/static"
	"heaplab/store"
	"heaplab/store/queue"
)

// An App holds what the handlers need.
type App struct {
	Store        *store.Store
	Queue        *queue.Queue
	Builtin      *builtin.Subject
	Imported     *imported.Subject
	Modules      gobench.Modules // whose benchmarks pages and the API launch
	Code         listing.Code    // of the cases
	Article      []builtin.Claim
	PublicURL    *url.URL // of the server for people; nil: taken from the request
	CommandToken string   // of heaplab exec and heaplab bench; "" if neither is taken
	MaxUpload    int64    // of an imported profile, in bytes
	MaxBinary    int64    // of a program that names the addresses of one, in bytes
	Models       string   // folder of models' files, or ""
	Version      string
	Log          *slog.Logger
	Stopping     <-chan struct{} // is closed when the server stops: event streams and waiting imports end

	streams      atomic.Int64 // open event streams
	uploading    atomic.Int64 // bytes of uploads that are on disk
	subtractions atomic.Int64 // of profiles that run now
	viewer       pprofui.Viewer
	modelTurn    turn // to read the header of a model's file
}

// Routes returns the handler of all routes.
func (a *App) Routes() http.Handler {
	r := chi.NewRouter()
	r.Use(a.logRequests, securityHeaders, a.checkHost, a.checkOrigin, a.recoverPanics, a.readBody, middleware.GetHead)
	r.NotFound(a.page(func(http.ResponseWriter, *http.Request) error { return store.ErrNotFound }))
	r.MethodNotAllowed(a.page(func(w http.ResponseWriter, req *http.Request) error { return refuseMethod(w, req, r) }))

	// For monitoring.
	r.Get("/healthz", func(w http.ResponseWriter, _ *http.Request) { w.Write([]byte("ok\n")) })
	r.Get("/readyz", a.page(a.ready))

	// Files whose content never changes: their names contain its hash.
	r.Handle("/static/*", static.Handler())

	r.Group(func(r chi.Router) {
		r.Use(compress())

		// Browse.
		r.Get("/", a.page(a.history))
		r.Get("/cases", a.page(a.cases))
		r.Get("/cases/{case}", a.page(a.showCase))
		r.Get("/article", a.page(a.article))
		r.Get("/predict", a.page(a.predict))
		r.Get("/experiments/{id}", a.page(a.experiment))
		r.Get("/experiments/{id}/profile", a.page(a.profilePage))
		r.Get("/experiments/{id}/profile.svg", a.page(a.flamePicture))
		r.Get("/experiments/{id}/shares", a.page(a.shares))
		r.Get("/compare", a.page(a.compare))
		r.Get("/compare/profile", a.page(a.compareProfiles))
		r.Get("/compare/profile.svg", a.page(a.comparedPicture))
		r.Get("/experiments/{id}/report.{format}", a.page(a.export))
		r.Get("/experiments/{id}/source", a.page(a.source))
		r.Route("/experiments/{id}/pprof/{variant}/{kind}", func(r chi.Router) {
			r.Get("/", a.page(a.pprofPage))
			r.Get("/{view}", a.page(a.pprofPage))
		})

		// Launch and edit.
		r.Get("/experiments/new", a.page(a.launchForm))
		r.Post("/experiments", a.page(a.launch))
		r.Post("/experiments/{id}/cancel", a.page(a.cancel))
		r.Post("/experiments/{id}/rounds", a.page(a.addRounds))
		r.Post("/experiments/{id}/delete", a.page(a.delete))
		r.Post("/experiments/{id}/title", a.page(a.setTitle))
		r.Post("/experiments/{id}/note", a.page(a.setNote))
		r.Post("/experiments/{id}/tags", a.page(a.setTags))
		r.Post("/experiments/{id}/pin", a.page(a.setPin))
		r.Post("/experiments/{id}/judge", a.page(a.judgeAgain))
		r.Post("/experiments/{id}/accept", a.page(a.accept))
		r.Post("/experiments/{id}/shares", a.page(a.addShare))
		r.Post("/shares/{id}/revoke", a.page(a.revokeShare))

		// Launch benchmarks of the modules that the server allows.
		r.Get("/benchmarks", a.page(a.benchmarks))
		r.Get("/benchmarks/new", a.page(a.benchmarkForm))
		r.Post("/benchmarks", a.page(a.launchBenchmark))

		// Import.
		r.Get("/imports/new", a.page(a.importForm))
		r.Post(importsPath, a.page(a.importProfiles))

		// The JSON API, and the door of heaplab exec.
		a.mountAPI(r)
		r.Post(CommandsPath, launchLocal[CommandLaunch](a))
		r.Post(BenchmarksPath, launchLocal[BenchmarkLaunch](a))
	})

	// Live events; no time-out and no compression.
	r.Get("/experiments/{id}/events", a.page(a.events))

	// Shares: read-only, for everybody with the link.
	r.Route("/s/{token}", func(r chi.Router) {
		r.Use(noIndex)
		r.Group(func(r chi.Router) {
			r.Use(compress())
			r.Get("/", a.page(a.shared))
			r.Get("/report.{format}", a.page(a.exportShared))
			r.Get("/profile", a.page(a.profilePage))
			r.Get("/profile.svg", a.page(a.flamePicture))
			r.Get("/source", a.page(a.sharedSource))
		})
		r.Get("/{variant}.pb.gz", a.page(a.sharedProfile))
		r.Get("/diff.pb.gz", a.page(a.sharedDifference))
	})
	return r
}

func (a *App) ready(w http.ResponseWriter, r *http.Request) error {
	if err := a.Store.Ping(r.Context()); err != nil {
		return err
	}
	w.Write([]byte("ready\n"))
	return nil
}

// render writes a page completely or not at all.
func render(w http.ResponseWriter, r *http.Request, status int, page templ.Component) error {
	return renderAs(w, r, status, "text/html; charset=utf-8", page)
}

// renderAs is like render for another content type.
func renderAs(w http.ResponseWriter, r *http.Request, status int, contentType string, page templ.Component) error {
	var b bytes.Buffer
	if err := page.Render(r.Context(), &b); err != nil {
		return err
	}
	w.Header().Set("Content-Type", contentType)
	w.Header().Set("Vary", "HX-Request")
	w.Header().Set("Cache-Control", cacheControl(r))
	w.WriteHeader(status)
	_, _ = w.Write(b.Bytes()) // fails only if the browser is gone
	return nil
}

// cacheControl returns the Cache-Control header of a response.
func cacheControl(r *http.Request) string {
	if isShare(r) {
		return "no-store" // so that a revoked link stops working at once
	}
	return "private, no-cache" // not no-store: the browser keeps form values when a user goes back
}

// fragment reports whether htmx requests a part of the page.
func fragment(r *http.Request) bool { return r.Header.Get("HX-Request") == "true" }

// base returns the URL of the server, without a path.
func (a *App) base(r *http.Request) string {
	if a.PublicURL != nil {
		return a.PublicURL.Scheme + "://" + a.PublicURL.Host
	}
	return "http://" + r.Host
}
