package handlers_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/go-chi/chi/v5"
)

// routes returns the method and path of every route, with its params filled in.
func routes(t *testing.T, s *site) [][2]string {
	t.Helper()
	fill := strings.NewReplacer("{id}", "1", "{case}", "known", "{token}", "x", "{variant}", "all", "{kind}", "allocs", "{view}", "top", "{format}", "md", "*", "app.css")
	var out [][2]string
	err := chi.Walk(s.app.Routes().(chi.Routes), func(method, route string, _ http.Handler, _ ...func(http.Handler) http.Handler) error {
		out = append(out, [2]string{method, fill.Replace(route)})
		return nil
	})
	if err != nil || len(out) < 25 {
		t.Fatalf("found %d routes, %v", len(out), err)
	}
	return out
}

func TestEveryRouteRefusesOtherSites(t *testing.T) {
	s := newSite(t)
	for _, route := range routes(t, s) {
		r := s.do(route[0], route[1], "", "Sec-Fetch-Site", "cross-site", "Content-Type", "application/x-www-form-urlencoded")
		safe := route[0] == "GET" || route[0] == "HEAD" || route[0] == "OPTIONS"
		if refused := r.StatusCode == http.StatusForbidden; refused == safe {
			t.Errorf("%s %s from another site: %s", route[0], route[1], r.Status)
		}
		if r := s.do(route[0], route[1], "", "Host", "evil.example"); r.StatusCode != http.StatusMisdirectedRequest {
			t.Errorf("%s %s as evil.example: %s", route[0], route[1], r.Status)
		}
	}
}

func TestEveryRouteSendsSecurityHeaders(t *testing.T) {
	s := newSite(t)
	for _, route := range append(routes(t, s), [2]string{"GET", "/nowhere"}, [2]string{"PUT", "/"}) {
		r := s.do(route[0], route[1], "")
		for name, want := range map[string]string{
			"Content-Security-Policy":      "default-src 'none'; script-src 'self';",
			"X-Content-Type-Options":       "nosniff",
			"Referrer-Policy":              "no-referrer",
			"Cross-Origin-Opener-Policy":   "same-origin",
			"Cross-Origin-Resource-Policy": "same-origin",
		} {
			if got := r.Header.Get(name); !strings.HasPrefix(got, want) {
				t.Errorf("%s %s: %s = %q", route[0], route[1], name, got)
			}
		}
		if r.StatusCode >= 500 {
			t.Errorf("%s %s: %s", route[0], route[1], r.Status)
		}
	}
}

func TestKnownHosts(t *testing.T) {
	s := newSite(t)
	for _, host := range []string{"localhost", "LOCALHOST:1234", "127.0.0.1:80", "[::1]:9", "127.0.0.2:80"} {
		s.do("GET", "/healthz", "", "Host", host).want(t, http.StatusOK, "ok")
	}
	for _, host := range []string{"localhost.evil.example", "10.0.0.1", "0.0.0.0", "heaplab.example", "localhost:9$(id)", "localhost:80:80"} {
		s.do("GET", "/api/v1/cases", "", "Host", host).want(t, http.StatusMisdirectedRequest, "--public-url")
	}
}

func TestTokensAreNeverLogged(t *testing.T) {
	s := newSite(t)
	s.get("/s/a-secret-token").want(t, http.StatusNotFound, "")
	s.get("/s/a-secret-token/all.pb.gz").want(t, http.StatusNotFound, "")
	if log := s.log.String(); strings.Contains(log, "secret") || !strings.Contains(log, "/s/{token}") {
		t.Errorf("log: %s", log)
	}
}
