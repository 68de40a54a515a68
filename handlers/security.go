package handlers

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"net/netip"
	"regexp"
	"runtime/debug"
	"strings"
	"time"

	"github.com/go-chi/chi/v5"
	"github.com/go-chi/chi/v5/middleware"
)

// maxBody bounds the body of every request, in bytes.
const maxBody = 64 << 10

// contentSecurityPolicy lets a page load what this server serves, and nothing run inline.
const contentSecurityPolicy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; " +
	"connect-src 'self'; font-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"

func securityHeaders(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", contentSecurityPolicy)
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "no-referrer")
		h.Set("Cross-Origin-Opener-Policy", "same-origin")
		h.Set("Cross-Origin-Resource-Policy", "same-origin")
		next.ServeHTTP(w, r)
	})
}

// noIndex keeps shared reports out of search engines.
func noIndex(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("X-Robots-Tag", "noindex")
		next.ServeHTTP(w, r)
	})
}

// checkHost answers only under names that are known to be this server's. A page elsewhere
// whose name was made to resolve to this machine (DNS rebinding) is refused, whatever it
// asks for.
func (a *App) checkHost(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !a.knownHost(r.Host) {
			const message = "This server is not known under that name. Use localhost, or set --public-url."
			if isAPI(r) {
				writeProblem(w, http.StatusMisdirectedRequest, "Unknown host", message)
			} else {
				http.Error(w, message, http.StatusMisdirectedRequest)
			}
			return
		}
		next.ServeHTTP(w, r)
	})
}

// hostPattern takes a host apart into its name or address and its port.
var hostPattern = regexp.MustCompile(`^(?:\[([0-9a-fA-F:]+)\]|([0-9a-zA-Z.-]+))(?::[0-9]{1,5})?$`)

// knownHost knows this machine's own names, and the public one. An address cannot be made
// to resolve to anything else, so every loopback address is as good as localhost.
func (a *App) knownHost(host string) bool {
	parts := hostPattern.FindStringSubmatch(host)
	if parts == nil {
		return false
	}
	name := parts[1] + parts[2]
	if ip, err := netip.ParseAddr(name); err == nil && ip.IsLoopback() {
		return true
	}
	return strings.EqualFold(name, "localhost") || a.PublicURL != nil && strings.EqualFold(name, a.PublicURL.Hostname())
}

// checkOrigin refuses what another site has a browser send.
func (a *App) checkOrigin(next http.Handler) http.Handler {
	protection := http.NewCrossOriginProtection()
	protection.SetDenyHandler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		const message = "Another site sent this request; heaplab takes such requests from its own pages alone."
		if isAPI(r) {
			writeProblem(w, http.StatusForbidden, "Cross-origin request", message)
		} else {
			http.Error(w, message, http.StatusForbidden)
		}
	}))
	return protection.Handler(next)
}

// readBody reads the whole body of a request, which is small here, before anything is done:
// what is too large is refused by handlers too that would not have looked at it. The two routes
// that take files read their own.
func (a *App) readBody(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodPost && (r.URL.Path == importsPath || r.URL.Path == apiImportsPath) {
			next.ServeHTTP(w, r)
			return
		}
		body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
		if err != nil {
			a.showError(w, r, parseError(err))
			return
		}
		r.Body = io.NopCloser(bytes.NewReader(body))
		next.ServeHTTP(w, r)
	})
}

// recoverPanics turns a handler that crashes into an error page.
func (a *App) recoverPanics(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		defer func() {
			if v := recover(); v != nil && v != http.ErrAbortHandler {
				a.Log.Error("panic", "value", fmt.Sprint(v), "stack", string(debug.Stack()))
				a.showError(w, r, errCrashed)
			} else if v != nil {
				panic(v) // net/http cuts the connection
			}
		}()
		next.ServeHTTP(w, r)
	})
}

// logRequests logs the pattern of a route, never its address: a share's holds its token.
func (a *App) logRequests(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		start := time.Now()
		ww := middleware.NewWrapResponseWriter(w, r.ProtoMajor)
		defer func() {
			a.Log.Info("request", "method", r.Method, "route", chi.RouteContext(r.Context()).RoutePattern(),
				"status", ww.Status(), "bytes", ww.BytesWritten(), "duration", time.Since(start))
		}()
		next.ServeHTTP(ww, r)
	})
}

func isAPI(r *http.Request) bool { return strings.HasPrefix(r.URL.Path, "/api/v1/") }

func isShare(r *http.Request) bool { return strings.HasPrefix(r.URL.Path, "/s/") }
