package handlers_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/pprof/profile"

	"heaplab/profiler"
	"heaplab/profiler/heap"
	"heaplab/profiler/subject/builtin"
	"heaplab/store"
)

func TestPprofPages(t *testing.T) {
	t.Parallel()
	slow(t)
	s := newSite(t)
	s.run()
	s.launch(quick)
	for _, kind := range []profiler.RunKind{profiler.Allocs, profiler.Peak} {
		base := "/experiments/1/pprof/all/" + string(kind)
		s.get("/experiments/1").want(t, http.StatusOK, `href="`+base+`/"`)
		for _, path := range []string{base, base + "/", base + "?si=alloc_objects"} {
			r := s.get(path)
			_, query, _ := strings.Cut(path, "?")
			if location, err := r.Location(); err != nil || r.StatusCode != http.StatusFound || location.Path != base+"/flamegraph" || location.RawQuery != query {
				t.Errorf("%s: %s to %v", path, r.Status, r.Header["Location"])
			}
		}
		for view, want := range map[string]string{"flamegraph": "stackViewer({", "top": "profilertest.allocate", "peek": "profilertest.allocate"} {
			r := s.get(base + "/" + view + "?si=alloc_space&unit=x&tagroot=bytes")
			r.want(t, http.StatusOK, want)
			if policy := r.Header.Get("Content-Security-Policy"); !strings.HasPrefix(policy, "sandbox allow-scripts; default-src 'none'; ") || strings.Contains(policy, "allow-same-origin") {
				t.Errorf("%s: policy %q", view, policy)
			}
			if r.Header.Get("Cross-Origin-Opener-Policy") != "" || r.Header.Get("X-Content-Type-Options") != "nosniff" {
				t.Errorf("%s: headers %v", view, r.Header)
			}
		}
		s.get(base+"/top?f=(").want(t, http.StatusBadRequest, "regular expression")
	}
	for _, path := range []string{
		"/all/allocs/source", "/all/allocs/disasm", "/all/allocs/graph", "/all/allocs/download", "/all/allocs/saveconfig?config=x",
		"/all/allocs/deleteconfig", "/all/allocs/flamegraph2", "/all/allocs/top/", "/all/measure/top", "/other/allocs/top", "/all/allocs/../top",
	} {
		s.get("/experiments/1/pprof"+path).want(t, http.StatusNotFound, "")
	}
	s.get("/experiments/2/pprof/all/allocs/top").want(t, http.StatusNotFound, "")

	var share struct{ URL string }
	r := s.postJSON("/api/v1/experiments/1/shares", `{"include_profiles":true}`)
	if err := json.Unmarshal([]byte(r.body), &share); err != nil {
		t.Fatal(err)
	}
	path := strings.TrimPrefix(share.URL, s.url)
	if page := s.get(path); strings.Contains(page.body, "pprof/") {
		t.Error("a shared report links to pprof's pages")
	}
	s.get(path+"/pprof/all/allocs/top").want(t, http.StatusNotFound, "")
	s.get(path+"/pprof/all/allocs/").want(t, http.StatusNotFound, "")
}

// A profile that is too large for pprof's pages gets a page with commands.
func TestPprofOfALargeProfile(t *testing.T) {
	s := newSite(t)
	s.keep(nil, handMade("main.f", "/etc/passwd", 1, 5001))
	page := s.get("/experiments/1/pprof/all/allocs/flamegraph")
	page.want(t, http.StatusOK, "5001 samples")
	page.want(t, http.StatusOK, "go tool pprof -http=: -symbolize=none &#39;"+s.url+"/api/v1/experiments/1/profiles/all.pb.gz?kind=allocs&#39;")
	if got := page.Header.Get("Content-Security-Policy"); strings.Contains(got, "unsafe-inline") {
		t.Errorf("policy %q", got)
	}
}

// handMade returns a profile of that many allocations of 64 bytes in one line of a function.
func handMade(function, file string, line int64, samples int) *profile.Profile {
	f := &profile.Function{ID: 1, Name: function, Filename: file}
	loc := &profile.Location{ID: 1, Address: 1, Line: []profile.Line{{Function: f, Line: line}}}
	p := &profile.Profile{
		SampleType: []*profile.ValueType{
			{Type: "alloc_objects", Unit: "count"}, {Type: "alloc_space", Unit: "bytes"},
			{Type: "inuse_objects", Unit: "count"}, {Type: "inuse_space", Unit: "bytes"},
		},
		Period: 1, Location: []*profile.Location{loc}, Function: []*profile.Function{f},
	}
	for range samples {
		p.Sample = append(p.Sample, &profile.Sample{Location: []*profile.Location{loc}, Value: []int64{1, 64, 0, 0}})
	}
	return p
}

// keep stores an experiment with these allocs profiles, of one call each: those of "all", "half"
// and "none" in this order.
func (s *site) keep(env profiler.Environment, profiles ...*profile.Profile) {
	s.Helper()
	id := s.add(profiler.Experiment{
		Kind: profiler.KindComparison, Design: designOf(s.app.Builtin.Cases, "known"), Config: profiler.DefaultConfig(8 << 30), Created: time.Now(),
	}, env)
	for i, p := range profiles {
		var raw, file bytes.Buffer
		s.must(p.WriteUncompressed(&raw))
		s.must(p.Write(&file))
		sum := sha256.Sum256(raw.Bytes())
		d, err := heap.NewDigest(p)
		s.must(err)
		digest, err := d.Encode()
		s.must(err)
		s.must(s.app.Store.AddRun(s.Context(), id, profiler.Run{
			Task: profiler.Task{Kind: profiler.Allocs, Variant: []string{"all", "half", "none"}[i]}, Started: time.Now(), Calls: 1,
			Profile: &profiler.Profile{SHA256: hex.EncodeToString(sum[:]), Gzip: file.Bytes(), GzipSize: int64(file.Len()), Summary: profiler.NewSummary(d), Digest: digest},
		}))
	}
}

// add stores a running experiment and returns its id.
func (s *site) add(e profiler.Experiment, env profiler.Environment) int64 {
	s.Helper()
	id, err := s.app.Store.Add(s.Context(), e)
	s.must(err)
	s.must(s.app.Store.Start(s.Context(), id, time.Now(), env))
	return id
}

// finish ends an experiment.
func (s *site) finish(id int64) {
	s.Helper()
	s.must(s.app.Store.Finish(s.Context(), id, store.Ending{State: profiler.Done, At: time.Now()}))
}

func (s *site) must(err error) {
	s.Helper()
	if err != nil {
		s.Fatal(err)
	}
}

func experimentPath(id int64) string { return fmt.Sprintf("/experiments/%d", id) }

// designOf returns the design of a comparison with the default params of a case.
func designOf(cases []builtin.Case, name string) profiler.Design {
	c := builtin.Find(cases, name)
	params, _ := c.Resolve(nil)
	return c.Design(params)
}
