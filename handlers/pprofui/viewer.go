// Package pprofui shows heap profiles with the pages of pprof itself, in this process: those
// pages that only read, of profiles that are small enough, one page at a time.
package pprofui

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"html"
	"maps"
	"net/http"
	"net/url"
	"runtime/debug"
	"slices"
	"strings"
	"time"
)

// Views are the pages that can be shown. Of pprof's others, some read any file that a profile
// names, some write to the home folder, and the graph starts another program.
var Views = []string{"flamegraph", "top", "peek"}

// ContentSecurityPolicy is what a page needs that pprof wrote. Its scripts stand in the page, so
// it is no part of this server's origin: it cannot ask for anything, send anything, or open
// anything but itself.
const ContentSecurityPolicy = "sandbox allow-scripts; default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; " +
	"img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

// Bounds of a page.
const (
	maxPage = 20 << 20 // bytes
	maxTime = 20 * time.Second
)

// maxOpen is how many profiles stay open.
const maxOpen = 4

// A Refusal is why a profile is not shown: the end of a sentence that begins with the profile.
type Refusal string

func (r Refusal) Error() string { return string(r) }

// A Mistake is what is wrong with a query, as a sentence.
type Mistake string

func (m Mistake) Error() string { return string(m) }

// A Request asks for a page.
type Request struct {
	SHA256   string // of the profile
	Gzip     []byte
	View     string // one of Views
	Query    url.Values
	Name     string // of the profile, for people
	Back     string // address of the page that it belongs to
	BackText string
}

// A Viewer shows profiles, and keeps those open that were looked at last. Its zero value is
// ready.
type Viewer struct {
	open []opened // the last used first
}

// An opened profile has the handlers of its pages, by their path.
type opened struct {
	sha256   string
	handlers map[string]http.Handler
}

// turn holds the right to call pprof: its configuration is one for the whole process.
var turn = make(chan struct{}, 1)

// Render returns a page. The error is a Refusal, a Mistake, or the context's.
func (v *Viewer) Render(ctx context.Context, r Request) ([]byte, error) {
	query, err := checkQuery(r.Query)
	if err != nil {
		return nil, err
	}
	limited, cancel := context.WithTimeoutCause(ctx, maxTime, Refusal(fmt.Sprintf("takes longer than %v to be shown", maxTime)))
	defer cancel()
	select {
	case turn <- struct{}{}:
	case <-limited.Done():
		return nil, context.Cause(limited)
	}
	type result struct {
		page []byte
		err  error
	}
	done := make(chan result, 1)
	go func() { // pprof cannot be stopped: what takes too long ends unseen, and keeps its turn until then
		defer func() { <-turn }()
		page, err := v.render(r, query)
		done <- result{page, err}
	}()
	select {
	case got := <-done:
		return got.page, got.err
	case <-limited.Done():
		return nil, context.Cause(limited)
	}
}

func (v *Viewer) render(r Request, query url.Values) (page []byte, err error) {
	defer func() {
		if crash := recover(); crash != nil {
			err = fmt.Errorf("pprof panicked: %v\n%s", crash, debug.Stack())
		}
	}()
	profile, err := v.opened(r.SHA256, r.Gzip)
	if err != nil {
		return nil, err
	}
	handler := profile.handlers["/"+r.View]
	if handler == nil {
		return nil, fmt.Errorf("pprof has no view %q", r.View)
	}
	request, err := http.NewRequest(http.MethodGet, "/"+r.View+"?"+query.Encode(), nil)
	if err != nil {
		return nil, err
	}
	w := &recorder{status: http.StatusOK}
	handler.ServeHTTP(w, request)
	text := w.body.String()
	switch {
	case w.over:
		return nil, Refusal(fmt.Sprintf("makes a page of more than %d MiB", maxPage>>20))
	case w.status == http.StatusBadRequest && strings.HasPrefix(text, "no matches found"):
		return nil, Mistake("Nothing in this profile matches that.")
	case w.status == http.StatusBadRequest:
		return nil, Mistake("pprof says: " + strings.TrimSpace(text) + ".")
	case w.status != http.StatusOK:
		return nil, fmt.Errorf("pprof answered %d: %s", w.status, text)
	}
	return dress(w.body.Bytes(), r), nil
}

// opened returns a profile that is open, opening it first if need be.
func (v *Viewer) opened(sha256 string, gzip []byte) (opened, error) {
	if i := slices.IndexFunc(v.open, func(o opened) bool { return o.sha256 == sha256 }); i >= 0 {
		found := v.open[i]
		v.open = slices.Insert(slices.Delete(v.open, i, i+1), 0, found)
		return found, nil
	}
	prof, err := read(gzip)
	if err != nil {
		return opened{}, err
	}
	handlers, err := mount(prof)
	if err != nil {
		return opened{}, fmt.Errorf("open a profile with pprof: %w", err)
	}
	maps.DeleteFunc(handlers, func(path string, _ http.Handler) bool { return !slices.Contains(Views, strings.TrimPrefix(path, "/")) })
	o := opened{sha256, handlers}
	v.open = slices.Insert(v.open, 0, o)
	v.open = v.open[:min(len(v.open), maxOpen)]
	return o, nil
}

// A recorder keeps a response as long as it is not too large.
type recorder struct {
	header http.Header
	status int
	body   bytes.Buffer
	over   bool
}

func (w *recorder) Header() http.Header {
	if w.header == nil {
		w.header = http.Header{}
	}
	return w.header
}

func (w *recorder) WriteHeader(status int) { w.status = status }

func (w *recorder) Write(p []byte) (int, error) {
	if w.over = w.over || w.body.Len()+len(p) > maxPage; w.over {
		return 0, errors.New("the page is too large")
	}
	return w.body.Write(p)
}

// style hides what leads to pages that are not shown here, and makes room for a longer title.
const style = `<style>
#graphbtn, #list, #disasm, #config, #download, #action-source, #action-source-tab, #action-source-tab + hr { display: none !important }
.header .title { white-space: nowrap }
.header .title h1 { font-size: 1.1em; font-weight: 600; margin-bottom: 0 }
.header .title h1 a:first-child { font-weight: 400; margin-right: 0.75em }
@media (max-width: 799px) { .header .description, .header .title h1 a + a { display: none } }
</style>
`

// dress leaves out of pprof's page what leads nowhere here, names the profile, and adds the way
// back.
func dress(page []byte, r Request) []byte {
	page = bytes.Replace(page, []byte("</head>"), []byte(style+"</head>"), 1)
	title := fmt.Sprintf(`<h1><a href="%s">← %s</a><a href="./">%s in pprof</a></h1>`,
		html.EscapeString(r.Back), html.EscapeString(r.BackText), html.EscapeString(r.Name))
	return bytes.Replace(page, []byte(`<h1><a href="./">pprof</a></h1>`), []byte(title), 1)
}
