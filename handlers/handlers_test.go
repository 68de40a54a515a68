package handlers_test

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"heaplab/handlers"
	"heaplab/profiler/profilertest"
	"heaplab/profiler/report"
	"heaplab/profiler/subject"
	"heaplab/profiler/subject/imported"
	"heaplab/store"
	"heaplab/store/queue"
)

func TestMain(m *testing.M) { os.Exit(profilertest.Main(m)) }

// A site is heaplab with an empty store, on a real HTTP server.
type site struct {
	*testing.T
	app  *handlers.App
	file string // of the database
	url  string
	log  *safeBuffer
}

func newSite(t *testing.T) *site {
	t.Helper()
	file := filepath.Join(t.TempDir(), "test.db")
	s, err := store.Open(t.Context(), file, nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	log := &safeBuffer{}
	logger := slog.New(slog.NewJSONHandler(log, nil))
	measured := profilertest.Subject(t)
	uploaded := &imported.Subject{Executor: measured.Executor}
	q := &queue.Queue{Store: s, Subjects: subject.Registry{measured, uploaded}, Executor: measured.Executor, Log: logger}
	if err := q.Init(t.Context()); err != nil {
		t.Fatal(err)
	}
	app := &handlers.App{Store: s, Queue: q, Builtin: measured, Imported: uploaded, MaxUpload: 16 << 20, Version: "test", Log: logger}
	server := httptest.NewServer(app.Routes())
	t.Cleanup(server.Close)
	return &site{T: t, app: app, file: file, url: server.URL, log: log}
}

// run runs the queue until the test ends.
func (s *site) run() {
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan struct{})
	go func() {
		s.app.Queue.Run(ctx)
		close(ended)
	}()
	s.Cleanup(func() {
		cancel()
		<-ended
	})
}

// slow skips a test of more than about 0.3 s in a short run. The tests of the loop, of imports and
// of profile pages remain.
func slow(t *testing.T) {
	t.Helper()
	if testing.Short() {
		t.Skip("takes too long for a short run")
	}
}

// A reply is a response with its body.
type reply struct {
	*http.Response
	body string
}

// do sends a request. Headers are pairs of a name and a value.
func (s *site) do(method, path, body string, headers ...string) reply {
	s.Helper()
	req, err := http.NewRequestWithContext(s.Context(), method, s.url+path, strings.NewReader(body))
	if err != nil {
		s.Fatal(err)
	}
	for i := 0; i < len(headers); i += 2 {
		if headers[i] == "Host" {
			req.Host = headers[i+1]
		}
		req.Header.Set(headers[i], headers[i+1])
	}
	client := http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	resp, err := client.Do(req)
	if err != nil {
		s.Fatal(err)
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		s.Fatal(err)
	}
	return reply{resp, string(b)}
}

func (s *site) get(path string) reply { return s.do("GET", path, "") }

func (s *site) postJSON(path, body string) reply {
	return s.do("POST", path, body, "Content-Type", "application/json")
}

func (s *site) postForm(path string, values url.Values) reply {
	return s.do("POST", path, values.Encode(), "Content-Type", "application/x-www-form-urlencoded", "Sec-Fetch-Site", "same-origin")
}

// want checks the status, and that the body contains a text.
func (r reply) want(t *testing.T, status int, text string) {
	t.Helper()
	if r.StatusCode != status || !strings.Contains(r.body, text) {
		t.Errorf("%s %s: %s with %.1500q, want %d with %q", r.Request.Method, r.Request.URL, r.Status, r.content(), status, text)
	}
}

// content returns the body, or the part of a page that differs between pages.
func (r reply) content() string {
	if _, main, found := strings.Cut(r.body, "<main"); found {
		return main
	}
	return r.body
}

const quick = `{"case":"known","count":1,"benchtime":"3x"}`

// launch launches an experiment through the API and waits until it ends.
func (s *site) launch(body string) report.Report {
	s.Helper()
	r := s.postJSON("/api/v1/experiments", body)
	r.want(s.T, http.StatusCreated, `"state":"queued"`)
	return s.await(r.Header.Get("Location"))
}

func (s *site) await(path string) report.Report {
	s.Helper()
	for deadline := time.Now().Add(4 * time.Minute); time.Now().Before(deadline); time.Sleep(20 * time.Millisecond) {
		var rep report.Report
		r := s.get(path)
		if err := json.Unmarshal([]byte(r.body), &rep); err != nil {
			s.Fatalf("%s: %v: %.300s", path, err, r.body)
		}
		if rep.State.Terminal() {
			return rep
		}
	}
	s.Fatal("the experiment did not end")
	return report.Report{}
}

// A safeBuffer is a log for concurrent requests.
type safeBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (s *safeBuffer) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.Write(p)
}

func (s *safeBuffer) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.String()
}
