package handlers

import (
	"errors"
	"net/http"

	"github.com/go-chi/chi/v5"

	"heaplab/profiler"
	"heaplab/store"
	"heaplab/store/queue"
	"heaplab/views"
)

var (
	errMethod  = errors.New("method not allowed")
	errForm    = errors.New("not a form")
	errBusy    = errors.New("too many viewers")
	errCrashed = errors.New("handler panicked")
	errModule  = errors.New("module not allowed")

	errSubtracting = errors.New("too many profiles are being subtracted")
	errUpload      = errors.New("not an upload")
	errStopping    = errors.New("the server is stopping")
)

// A badRequest says in a sentence what is wrong with a request.
type badRequest string

func (e badRequest) Error() string { return string(e) }

// A tooLarge says in a sentence which limit a request exceeds.
type tooLarge string

func (e tooLarge) Error() string { return string(e) }

// kinds maps errors to statuses and texts. The first match applies.
var kinds = []struct {
	is      func(error) bool
	status  int
	title   string
	message string // "" for the error's own text
}{
	{errIs(store.ErrNotFound), http.StatusNotFound, "Not found",
		"There is nothing at this address. It was deleted, or the link is incomplete, expired or revoked."},
	{errIs(store.ErrConflict), http.StatusConflict, "Not possible now",
		"The state of the experiment does not allow this. You can cancel an experiment until it ends, delete it or judge it again once it has ended, and share or export it if it has a result."},
	{errAs[queue.Refusal], http.StatusConflict, "Not continued", ""},
	{errAs[profiler.Faults], http.StatusUnprocessableEntity, "Not accepted", ""},
	{errIs(store.ErrDamaged), http.StatusInternalServerError, damagedTitle,
		"This is damaged in the database and cannot be read. Create it again, or restore a backup."},
	{store.Corrupt, http.StatusInternalServerError, damagedTitle,
		"A part of the database is damaged: stop heaplab, and restore a backup."},
	{errAs[badRequest], http.StatusBadRequest, "Not understood", ""},
	{errAs[tooLarge], http.StatusRequestEntityTooLarge, "Too large", ""},
	{errIs(store.ErrInvalid), http.StatusUnprocessableEntity, "Not accepted", ""},
	{errIs(errForm), http.StatusUnsupportedMediaType, "Not a form", "Send the form as application/x-www-form-urlencoded, as the pages do."},
	{errIs(errModule), http.StatusNotFound, "Not allowed here",
		"This server does not launch benchmarks of that module. To allow a module, start heaplab with --module and its folder."},
	{errIs(errMethod), http.StatusMethodNotAllowed, "Not possible here", "This address does not accept this method."},
	{errIs(errBusy), http.StatusServiceUnavailable, "Too many viewers", "Too many pages are following experiments. Reload in a minute."},
	{errIs(errSubtracting), http.StatusServiceUnavailable, "Too many requests", "The server is busy with other profiles. Try again in a minute."},
	{errAs[*profiler.RunError], http.StatusUnprocessableEntity, "Not possible with these profiles", ""},
	{errIs(errUpload), http.StatusUnsupportedMediaType, "Not an upload",
		"Send the profiles as multipart/form-data, as curl -F does, in the fields baseline and variant."},
	{errIs(queue.ErrFull), http.StatusServiceUnavailable, "Too many imports",
		"Too many imports are waiting. Nothing of this one was stored: send it again in a minute."},
	{errIs(errStopping), http.StatusServiceUnavailable, "The server is stopping",
		"The server is stopping. Nothing of this import was stored: send it again when the server is back."},
}

const damagedTitle = "Damaged"

// retryAfter is the Retry-After header of a 503, in seconds.
const retryAfter = "60"

func errIs(target error) func(error) bool {
	return func(err error) bool { return errors.Is(err, target) }
}

func errAs[T error](err error) bool {
	var target T
	return errors.As(err, &target)
}

// explain returns the status, title and text of an error for people.
func explain(err error) (status int, title, message string) {
	if damage := new(store.Damage); errors.As(err, &damage) {
		return http.StatusInternalServerError, damagedTitle, damage.Sentence() + " Delete it, or restore a backup."
	}
	for _, k := range kinds {
		if !k.is(err) {
			continue
		}
		if k.message == "" {
			return k.status, k.title, err.Error()
		}
		return k.status, k.title, k.message
	}
	return http.StatusInternalServerError, "Internal error",
		"This is a fault in heaplab, not in your request. No stored data was lost. The server's log has the details."
}

// refuseMethod sets the Allow header, which RFC 9110 requires of a 405, and returns errMethod.
func refuseMethod(w http.ResponseWriter, r *http.Request, routes chi.Routes) error {
	for _, method := range []string{http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPatch, http.MethodDelete} {
		asked := method
		if method == http.MethodHead { // every GET route answers it
			asked = http.MethodGet
		}
		if routes.Match(chi.NewRouteContext(), asked, r.URL.Path) {
			w.Header().Add("Allow", method)
		}
	}
	return errMethod
}

// page returns the http.HandlerFunc of a handler that returns an error. It logs the error and shows
// it as a page.
func (a *App) page(handle func(http.ResponseWriter, *http.Request) error) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		err := handle(w, r)
		if err == nil || r.Context().Err() != nil {
			return
		}
		a.showError(w, r, err)
	}
}

func (a *App) showError(w http.ResponseWriter, r *http.Request, err error) {
	status, title, message := explain(err)
	if status >= http.StatusInternalServerError {
		a.Log.Error("request failed", "route", chi.RouteContext(r.Context()).RoutePattern(), "error", err)
	}
	if status == http.StatusServiceUnavailable {
		w.Header().Set("Retry-After", retryAfter)
	}
	if isAPI(r) {
		writeProblem(w, status, title, message)
		return
	}
	shared := isShare(r)
	p := views.ErrorPage{Status: status, Title: title, Message: message, ReadOnly: shared}
	if !shared {
		p.Next, p.NextURL = "Go to the experiments", "/"
	}
	if damage := new(store.Damage); !shared && errors.As(err, &damage) {
		p.Damaged = damage.Experiment
	}
	if err := render(w, r, status, views.Error(p)); err != nil {
		http.Error(w, message, status)
	}
}
