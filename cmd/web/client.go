package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"heaplab/handlers"
	"heaplab/profiler"
	"heaplab/profiler/report"
	"heaplab/profiler/subject/builtin"
	"heaplab/profiler/words"
)

// A client calls the JSON API of the server at base.
type client struct {
	base  string
	token string // with which the server takes commands; "" from a server that takes none
	host  string // that addresses in reports shall have; "" is that of base
}

// A launch is the body of a request that launches an experiment. Missing fields take their defaults.
type launch struct {
	Kind        profiler.Kind  `json:"kind,omitempty"`
	Case        string         `json:"case"`
	Params      map[string]any `json:"params"`
	Sweep       string         `json:"sweep,omitempty"`
	Count       *int           `json:"count,omitempty"`
	Benchtime   string         `json:"benchtime,omitempty"`
	GOGC        string         `json:"gogc,omitempty"`
	GOMEMLIMIT  string         `json:"gomemlimit,omitempty"`
	GOMAXPROCS  *int           `json:"gomaxprocs,omitempty"`
	TimeLimit   string         `json:"time_limit,omitempty"`
	MemoryLimit string         `json:"memory_limit,omitempty"`
	Note        string         `json:"note,omitempty"`
}

func (c client) launch(ctx context.Context, l launch) (int64, error) {
	var launched struct {
		ID int64 `json:"id"`
	}
	err := c.do(ctx, http.MethodPost, "/api/v1/experiments", l, &launched)
	return launched.ID, err
}

func (c client) exec(ctx context.Context, l handlers.CommandLaunch) (int64, error) {
	return c.launchLocal(ctx, handlers.CommandsPath, l)
}

func (c client) bench(ctx context.Context, l handlers.BenchmarkLaunch) (int64, error) {
	return c.launchLocal(ctx, handlers.BenchmarksPath, l)
}

// launchLocal launches an experiment that needs the token of the data folder.
func (c client) launchLocal(ctx context.Context, path string, l any) (int64, error) {
	if c.token == "" {
		return 0, errors.New("the heaplab that uses this data folder is an older version, which cannot run commands. Restart it, or choose another folder with --data")
	}
	if body, _ := json.Marshal(l); len(body) > handlers.MaxCommandBody {
		return 0, fmt.Errorf("the environment and the commands are too large: they may have %s together. Unset variables that the commands do not need", words.Bytes(handlers.MaxCommandBody))
	}
	var launched struct {
		ID int64 `json:"id"`
	}
	err := c.do(ctx, http.MethodPost, path, l, &launched)
	return launched.ID, err
}

func (c client) report(ctx context.Context, id int64) (r report.Report, err error) {
	err = c.do(ctx, http.MethodGet, fmt.Sprintf("/api/v1/experiments/%d", id), nil, &r)
	return r, err
}

// raw fetches a report as raw JSON.
func (c client) raw(ctx context.Context, id int64, out *json.RawMessage) error {
	return c.do(ctx, http.MethodGet, fmt.Sprintf("/api/v1/experiments/%d", id), nil, out)
}

// A caseInfo describes a case of the server.
type caseInfo struct {
	Name    string
	Presets []builtin.Preset
}

func (c client) cases(ctx context.Context) (all []caseInfo, err error) {
	err = c.do(ctx, http.MethodGet, "/api/v1/cases", nil, &all)
	return all, err
}

// presets returns the presets of a case, or nil for an unknown case.
func (c client) presets(ctx context.Context, name string) ([]builtin.Preset, error) {
	all, err := c.cases(ctx)
	for _, found := range all {
		if found.Name == name {
			return found.Presets, err
		}
	}
	return nil, err
}

func (c client) cancel(ctx context.Context, id int64) error {
	return c.do(ctx, http.MethodPost, fmt.Sprintf("/api/v1/experiments/%d/cancel", id), nil, nil)
}

// do sends a request with JSON and reads the response into out, unless out is nil. It returns a problem
// document as an error.
func (c client) do(ctx context.Context, method, path string, in, out any) error {
	body, err := json.Marshal(in)
	if err != nil {
		return err
	}
	return c.send(ctx, method, path, "application/json", bytes.NewReader(body), out)
}

// send is do for a body of any content type. If out is an io.Writer, it copies the response to it.
func (c client) send(ctx context.Context, method, path, contentType string, body io.Reader, out any) error {
	req, err := http.NewRequestWithContext(ctx, method, c.base+path, body)
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", contentType)
	req.Host = c.host
	if handlers.IsLocal(path) {
		req.Header.Set("Authorization", "Bearer "+c.token)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return fmt.Errorf("reach the server: %w", err)
	}
	defer resp.Body.Close()
	if resp.StatusCode >= 400 {
		var p huma.ErrorModel
		if err := json.NewDecoder(resp.Body).Decode(&p); err != nil {
			return fmt.Errorf("the server answered %s", resp.Status)
		}
		return problemError(p)
	}
	switch out := out.(type) {
	case nil:
		return nil
	case io.Writer:
		_, err := io.Copy(out, resp.Body)
		return err
	}
	return json.NewDecoder(resp.Body).Decode(out)
}

// problemError returns an error with the faults of a problem, or with its detail if there are none.
func problemError(p huma.ErrorModel) error {
	var lines []string
	for _, d := range p.Errors {
		field := strings.TrimPrefix(strings.TrimPrefix(d.Location, "body."), "params.")
		lines = append(lines, field+": "+d.Message)
	}
	if len(lines) == 0 {
		lines = []string{p.Detail}
	}
	return fmt.Errorf("%s", strings.Join(lines, "\n"))
}
