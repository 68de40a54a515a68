package handlers

import (
	"crypto/subtle"
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"strings"

	"heaplab/profiler"
	"heaplab/profiler/subject/command"
	"heaplab/store"
	"heaplab/store/queue"
)

// commandsPath is where heaplab exec launches commands. Only who can read the data folder knows
// the token that it takes: the web page and the API never run a command.
const commandsPath = "/api/v1/commands"

// maxCommandBody bounds a launch of commands, which carries an environment, in bytes.
const maxCommandBody = 1 << 20

// A CommandLaunch asks for an experiment that compares commands. The first is the baseline.
type CommandLaunch struct {
	Commands    []string `json:"commands"`
	Title       string   `json:"title,omitempty"`
	Dir         string   `json:"dir"`
	Env         []string `json:"env"`
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

// launchCommands queues the commands of a request that has the token. Without it there is nothing
// at this address.
func (a *App) launchCommands(w http.ResponseWriter, r *http.Request) {
	e, err := a.commandExperiment(r)
	if err != nil {
		p := problem(err)
		if p.Status >= http.StatusInternalServerError {
			a.Log.Error("request failed", "route", commandsPath, "error", err)
		}
		w.Header().Set("Content-Type", "application/problem+json")
		w.WriteHeader(p.Status)
		_ = json.NewEncoder(w).Encode(p) // the caller went away: nobody is left to tell
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
		Subject: profiler.SubjectCommand, Title: l.Title, Foreign: true, Env: append([]string{}, l.Env...),
		Params:    map[string]any{command.ParamDir: l.Dir},
		TimeLimit: l.TimeLimit, MemoryLimit: l.MemoryLimit, Note: l.Note,
	}
	for i, name := range command.Variants(len(l.Commands)) {
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

// execCommand is the command line that compares the same commands again.
func execCommand(labels map[string]string, count int) []string {
	quote := func(s string) string { return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'" }
	lines := []string{fmt.Sprintf("./heaplab exec --count %d", count)}
	add := func(flag string) {
		lines[len(lines)-1] += " \\"
		lines = append(lines, "  "+flag)
	}
	if labels[command.ParamGCTrace] != "" {
		add("--gctrace")
	}
	if labels[command.ParamNoTrace] != "" {
		add("--no-trace")
	}
	for i, name := range command.Variants(len(labels) + 2) {
		line, ok := labels[name]
		if !ok {
			break
		}
		if i == 0 {
			add("--before " + quote(line))
		} else {
			add("--after " + quote(line))
		}
	}
	if dir := labels[command.ParamDir]; dir != "" {
		lines = append([]string{"cd " + quote(dir)}, lines...)
	}
	return lines
}
