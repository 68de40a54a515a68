// Package pprofui shows heap profiles with pprof's own pages, in this process. It shows only pages
// that do not write anything, of small profiles, one page at a time.
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

// Views lists the pages that can be shown. Of pprof's other pages, some read any file that a profile
// names, some write to the home folder, and the graph starts another program.
var Views = []string{"flamegraph", "top", "peek"}

// ContentSecurityPolicy is the policy for a page of pprof. The page needs inline scripts, so it is
// sandboxed: it does not have this server's origin, and cannot load, send or open anything.
const ContentSecurityPolicy = "sandbox allow-scripts; default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; " +
	"img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

// Limits of a page.
const (
	maxPage = 20 << 20 // bytes
	maxTime = 20 * time.Second
)

// maxOpen is the number of profiles that stay open.
const maxOpen = 4

// A Refusal says why a profile is not shown. Its text follows the name of the profile in a
// sentence.
type Refusal string

func (r Refusal) Error() string { return string(r) }

// A Mistake says what is wrong with a query, as a sentence.
type Mistake string

func (m Mistake) Error() string { return string(m) }

// A Request asks for a page.
type Request struct {
	SHA256   string // of the profile
	Gzip     []byte
	View     string // one of Views
	Query    url.Values
	Name     string // of the profile, for people
	Back     string // URL of the page of the profile's experiment
	BackText string
}

// A Viewer shows profiles, and keeps the last ones open. The zero value is ready to use.
type Viewer struct {
	open []opened // most recently used first
}

// An opened is a profile that is open, with the handlers of its pages by path.
type opened struct {
	sha256   string
	handlers map[string]http.Handler
}

// turn serializes calls of pprof, because its configuration is global.
var turn = make(chan struct{}, 1)

// Render returns a page. The error is a Refusal, a Mistake, or the cause of ctx.
func (v *Viewer) Render(ctx context.Context, r Request) ([]byte, error) {
	query, err := checkQuery(r.Query)
	if err != nil {
		return nil, err
	}
	limited, cancel := context.WithTimeoutCause(ctx, maxTime, Refusal(fmt.Sprintf("takes longer than %v to show", maxTime)))
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
	go func() { // pprof cannot be stopped: a slow page keeps its turn until it is done, and is then dropped
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

// render makes a page. Only one goroutine may call it at a time.
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
		return nil, Refusal(fmt.Sprintf("produces a page of more than %d MiB", maxPage>>20))
	case w.status == http.StatusBadRequest && strings.HasPrefix(text, "no matches found"):
		return nil, Mistake("Nothing in this profile matches.")
	case w.status == http.StatusBadRequest:
		return nil, Mistake("pprof reports: " + strings.TrimSpace(text) + ".")
	case w.status != http.StatusOK:
		return nil, fmt.Errorf("pprof answered %d: %s", w.status, text)
	}
	return addTitle(w.body.Bytes(), r), nil
}

// opened returns an open profile. It opens the profile if it is not open.
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
		return opened{}, fmt.Errorf("open profile with pprof: %w", err)
	}
	maps.DeleteFunc(handlers, func(path string, _ http.Handler) bool { return !slices.Contains(Views, strings.TrimPrefix(path, "/")) })
	o := opened{sha256, handlers}
	v.open = slices.Insert(v.open, 0, o)
	v.open = v.open[:min(len(v.open), maxOpen)]
	return o, nil
}

// A recorder records a response of at most maxPage bytes.
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

// style hides links to pages that are not available here, and makes room for a longer title.
const style = `<style>
#graphbtn, #list, #disasm, #config, #download, #action-source, #action-source-tab, #action-source-tab + hr { display: none !important }
.header .title { white-space: nowrap }
.header .title h1 { font-size: 1.1em; font-weight: 600; margin-bottom: 0 }
.header .title h1 a:first-child { font-weight: 400; margin-right: 0.75em }
@media (max-width: 799px) { .header .description, .header .title h1 a + a { display: none } }
</style>
`

// addTitle adds style, the name of the profile and a link back to a page of pprof.
func addTitle(page []byte, r Request) []byte {
	page = bytes.Replace(page, []byte("</head>"), []byte(style+"</head>"), 1)
	title := fmt.Sprintf(`<h1><a href="%s">← %s</a><a href="./">%s in pprof</a></h1>`,
		html.EscapeString(r.Back), html.EscapeString(r.BackText), html.EscapeString(r.Name))
	return bytes.Replace(page, []byte(`<h1><a href="./">pprof</a></h1>`), []byte(title), 1)
}
