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

	errSubtracting = errors.New("too many profiles are being subtracted")
	errUpload      = errors.New("not an upload")
	errStopping    = errors.New("the server is stopping")
)

// A badRequest is what is wrong with a request, as a sentence.
type badRequest string

func (e badRequest) Error() string { return string(e) }

// A tooLarge is by how much a request is too large, as a sentence.
type tooLarge string

func (e tooLarge) Error() string { return string(e) }

// kinds maps errors to what people are told. The first that fits holds.
var kinds = []struct {
	is      func(error) bool
	status  int
	title   string
	message string // empty: the error's own
}{
	{errIs(store.ErrNotFound), http.StatusNotFound, "Not found",
		"There is nothing at this address. It may have been deleted, or the link may be incomplete, expired or revoked."},
	{errIs(store.ErrConflict), http.StatusConflict, "Not possible now",
		"The experiment is not in a state in which that can be done: only what waits or runs can be canceled, only what has ended can be deleted, and only what has ended with a result can be shared or exported."},
	{errAs[profiler.Faults], http.StatusUnprocessableEntity, "Not accepted", ""},
	{errAs[badRequest], http.StatusBadRequest, "Not understood", ""},
	{errAs[*http.MaxBytesError], http.StatusRequestEntityTooLarge, "Too large",
		"The request is larger than 64 KiB; nothing of it was kept."},
	{errAs[tooLarge], http.StatusRequestEntityTooLarge, "Too large", ""},
	{errIs(store.ErrInvalid), http.StatusUnprocessableEntity, "Not accepted", ""},
	{errIs(errForm), http.StatusUnsupportedMediaType, "Not a form", "Send the form as application/x-www-form-urlencoded, as the pages do."},
	{errIs(errMethod), http.StatusMethodNotAllowed, "Not possible here", "This address does not take that kind of request."},
	{errIs(errBusy), http.StatusServiceUnavailable, "Too many viewers", "Too many pages follow experiments at the moment. Reload in a minute."},
	{errIs(errSubtracting), http.StatusServiceUnavailable, "Too much at once", "Other profiles are being subtracted at the moment. Try again in a minute."},
	{errAs[*profiler.RunError], http.StatusUnprocessableEntity, "Not possible with these profiles", ""},
	{errIs(errUpload), http.StatusUnsupportedMediaType, "Not an upload",
		"Send the two profiles as multipart/form-data, as curl -F does, in the parts baseline and variant."},
	{errIs(queue.ErrFull), http.StatusServiceUnavailable, "Too many imports",
		"Too many imports wait to be read at the moment. Nothing of this one was kept: send it again in a minute."},
	{errIs(errStopping), http.StatusServiceUnavailable, "The server is stopping",
		"The server is being stopped. Nothing of this import was kept: send it again once the server is back."},
}

// retryAfter is when somebody who was refused for now may try again, in seconds.
const retryAfter = "60"

func errIs(target error) func(error) bool {
	return func(err error) bool { return errors.Is(err, target) }
}

func errAs[T error](err error) bool {
	var target T
	return errors.As(err, &target)
}

// explain returns the status of an error and what a person is told about it.
func explain(err error) (status int, title, message string) {
	for _, k := range kinds {
		if !k.is(err) {
			continue
		}
		if k.message == "" {
			return k.status, k.title, err.Error()
		}
		return k.status, k.title, k.message
	}
	return http.StatusInternalServerError, "Something broke",
		"This is heaplab's fault, not yours. Nothing that was stored is lost; the server's log says what happened."
}

// refuseMethod says which methods an address takes, as RFC 9110 wants it.
func refuseMethod(w http.ResponseWriter, r *http.Request, routes chi.Routes) error {
	for _, method := range []string{http.MethodGet, http.MethodHead, http.MethodPost, http.MethodDelete} {
		asked := method
		if method == http.MethodHead { // answered wherever GET is
			asked = http.MethodGet
		}
		if routes.Match(chi.NewRouteContext(), asked, r.URL.Path) {
			w.Header().Add("Allow", method)
		}
	}
	return errMethod
}

// page adapts a handler that returns its error: it is logged, mapped and shown.
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
	if err := render(w, r, status, views.Error(p)); err != nil {
		http.Error(w, message, status)
	}
}
