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
	"heaplab/profiler"
	"heaplab/profiler/profilertest"
	"heaplab/profiler/report"
	"heaplab/store"
	"heaplab/store/queue"
)

func TestMain(m *testing.M) { os.Exit(profilertest.Main(m)) }

// A site is heaplab on an empty store, behind a real server.
type site struct {
	*testing.T
	app *handlers.App
	url string
	log *safeBuffer
}

func newSite(t *testing.T) *site {
	t.Helper()
	s, err := store.Open(t.Context(), filepath.Join(t.TempDir(), "test.db"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	log := &safeBuffer{}
	logger := slog.New(slog.NewJSONHandler(log, nil))
	q := &queue.Queue{Store: s, Cases: profilertest.Cases, Executor: profilertest.Executor(t), Log: logger}
	if err := q.Init(t.Context()); err != nil {
		t.Fatal(err)
	}
	app := &handlers.App{Store: s, Queue: q, Cases: profilertest.Cases, MaxUpload: 16 << 20, Version: "test", Log: logger}
	server := httptest.NewServer(app.Routes())
	t.Cleanup(server.Close)
	return &site{T: t, app: app, url: server.URL, log: log}
}

// run has the queue work until the test ends.
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

// A reply is a response that was read to its end.
type reply struct {
	*http.Response
	body string
}

// do sends a request; headers alternate names and values.
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

// want checks a status and that a text stands in the body.
func (r reply) want(t *testing.T, status int, text string) {
	t.Helper()
	if r.StatusCode != status || !strings.Contains(r.body, text) {
		t.Errorf("%s %s: %s with %.600q, want %d with %q", r.Request.Method, r.Request.URL.Path, r.Status, r.body, status, text)
	}
}

const quick = `{"case":"known","count":1,"benchtime":"3x"}`

// launch launches by API and waits for the end.
func (s *site) launch(body string) report.Report {
	s.Helper()
	r := s.postJSON("/api/v1/experiments", body)
	r.want(s.T, http.StatusCreated, `"state":"queued"`)
	return s.await(r.Header.Get("Location"))
}

func (s *site) await(path string) report.Report {
	s.Helper()
	for deadline := time.Now().Add(time.Minute); time.Now().Before(deadline); time.Sleep(20 * time.Millisecond) {
		var report report.Report
		r := s.get(path)
		if err := json.Unmarshal([]byte(r.body), &report); err != nil {
			s.Fatalf("%s: %v: %.300s", path, err, r.body)
		}
		if profiler.Terminal(report.State) {
			return report
		}
	}
	s.Fatal("the experiment does not end")
	return report.Report{}
}

// A safeBuffer is a log that several requests write at once.
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
