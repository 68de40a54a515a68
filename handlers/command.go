package handlers

import (
	"crypto/subtle"
	"encoding/json"
	"net/http"
	"strconv"
	"strings"

	"heaplab/profiler"
	"heaplab/profiler/subject"
	"heaplab/profiler/subject/command"
	"heaplab/store"
	"heaplab/store/queue"
)

// Paths where heaplab exec and heaplab bench launch experiments that run code of the user, in any folder. Only a process
// that can read the data folder knows the token. Pages and the public API run only code of modules that are allowed.
const (
	CommandsPath   = "/api/v1/commands"
	BenchmarksPath = "/api/v1/benchmarks"
)

// IsLocal reports whether a path needs the token of the data folder.
func IsLocal(path string) bool { return path == CommandsPath || path == BenchmarksPath }

// MaxCommandBody is the maximum size of a launch of commands, which contains an environment, in bytes.
const MaxCommandBody = 4 << 20

// A CommandLaunch asks for an experiment that compares commands. The first is the baseline.
type CommandLaunch struct {
	Commands    []string `json:"commands"`
	Title       string   `json:"title,omitempty"`
	Dir         string   `json:"dir"`
	Env         [][]byte `json:"env"` // not always UTF-8, which a string in JSON would have to be
	GCTrace     bool     `json:"gctrace,omitempty"`
	NoTrace     bool     `json:"notrace,omitempty"`
	Count       *int     `json:"count,omitempty"`
	TimeLimit   string   `json:"time_limit,omitempty"`
	MemoryLimit string   `json:"memory_limit,omitempty"`
	Note        string   `json:"note,omitempty"`
}

// hasCommandToken reports whether a request may launch commands.
func (a *App) hasCommandToken(r *http.Request) bool {
	token, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	return ok && a.CommandToken != "" && subtle.ConstantTimeCompare([]byte(token), []byte(a.CommandToken)) == 1
}

// launchLocal returns a handler that queues what a request with the token asks for. Without the token it answers
// 404.
func launchLocal[L interface{ launch() queue.Launch }](a *App) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		e, err := launchedLocally[L](a, r)
		if err != nil {
			p := problem(err)
			if p.Status >= http.StatusInternalServerError {
				a.Log.Error("request failed", "route", r.URL.Path, "error", err)
			}
			w.Header().Set("Content-Type", "application/problem+json")
			w.WriteHeader(p.Status)
			_ = json.NewEncoder(w).Encode(p) // an error means that the client is gone
			return
		}
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(http.StatusCreated)
		_ = json.NewEncoder(w).Encode(a.launched(r, e).Body)
	}
}

func launchedLocally[L interface{ launch() queue.Launch }](a *App, r *http.Request) (profiler.Experiment, error) {
	if !a.hasCommandToken(r) {
		return profiler.Experiment{}, store.ErrNotFound
	}
	var l L
	if err := json.NewDecoder(r.Body).Decode(&l); err != nil {
		return profiler.Experiment{}, parseError(err)
	}
	return a.Queue.Launch(r.Context(), l.launch())
}

func (l CommandLaunch) launch() queue.Launch {
	out := queue.Launch{
		Subject: profiler.SubjectCommand, Title: l.Title, Env: texts(l.Env),
		Params:    map[string]any{command.ParamDir: l.Dir},
		TimeLimit: l.TimeLimit, MemoryLimit: l.MemoryLimit, Note: l.Note,
	}
	for i, name := range subject.Variants(len(l.Commands)) {
		out.Params[name] = l.Commands[i]
	}
	if l.GCTrace {
		out.Params[command.ParamGCTrace] = "1"
	}
	if l.NoTrace {
		out.Params[command.ParamNoTrace] = "1"
	}
	if l.Count != nil {
		out.Count = strconv.Itoa(*l.Count)
	}
	return out
}

func texts(env [][]byte) []string {
	out := make([]string, len(env))
	for i, v := range env {
		out[i] = string(v)
	}
	return out
}
