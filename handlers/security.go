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

// maxBody limits the body of a request, in bytes.
const maxBody = 64 << 10

// contentSecurityPolicy allows a page to load only files of this server, and no inline scripts or
// styles.
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

// checkHost refuses requests for hosts other than this server's. It protects against DNS rebinding:
// another site whose name resolves to this machine.
func (a *App) checkHost(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !a.knownHost(r.Host) {
			const message = "This server does not have that name. Use localhost, or set --public-url."
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

// hostPattern matches a host. Its groups are an IPv6 address, and a name or IPv4 address.
var hostPattern = regexp.MustCompile(`^(?:\[([0-9a-fA-F:]+)\]|([0-9a-zA-Z.-]+))(?::[0-9]{1,5})?$`)

// knownHost reports whether host is localhost, a loopback address or the public host. Loopback
// addresses are safe, because DNS does not resolve addresses.
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

// checkOrigin refuses requests that another site makes a browser send.
func (a *App) checkOrigin(next http.Handler) http.Handler {
	protection := http.NewCrossOriginProtection()
	protection.SetDenyHandler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		const message = "Another site sent this request. heaplab accepts such requests only from its own pages."
		if isAPI(r) {
			writeProblem(w, http.StatusForbidden, "Cross-origin request", message)
		} else {
			http.Error(w, message, http.StatusForbidden)
		}
	}))
	return protection.Handler(next)
}

// readBody reads the whole body before a handler runs, so that a body that is too large is refused
// even if its handler ignores the body. The two routes of imports read their own.
func (a *App) readBody(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodPost && (r.URL.Path == importsPath || r.URL.Path == apiImportsPath) {
			next.ServeHTTP(w, r)
			return
		}
		limit := int64(maxBody)
		if IsLocal(r.URL.Path) && a.hasCommandToken(r) {
			limit = MaxCommandBody
		}
		body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, limit))
		if err != nil {
			a.showError(w, r, parseError(err))
			return
		}
		r.Body = io.NopCloser(bytes.NewReader(body))
		next.ServeHTTP(w, r)
	})
}

// recoverPanics shows an error page if a handler panics.
func (a *App) recoverPanics(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		defer func() {
			if v := recover(); v != nil && v != http.ErrAbortHandler {
				a.Log.Error("panic", "value", fmt.Sprint(v), "stack", string(debug.Stack()))
				a.showError(w, r, errCrashed)
			} else if v != nil {
				panic(v) // net/http closes the connection
			}
		}()
		next.ServeHTTP(w, r)
	})
}

// logRequests logs the pattern of a route instead of its address, because the address of a share
// contains its token.
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
