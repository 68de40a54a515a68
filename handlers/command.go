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

// CommandsPath is where heaplab exec launches commands. Only a process
// that can read the data folder knows the token, so pages and the public API never run a command.
const CommandsPath = "/api/v1/commands"

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

// launchCommands queues the commands of a request that has the token. Without the token it
// answers 404.
func (a *App) launchCommands(w http.ResponseWriter, r *http.Request) {
	e, err := a.commandExperiment(r)
	if err != nil {
		p := problem(err)
		if p.Status >= http.StatusInternalServerError {
			a.Log.Error("request failed", "route", CommandsPath, "error", err)
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

func (a *App) commandExperiment(r *http.Request) (profiler.Experiment, error) {
	if !a.hasCommandToken(r) {
		return profiler.Experiment{}, store.ErrNotFound
	}
	var l CommandLaunch
	if err := json.NewDecoder(r.Body).Decode(&l); err != nil {
		return profiler.Experiment{}, parseError(err)
	}
	return a.Queue.Launch(r.Context(), l.launch())
}

func (l CommandLaunch) launch() queue.Launch {
	out := queue.Launch{
		Subject: profiler.SubjectCommand, Title: l.Title, Env: make([]string, len(l.Env)),
		Params:    map[string]any{command.ParamDir: l.Dir},
		TimeLimit: l.TimeLimit, MemoryLimit: l.MemoryLimit, Note: l.Note,
	}
	for i, v := range l.Env {
		out.Env[i] = string(v)
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
