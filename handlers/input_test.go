package handlers_test

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
)

// Each fault has its location, and nothing is stored or started.
func TestAPIRefusesBadInput(t *testing.T) {
	s := newSite(t)
	const path = "/api/v1/experiments"
	for _, test := range []struct {
		name, method, path, body string
		status                   int
		text                     string
	}{
		{"unknown case", "POST", path, `{"case":"magic"}`, 422, `"location":"body.case"`},
		{"no case", "POST", path, `{}`, 422, "case"},
		{"unknown param", "POST", path, `{"case":"known","params":{"size":1}}`, 422, `"location":"body.params.size"`},
		{"out of range", "POST", path, `{"case":"known","params":{"blocks":-1}}`, 422, "2 to 1024"},
		{"not finite", "POST", path, `{"case":"known","params":{"share":"NaN"}}`, 422, `"location":"body.params.share"`},
		{"not finite in JSON", "POST", path, `{"case":"known","params":{"share":1e999}}`, 400, "detail"},
		{"count", "POST", path, `{"case":"known","count":0}`, 422, `"location":"body.count"`},
		{"fraction of a round", "POST", path, `{"case":"known","count":6.5}`, 422, `"location":"body.count"`},
		{"too long", "POST", path, `{"case":"known","benchtime":"1000000x"}`, 422, "2m0s"},
		{"benchtime", "POST", path, `{"case":"known","benchtime":"-exec=sh"}`, 422, `"location":"body.benchtime"`},
		{"GOMEMLIMIT", "POST", path, `{"case":"known","gomemlimit":"lots"}`, 422, `"location":"body.gomemlimit"`},
		{"GOMAXPROCS", "POST", path, `{"case":"known","gomaxprocs":0}`, 422, `"location":"body.gomaxprocs"`},
		{"time limit", "POST", path, `{"case":"known","time_limit":"31m"}`, 422, `"location":"body.time_limit"`},
		{"memory limit", "POST", path, `{"case":"known","memory_limit":"1MiB"}`, 422, `"location":"body.memory_limit"`},
		{"memory limit over the machine's", "POST", path, `{"case":"known","memory_limit":"9999TiB"}`, 422, `"location":"body.memory_limit"`},
		{"unknown kind of experiment", "POST", path, `{"case":"known","kind":"party"}`, 422, `"location":"body.kind"`},
		{"sweep over nothing known", "POST", path, `{"case":"known","sweep":"size=1,2"}`, 422, "blocks, share, order"},
		{"sweep of one value", "POST", path, `{"case":"known","sweep":"GOGC=100"}`, 422, "2 to 8 values"},
		{"sweep over a bad value", "POST", path, `{"case":"known","sweep":"GOGC=100,often"}`, 422, "GOGC=often: "},
		{"sweep over too much", "POST", path, `{"case":"known","sweep":"blocks=2,1024"}`, 422, "limit of"},
		{"sweep without a form", "POST", path, `{"case":"known","sweep":"GOGC"}`, 422, `"location":"body.sweep"`},
		{"sweep of a comparison", "POST", path, `{"case":"known","kind":"comparison","sweep":"GOGC=50,100"}`, 422, `"location":"body.sweep"`},
		{"few rounds of a calibration", "POST", path, `{"case":"known","kind":"calibration","count":5}`, 422, `"location":"body.count"`},
		{"sweep of a calibration", "POST", path, `{"case":"known","kind":"calibration","sweep":"GOGC=50,100"}`, 422, `"location":"body.sweep"`},
		{"memory", "POST", path, `{"case":"known","params":{"blocks":1024}}`, 422, "limit of"},
		{"unknown member", "POST", path, `{"case":"known","color":"red"}`, 422, "color"},
		{"no JSON", "POST", path, `case=known`, 400, "detail"},
		{"large", "POST", path, `{"case":"` + strings.Repeat("x", 65<<10) + `"}`, 413, "detail"},
		{"unknown id", "GET", path + "/99", "", 404, "detail"},
		{"id in words", "GET", path + "/x", "", 422, "detail"},
		{"unknown profile", "GET", path + "/99/profiles/all.pb.gz", "", 404, "detail"},
		{"unknown kind", "GET", path + "/99/profiles/all.pb.gz?kind=cpu", "", 422, "detail"},
		{"cancel unknown", "POST", path + "/99/cancel", "", 404, "detail"},
		{"rounds of unknown", "POST", path + "/99/rounds", `{"rounds":1}`, 404, "detail"},
		{"delete unknown", "DELETE", path + "/99", "", 404, "detail"},
		{"share unknown", "POST", path + "/99/shares", `{}`, 404, "detail"},
		{"share for how long", "POST", path + "/99/shares", `{"expires_in":"forever"}`, 422, "expires_in"},
		{"revoke unknown", "DELETE", "/api/v1/shares/99", "", 404, "detail"},
		{"limit", "GET", path + "?limit=1000", "", 422, "detail"},
		{"cursor", "GET", path + "?cursor=x", "", 422, "cursor"},
		{"no such address", "GET", "/api/v1/nothing", "", 404, "detail"},
		{"no such method", "PUT", path, "", 405, "detail"},
	} {
		t.Run(test.name, func(t *testing.T) {
			r := s.do(test.method, test.path, test.body, "Content-Type", "application/json")
			r.want(t, test.status, test.text)
			if got := r.Header.Get("Content-Type"); got != "application/problem+json" {
				t.Errorf("content type = %q", got)
			}
		})
	}
	s.get(path).want(t, http.StatusOK, `"items":[]`)
}

func TestPagesRefuseBadInput(t *testing.T) {
	s := newSite(t)
	for _, test := range []struct {
		method, path string
		values       url.Values
		status       int
		text         string
	}{
		{"GET", "/experiments/99", nil, 404, "Not found"},
		{"GET", "/experiments/x", nil, 404, "Not found"},
		{"GET", "/experiments/99/events", nil, 404, ""},
		{"GET", "/experiments/99/shares", nil, 404, ""},
		{"GET", "/cases/magic", nil, 404, ""},
		{"GET", "/experiments/new?case=magic", nil, 404, ""},
		{"GET", "/experiments/new?from=99", nil, 404, ""},
		{"GET", "/experiments/new?case=known&count=0", nil, 200, "1 to 100"},
		{"GET", "/?cursor=x", nil, 422, "cursor"},
		{"GET", "/?state=strange&case=magic&sort=up", nil, 200, ""},
		{"POST", "/experiments", url.Values{"case": {"magic"}}, 422, "magic"},
		{"POST", "/experiments", url.Values{"case": {"known"}, "param.blocks": {"1"}}, 422, "2 to 1024"},
		{"POST", "/experiments", url.Values{"case": {"known"}, "over": {"gogc"}, "values": {"50"}}, 422, `href="#f-values"`},
		{"POST", "/experiments", url.Values{"case": {"known"}, "values": {"50, 100"}}, 422, `href="#f-over"`},
		{"POST", "/experiments", url.Values{"case": {"known"}, "over": {"<b>"}, "values": {"1,2"}}, 422, "blocks, share, order"},
		{"POST", "/experiments", url.Values{"case": {"known"}, "memory_limit": {"x"}}, 422, `id="f-memory_limit-fault"`},
		{"POST", "/experiments", url.Values{"case": {"known"}, "note": {strings.Repeat("x", 65<<10)}}, 413, "64 KiB"},
		{"POST", "/experiments/99/cancel", nil, 404, ""},
		{"POST", "/experiments/99/rounds", url.Values{"rounds": {"1"}}, 404, ""},
		{"POST", "/experiments/99/delete", nil, 404, ""},
		{"POST", "/experiments/99/note", url.Values{"note": {"x"}}, 404, ""},
		{"POST", "/experiments/99/tags", url.Values{"tags": {"<b>"}}, 422, "&lt;b&gt;"},
		{"POST", "/experiments/99/pin", nil, 404, ""},
		{"POST", "/experiments/99/shares", nil, 404, ""},
		{"POST", "/shares/99/revoke", nil, 404, ""},
		{"GET", "/s/unknown", nil, 404, "expired or revoked"},
		{"GET", "/s/unknown/all.pb.gz", nil, 404, ""},
		{"GET", "/static/nothing.css", nil, 404, ""},
		{"GET", "/%2e%2e/etc/passwd", nil, 404, ""},
	} {
		t.Run(test.method+" "+test.path, func(t *testing.T) {
			if test.method == "GET" {
				s.get(test.path).want(t, test.status, test.text)
			} else {
				s.postForm(test.path, test.values).want(t, test.status, test.text)
			}
		})
	}
	s.get("/api/v1/experiments").want(t, http.StatusOK, `"items":[]`)
}

// Handlers that ignore the body also refuse a body that is too large.
func TestLargeBodiesAreRefused(t *testing.T) {
	s := newSite(t)
	s.postJSON("/api/v1/experiments", quick).want(t, http.StatusCreated, "")
	large := url.Values{"x": {strings.Repeat("x", 65<<10)}}
	s.postForm("/experiments/1/cancel", large).want(t, http.StatusRequestEntityTooLarge, "64 KiB")
	s.do("POST", "/api/v1/experiments/1/cancel", large.Encode()).want(t, http.StatusRequestEntityTooLarge, "detail")
	s.get("/api/v1/experiments/1").want(t, http.StatusOK, `"state":"queued"`)
}

func TestMethods(t *testing.T) {
	s := newSite(t)
	for _, path := range []string{"/", "/healthz", "/cases/known"} {
		if r := s.do("HEAD", path, ""); r.StatusCode != http.StatusOK || r.body != "" {
			t.Errorf("HEAD %s: %s with %q", path, r.Status, r.body)
		}
	}
	r := s.do("PUT", "/experiments/1/cancel", "")
	r.want(t, http.StatusMethodNotAllowed, "")
	if allow := r.Header.Values("Allow"); len(allow) != 1 || allow[0] != "POST" {
		t.Errorf("Allow: %q", allow)
	}
}

// A refused form keeps everything that was typed.
func TestRefusedFormKeepsItsValues(t *testing.T) {
	s := newSite(t)
	r := s.postForm("/experiments", url.Values{
		"case": {"known"}, "param.blocks": {"7000"}, "param.order": {"down"}, "count": {"x"}, "note": {`my "note" <b>`}, "tags": {"red blue"},
	})
	for _, text := range []string{`value="7000"`, `value="x"`, `my &#34;note&#34; &lt;b&gt;`, "red blue", `id="f-count-fault"`} {
		r.want(t, http.StatusUnprocessableEntity, text)
	}
}

func TestCloneKeepsTheTimeLimit(t *testing.T) {
	s := newSite(t)
	for i, limit := range []string{"30s", "90s", "10m", "20m", "1m30s"} {
		s.postJSON("/api/v1/experiments", `{"case":"known","time_limit":"`+limit+`"}`).want(t, 201, "")
		want := limit
		if limit == "90s" {
			want = "1m30s"
		}
		s.get(fmt.Sprintf("/experiments/new?from=%d", i+1)).want(t, http.StatusOK, `value="`+want+`"`)
	}
}

func TestCloneFillsInTheForm(t *testing.T) {
	s := newSite(t)
	s.postJSON("/api/v1/experiments", `{"case":"known","params":{"blocks":77},"count":9,"benchtime":"5x","note":"hello"}`).want(t, 201, "")
	r := s.get("/experiments/new?from=1")
	for _, text := range []string{`value="77"`, `value="9"`, `value="5x"`, "hello"} {
		r.want(t, http.StatusOK, text)
	}
	s.get(fmt.Sprintf("/experiments/new?from=1&%s", url.Values{"param.blocks": {"88"}}.Encode())).want(t, http.StatusOK, `value="88"`)
}
