package handlers_test

import (
	"bytes"
	"encoding/json"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"net/textproto"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/pprof/profile"
	"github.com/klauspost/compress/gzip"

	"heaplab/profiler"
	"heaplab/profiler/report"
)

// A part is a field of a multipart form. It is a file if it has a file name.
type part struct {
	field, file string
	content     []byte
}

// multipartBody returns a form and its content type.
func multipartBody(t *testing.T, parts ...part) (body, contentType string) {
	t.Helper()
	var b bytes.Buffer
	form := multipart.NewWriter(&b)
	for _, p := range parts {
		head := textproto.MIMEHeader{}
		params := map[string]string{"name": p.field}
		if p.file != "" {
			params["filename"] = p.file
		}
		head.Set("Content-Disposition", mime.FormatMediaType("form-data", params))
		w, err := form.CreatePart(head)
		if err == nil {
			_, err = w.Write(p.content)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := form.Close(); err != nil {
		t.Fatal(err)
	}
	return b.String(), form.FormDataContentType()
}

// upload sends a form with files, like a page of the site.
func (s *site) upload(path string, parts ...part) reply {
	s.Helper()
	body, contentType := multipartBody(s.T, parts...)
	return s.do("POST", path, body, "Content-Type", contentType, "Sec-Fetch-Site", "same-origin")
}

// jsonProfile returns a gzip file with a profile of 866 samples.
func jsonProfile(t *testing.T) []byte {
	t.Helper()
	b, err := os.ReadFile("../profiler/heap/testdata/encodingjson.pb.gz")
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// halfOf returns the same profile with half of each value.
func halfOf(t *testing.T) []byte {
	t.Helper()
	p, err := profile.ParseData(jsonProfile(t))
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range p.Sample {
		for i := range s.Value {
			s.Value[i] /= 2
		}
	}
	return zipped(t, p)
}

func zipped(t *testing.T, p *profile.Profile) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := p.Write(&b); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func gzipOf(t *testing.T, content []byte) []byte {
	t.Helper()
	var b bytes.Buffer
	zip, err := gzip.NewWriterLevel(&b, gzip.BestCompression)
	if err == nil {
		_, err = zip.Write(content)
	}
	if err == nil {
		err = zip.Close()
	}
	if err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// sides returns the two files of an import.
func sides(baseline, variant []byte) []part {
	return []part{{"baseline", "before.pb.gz", baseline}, {"variant", "after.pb.gz", variant}}
}

// Two imported profiles give a report, and can be downloaded unchanged.
func TestImportByAPI(t *testing.T) {
	s := newSite(t)
	before, after := jsonProfile(t), halfOf(t)
	r := s.upload("/api/v1/imports", append(sides(before, after),
		part{"title", "", []byte("Half of everything")}, part{"note", "", []byte("a note")}, part{"tags", "", []byte("red, blue")})...)
	r.want(t, http.StatusCreated, `"state":"done"`)
	if r.Header.Get("Location") != "/api/v1/experiments/1" {
		t.Errorf("location = %q", r.Header.Get("Location"))
	}
	var rep report.Report
	if err := json.Unmarshal([]byte(s.get("/api/v1/experiments/1").body), &rep); err != nil {
		t.Fatal(err)
	}
	if rep.Source != profiler.SubjectImport || rep.Title != "Half of everything" || rep.RunsTotal != 0 || len(rep.Comparisons) != 0 || len(rep.Tags) != 2 {
		t.Errorf("report = %+v", rep)
	}
	for i, content := range [][]byte{before, after} {
		p := rep.Profiles[i]
		if p.Variant != []string{"baseline", "variant"}[i] || p.Kind != profiler.Imported || p.File != []string{"before.pb.gz", "after.pb.gz"}[i] || p.Calls != 0 {
			t.Errorf("profile = %+v", p)
		}
		if got := s.get(strings.TrimPrefix(p.URL, s.url)); got.body != string(content) {
			t.Errorf("%s: %s, %d bytes, want the %d of the upload", p.URL, got.Status, len(got.body), len(content))
		}
	}
	if a := rep.Profiles[0].Summary.Totals.AllocSpace; a != 61872976 {
		t.Errorf("alloc_space of the baseline = %d", a)
	}

	s.get("/api/v1/experiments?case=import").want(t, http.StatusOK, `"source":"import","kind":"comparison","case":"import","title":"Half of everything"`)
	s.get("/api/v1/experiments?source=import").want(t, http.StatusOK, `"id":1`)
	s.get("/api/v1/experiments?source=case").want(t, http.StatusOK, `"items":[]`)
	s.get("/api/v1/experiments?source=case&case=import").want(t, http.StatusOK, `"items":[]`)
	s.get("/api/v1/experiments?source=import&case=known").want(t, http.StatusOK, `"items":[]`)
	s.get("/api/v1/experiments?q=of+everything").want(t, http.StatusOK, `"id":1`)
	s.get("/api/openapi.json").want(t, http.StatusOK, `"multipart/form-data"`)
	s.get("/api/docs").want(t, http.StatusOK, "/api/v1/imports")
	s.postJSON("/api/v1/experiments", `{"case":"import"}`).want(t, http.StatusUnprocessableEntity, "no case named")
	s.do("DELETE", "/api/v1/experiments/1", "").want(t, http.StatusNoContent, "")
	s.get("/api/v1/experiments/1/profiles/baseline.pb.gz?kind=import").want(t, http.StatusNotFound, "")
}

// An import works through the pages.
func TestImportByPages(t *testing.T) {
	s := newSite(t)
	s.get("/").want(t, http.StatusOK, `href="/imports/new"`)
	s.get("/experiments/new").want(t, http.StatusOK, `href="/imports/new"`)
	s.get("/imports/new").want(t, http.StatusOK, `enctype="multipart/form-data"`)
	r := s.upload("/imports", sides(jsonProfile(t), halfOf(t))...)
	if r.StatusCode != http.StatusSeeOther || r.Header.Get("Location") != "/experiments/1" {
		t.Fatalf("import: %s to %s: %s", r.Status, r.Header.Get("Location"), r.body)
	}
	page := s.get("/experiments/1")
	for _, text := range []string{
		"before.pb.gz → after.pb.gz", `totals`, "−50.0%", "59.0 MiB", `class="flame`, "go tool pprof", "baseline.import.pb.gz", `action="/experiments/1/delete"`,
	} {
		page.want(t, http.StatusOK, text)
	}
	for _, text := range []string{"Clone", "Calibrate", "Environment", "go test ./profiler/cases", "NaN", "/cases/import", "Mann"} {
		if strings.Contains(page.body, text) {
			t.Errorf("the report of an import says %q", text)
		}
	}
	s.get("/experiments/1/profile").want(t, http.StatusOK, "is accounted for")
	s.get("/experiments/1/profile.svg").want(t, http.StatusOK, "<svg")
	for _, format := range []string{"md", "html", "json"} {
		s.get("/experiments/1/report."+format).want(t, http.StatusOK, "before.pb.gz")
		page.want(t, http.StatusOK, "/experiments/1/report."+format)
	}
	for _, format := range []string{"txt", "csv"} { // of what runs measured
		s.get("/experiments/1/report."+format).want(t, http.StatusNotFound, "")
		if strings.Contains(page.body, "report."+format) {
			t.Errorf("the report of an import links to %s", format)
		}
	}
	s.get("/experiments/1/pprof/baseline/import/top").want(t, http.StatusOK, "encoding/json")
	s.get("/experiments/1/source").want(t, http.StatusOK, "not known")
	s.get("/compare?id=1:baseline&id=1:variant").want(t, http.StatusOK, "Allocated bytes")
	s.get("/compare/profile?id=1").want(t, http.StatusOK, `class="flame`)
	s.get("/compare").want(t, http.StatusOK, "before.pb.gz → after.pb.gz")
	diff, err := profile.ParseData([]byte(s.get("/api/v1/experiments/1/profiles/diff.pb.gz").body))
	if err != nil || len(diff.Sample) == 0 {
		t.Errorf("difference = %v, %v", diff, err)
	}
	s.get("/experiments/1/events").want(t, http.StatusOK, "event: done")
	s.get("/experiments/new?from=1").want(t, http.StatusConflict, "import")
	s.get("/?case=import").want(t, http.StatusOK, "29.5 MiB")
	s.get("/?case=known").want(t, http.StatusOK, `class="card empty"`)
	s.postForm("/experiments/1/note", map[string][]string{"note": {"noted"}}).want(t, http.StatusSeeOther, "")
	s.postForm("/experiments/1/tags", map[string][]string{"tags": {"red"}}).want(t, http.StatusSeeOther, "")
	s.postForm("/experiments/1/pin", map[string][]string{"pinned": {"1"}}).want(t, http.StatusSeeOther, "")

	var share struct{ URL string }
	shared := s.postJSON("/api/v1/experiments/1/shares", `{"include_profiles":true}`)
	if err := json.Unmarshal([]byte(shared.body), &share); err != nil {
		t.Fatal(err)
	}
	path := strings.TrimPrefix(share.URL, s.url)
	s.get(path).want(t, http.StatusOK, "noted")
	s.get(path).want(t, http.StatusOK, `totals`)
	s.get(path+"/profile").want(t, http.StatusOK, "is accounted for")
	s.get(path+"/report.md").want(t, http.StatusOK, "59.0 MiB to 29.5 MiB")
	s.get(path+"/diff.pb.gz").want(t, http.StatusOK, "")
	if got := s.get(path + "/baseline.pb.gz?kind=import"); got.body != string(jsonProfile(t)) {
		t.Errorf("shared: %s, %d bytes", got.Status, len(got.body))
	}
	s.get("/experiments/1/shares").want(t, http.StatusOK, "before.pb.gz")
	s.postForm("/experiments/1/delete", nil).want(t, http.StatusSeeOther, "")
	s.get(path).want(t, http.StatusNotFound, "")
}

// If there are too many concurrent imports, each one is stored or gets a 503.
func TestManyImportsAtOnce(t *testing.T) {
	slow(t)
	s := newSite(t)
	const n = 70
	body, contentType := multipartBody(t, sides(jsonProfile(t), halfOf(t))...)
	replies := make([]reply, n)
	var all sync.WaitGroup
	for i := range n {
		all.Go(func() { replies[i] = s.do("POST", "/api/v1/imports", body, "Content-Type", contentType) })
	}
	all.Wait()
	imported := 0
	for _, r := range replies {
		switch r.StatusCode {
		case http.StatusCreated:
			imported++
		case http.StatusServiceUnavailable:
			if r.Header.Get("Retry-After") == "" {
				t.Error("503 without Retry-After")
			}
		default:
			t.Errorf("%s: %.300s", r.Status, r.body)
		}
	}
	page := s.get("/api/v1/experiments?limit=100")
	if got := strings.Count(page.body, `"source":"import"`); got != imported || imported < 2 {
		t.Errorf("%d imports succeeded, but the history has %d", imported, got)
	}
	s.wantNoFiles()
}

// Uploads that do not end occupy all places of imports, until their connections close.
func TestImportsAreLimited(t *testing.T) {
	slow(t)
	s := newSite(t)
	body, contentType := multipartBody(t, sides(jsonProfile(t), halfOf(t))...)
	var open []*io.PipeWriter
	var all sync.WaitGroup
	for range 66 {
		r, w := io.Pipe()
		open = append(open, w)
		all.Go(func() {
			req, err := http.NewRequestWithContext(s.Context(), "POST", s.url+"/api/v1/imports", r)
			if err != nil {
				t.Error(err)
				return
			}
			req.Header.Set("Content-Type", contentType)
			resp, err := http.DefaultClient.Do(req)
			if err != nil {
				t.Error(err)
				return
			}
			resp.Body.Close()
			if resp.StatusCode != http.StatusCreated && resp.StatusCode != http.StatusBadRequest {
				t.Errorf("%s", resp.Status)
			}
		})
		if _, err := io.WriteString(w, body[:1000]); err != nil {
			t.Fatal(err)
		}
	}
	s.awaitImports(66)
	full := s.upload("/api/v1/imports", sides(jsonProfile(t), halfOf(t))...)
	full.want(t, http.StatusServiceUnavailable, "in a minute")
	if full.Header.Get("Retry-After") != "60" || full.Header.Get("Content-Type") != "application/problem+json" {
		t.Errorf("header = %v", full.Header)
	}
	s.upload("/imports", sides(jsonProfile(t), halfOf(t))...).want(t, http.StatusServiceUnavailable, "Too many imports")
	for i, w := range open {
		if i == 0 {
			if _, err := io.WriteString(w, body[1000:]); err != nil {
				t.Error(err)
			}
		}
		w.Close()
	}
	all.Wait()
	s.upload("/api/v1/imports", sides(jsonProfile(t), halfOf(t))...).want(t, http.StatusCreated, `"id":2`)
	s.wantNoFiles()
}

// awaitImports waits until n imports have a place. Each has a folder then.
func (s *site) awaitImports(n int) {
	s.Helper()
	for range 12_000 {
		folders, err := filepath.Glob(filepath.Join(s.app.Queue.Executor.Dir, "import-*"))
		if err != nil {
			s.Fatal(err)
		}
		if len(folders) == n {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	s.Fatal("not all imports have a place")
}

// An import that waits when the server stops is not stored, and its sender gets a 503.
func TestStoppingEndsImports(t *testing.T) {
	s := newSite(t)
	stopping := make(chan struct{})
	close(stopping)
	s.app.Stopping = stopping
	r := s.upload("/api/v1/imports", sides(jsonProfile(t), halfOf(t))...)
	r.want(t, http.StatusServiceUnavailable, "stopping")
	if r.Header.Get("Retry-After") == "" {
		t.Error("503 without Retry-After")
	}
	s.wantNothing()
}

// wantNoFiles checks that uploads and children left no files.
func (s *site) wantNoFiles() {
	s.Helper()
	if left, err := os.ReadDir(s.app.Queue.Executor.Dir); err != nil || len(left) > 0 {
		s.Errorf("left behind: %v, %v", left, err)
	}
}
