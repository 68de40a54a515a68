package handlers_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"heaplab/handlers"
	"heaplab/profiler"
	"heaplab/profiler/subject/command"
)

const commandToken = "the-token-of-the-lock-file"

// newCommandSite returns a site that takes commands.
func newCommandSite(t *testing.T) *site {
	s := newSite(t)
	s.app.CommandToken = commandToken
	s.app.Queue.Subjects = append(s.app.Queue.Subjects, &command.Subject{Executor: s.app.Builtin.Executor})
	return s
}

// exec sends a launch of commands with the token.
func (s *site) exec(body string) reply {
	return s.do("POST", handlers.CommandsPath, body, "Content-Type", "application/json", "Authorization", "Bearer "+commandToken)
}

// Without the token there is nothing at the addresses that launch code of the user, whatever the request.
func TestLocalLaunchesNeedTheToken(t *testing.T) {
	for path, body := range map[string]string{
		handlers.CommandsPath:   `{"commands":["true","true"],"dir":"/","env":[]}`,
		handlers.BenchmarksPath: `{"dir":"/","package":".","bench":".","versions":["HEAD","HEAD"],"env":[]}`,
	} {
		needsToken(t, path, body)
	}
}

func needsToken(t *testing.T, path, body string) {
	t.Helper()
	s := newCommandSite(t)
	for _, headers := range [][]string{
		nil,
		{"Authorization", "Bearer "},
		{"Authorization", "Bearer wrong"},
		{"Authorization", commandToken},
		{"Authorization", "Basic " + commandToken},
		{"Cookie", "token=" + commandToken},
	} {
		s.do("POST", path, body, append(headers, "Content-Type", "application/json")...).want(t, http.StatusNotFound, "")
	}
	s.do("POST", path+"?token="+commandToken, body).want(t, http.StatusNotFound, "")
	withToken := []string{"Authorization", "Bearer " + commandToken, "Content-Type", "application/json"}
	s.do("POST", path, body, append(withToken, "Sec-Fetch-Site", "cross-site")...).want(t, http.StatusForbidden, "")
	s.do("POST", path, body, append(withToken, "Host", "evil.example")...).want(t, http.StatusMisdirectedRequest, "")
	s.do("GET", path, "", withToken...).want(t, http.StatusMethodNotAllowed, "")

	s.app.CommandToken = "" // a server that takes no commands
	s.do("POST", path, body, "Authorization", "Bearer ").want(t, http.StatusNotFound, "")
	if page := s.get("/api/v1/experiments"); !strings.Contains(page.body, `"items":[]`) {
		t.Errorf("a refused launch was stored: %s", page.body)
	}
	if strings.Contains(s.log.String(), commandToken) {
		t.Error("the log contains the token")
	}
	s.get("/api/openapi.json").want(t, http.StatusOK, "")
	if strings.Contains(s.get("/api/openapi.json").body, path) {
		t.Error("the public description of the API lists " + path)
	}
}

func TestCommandsWithFaults(t *testing.T) {
	s := newCommandSite(t)
	many := `"true"` + strings.Repeat(`,"true"`, 20)
	for _, test := range []struct {
		body   string
		status int
		field  string
	}{
		{`no JSON`, http.StatusBadRequest, ""},
		{`{}`, http.StatusUnprocessableEntity, "commands"},
		{`{"commands":["true"],"dir":"/"}`, http.StatusUnprocessableEntity, "after"},
		{`{"commands":["true",""],"dir":"/"}`, http.StatusUnprocessableEntity, "after"},
		{`{"commands":[` + many + `],"dir":"/"}`, http.StatusUnprocessableEntity, "8"},
		{`{"commands":["true","true"],"dir":"/","count":0}`, http.StatusUnprocessableEntity, "count"},
		{`{"commands":["true","true"],"dir":"/","time_limit":"soon"}`, http.StatusUnprocessableEntity, "time_limit"},
		{`{"commands":["true","true"],"dir":"relative"}`, http.StatusUnprocessableEntity, "dir"},
		{`{"commands":["true","true"],"dir":"/","title":"` + strings.Repeat("x", 201) + `"}`, http.StatusUnprocessableEntity, "200 bytes"},
		{`{"title":"` + strings.Repeat("x", 16<<20) + `"}`, http.StatusRequestEntityTooLarge, "MiB"},
	} {
		t.Run(fmt.Sprintf("%.40s", test.body), func(t *testing.T) {
			s.exec(test.body).want(t, test.status, test.field)
		})
	}
	// Without the token, a body may only have the size of other requests.
	s.do("POST", handlers.CommandsPath, strings.Repeat("x", 100<<10), "Content-Type", "application/json").want(t, http.StatusRequestEntityTooLarge, "KiB")
	// The public API knows no commands.
	s.postJSON("/api/v1/experiments", `{"case":"command","params":{"before":"true","after":"true"}}`).want(t, http.StatusUnprocessableEntity, "no case named")
}

// A report of commands has a page, exports and shares. The share has no output.
func TestCommandReport(t *testing.T) {
	s := newCommandSite(t)
	s.run()
	s.exec(`{"commands":["true","sleep 0.01"],"title":"Nothing and a nap","dir":"/","count":2}`).want(t, http.StatusCreated, `"id":1`)
	rep := s.await("/api/v1/experiments/1")
	if rep.State != profiler.Done || rep.Labels["after"] != "sleep 0.01" || rep.Comparison("after", profiler.WallTime) == nil {
		t.Fatalf("%s: %s; labels %v", rep.State, rep.Error, rep.Labels)
	}
	if c := rep.Config; c.Count != 2 || c.Benchtime != "" || c.GOGC != "" || c.GOMAXPROCS != 0 {
		t.Errorf("settings = %+v, want none of the Go runtime", c)
	}
	for _, path := range []string{"/experiments/1", "/experiments/1/report.md", "/experiments/1/report.html", s.share(`{}`)} {
		s.get(path).want(t, http.StatusOK, "sleep 0.01")
	}
	s.get("/experiments/1").want(t, http.StatusOK, "heaplab exec --count 2")
	s.get("/?case=command").want(t, http.StatusOK, "Nothing and a nap")

	s.exec(`{"commands":["echo failing-output; false","true"],"dir":"/"}`).want(t, http.StatusCreated, `"id":2`)
	failed := s.await("/api/v1/experiments/2")
	if failed.State != profiler.Failed || !strings.Contains(failed.Error, "exit status 1") || !strings.Contains(failed.Output, "failing-output") {
		t.Errorf("%s: %s, output %q", failed.State, failed.Error, failed.Output)
	}
	s.get("/experiments/2").want(t, http.StatusOK, "failing-output")
}
