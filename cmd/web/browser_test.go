package main

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	cdplog "github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
)

var screens = flag.String("screens", "", "folder to write screenshots of every audited page to")

// slow skips a test that takes more than a second in a short run.
func slow(t *testing.T) {
	t.Helper()
	if testing.Short() {
		t.Skip("takes too long for a short run")
	}
}

// findBrowser returns the path of Chromium. Without Chromium the test is skipped, but in CI it fails.
func findBrowser(t *testing.T) string {
	t.Helper()
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	const reason = "no Chromium found: apt-get install chromium"
	if os.Getenv("CI") == "true" {
		t.Fatal(reason)
	}
	t.Skip(reason)
	return ""
}

// A tab is a page of a browser with a new profile. Messages on its console (errors, exceptions,
// reports of the content security policy) fail the test.
type tab struct {
	*testing.T
	ctx      context.Context
	expected string // part of messages that the test expects; "" for none
}

func newTab(t *testing.T) *tab {
	t.Helper()
	slow(t)
	opts := append([]chromedp.ExecAllocatorOption{}, chromedp.DefaultExecAllocatorOptions[:]...)
	for _, name := range []string{
		"no-sandbox", "disable-gpu", "disable-quic", "no-first-run", "disable-background-networking",
		"disable-component-update", "disable-sync", "hide-scrollbars",
	} {
		opts = append(opts, chromedp.Flag(name, true))
	}
	opts = append(opts, chromedp.ExecPath(findBrowser(t)), chromedp.WSURLReadTimeout(2*time.Minute))
	ctx, cancel := chromedp.NewExecAllocator(context.Background(), opts...)
	t.Cleanup(cancel)
	ctx, cancel = chromedp.NewContext(ctx)
	t.Cleanup(cancel)
	p := &tab{T: t, ctx: ctx}
	p.do(chromedp.Navigate("about:blank")) // starts the browser, which has its own time-out
	ctx, cancel = context.WithTimeout(ctx, 10*time.Minute)
	t.Cleanup(cancel)
	p.ctx = ctx
	p.listen()
	return p
}

func (p *tab) listen() {
	err := chromedp.Listen(p.ctx, func(event any) {
		switch e := event.(type) {
		case *runtime.EventConsoleAPICalled:
			if e.Type == "error" || e.Type == "warning" {
				args, _ := json.Marshal(e.Args)
				p.complain("console", string(args))
			}
		case *runtime.EventExceptionThrown:
			details, _ := json.Marshal(e.ExceptionDetails)
			p.complain("exception", string(details))
		case *cdplog.EventEntryAdded:
			if e.Entry.Level == "error" || e.Entry.Level == "warning" {
				p.complain(string(e.Entry.Source), e.Entry.Text+" "+e.Entry.URL)
			}
		}
	})
	if err != nil {
		p.Fatal(err)
	}
	call(p, cdplog.Enable, cdp.Empty{})
	call(p, runtime.Enable, cdp.Empty{})
}

func (p *tab) complain(from, text string) {
	if p.Context().Err() != nil { // the test is over: its server stops before the page is closed
		return
	}
	if p.expected == "" || !strings.Contains(text, p.expected) {
		p.Errorf("message on the console (%s): %.500s", from, text)
	}
}

func call[P, R any](p *tab, cmd cdp.Command[P, R], params P) R {
	p.Helper()
	r, err := chromedp.Call(p.ctx, cmd, params)
	if err != nil {
		p.Fatal(err)
	}
	return r
}

func (p *tab) do(steps ...chromedp.Action[chromedp.Void]) {
	p.Helper()
	if err := chromedp.Do(p.ctx, steps...); err != nil {
		p.Fatal(err)
	}
}

func eval[T any](p *tab, expression string) T {
	p.Helper()
	v, err := chromedp.Run(p.ctx, chromedp.Evaluate[T](expression, chromedp.EvalAwaitPromise))
	if err != nil {
		p.Fatalf("%s: %v", expression, err)
	}
	return v
}

// complete is a JavaScript condition: the document has arrived to its last element, with
// everything that it loads, and its scripts have run. Before that, one element can be there while
// the next is missing.
const complete = `document.readyState === 'complete'`

// patience is the time limit of until. On a busy machine, a short experiment can take a minute.
const patience = 4 * time.Minute

// until waits until an expression is true in a completely loaded document: this one or the next.
func (p *tab) until(expression string) {
	p.Helper()
	whole := complete + " && !!(" + expression + ")"
	for deadline := time.Now().Add(patience); time.Now().Before(deadline); time.Sleep(30 * time.Millisecond) {
		// The error is that the browser is leaving the page.
		if ok, err := chromedp.Run(p.ctx, chromedp.Evaluate[bool](whole)); err == nil && ok {
			return
		}
	}
	p.Fatalf("%s did not become true at %s; the page says: %.2000s", expression, eval[string](p, "location.href"), eval[string](p, innerText))
}

// untilComplete waits for the whole document.
func (p *tab) untilComplete() {
	p.Helper()
	p.until("true")
}

// untilReport waits for the report of an experiment that has ended. Its live page loads the report
// by itself.
func (p *tab) untilReport(id int) {
	p.Helper()
	p.until(fmt.Sprintf(`location.pathname === '/experiments/%d' && !document.querySelector('[data-live]') && document.querySelector('main .head')`, id))
}

const innerText = "document.body.innerText"

// text returns the text of the whole page.
func (p *tab) text() string {
	p.Helper()
	p.untilComplete()
	return eval[string](p, innerText)
}

// open goes to an address and returns the text of the page.
func (p *tab) open(url string) string {
	p.Helper()
	p.do(chromedp.Navigate(url))
	return p.text()
}

// fill replaces the value of a field by typing.
func (p *tab) fill(selector, value string) {
	p.Helper()
	p.untilComplete()
	eval[bool](p, fmt.Sprintf("(e => { e.focus(); e.select(); return true })(document.querySelector(%q))", selector))
	p.do(chromedp.KeyEvent(value))
}

// click clicks on an element. It waits for the scripts of the page first: before that, a click might
// do nothing or something else.
func (p *tab) click(selector string) {
	p.Helper()
	p.until(`document.querySelector(` + quote(selector) + `)`)
	p.do(chromedp.WaitVisible(chromedp.CSS(selector)), chromedp.Click(chromedp.CSS(selector)))
}

// look sets the width of the window and the color scheme.
func (p *tab) look(width int64, scheme string) {
	p.Helper()
	call(p, emulation.SetDeviceMetricsOverride, emulation.SetDeviceMetricsOverrideParams{Width: width, Height: 900, DeviceScaleFactor: 1})
	call(p, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Features: []*emulation.MediaFeature{
		{Name: "prefers-color-scheme", Value: scheme}, {Name: "prefers-reduced-motion", Value: "reduce"},
	}})
}

// audit checks the open page wide and narrow, light and dark: it must not violate axe's rules, nor
// need horizontal scrolling.
func (p *tab) audit(name string) {
	p.Helper()
	p.untilComplete()
	for _, width := range []int64{1440, 390} {
		for _, scheme := range []string{"light", "dark"} {
			p.look(width, scheme)
			where := fmt.Sprintf("%s-%s-%d", name, scheme, width)
			if wide := eval[int](p, "document.documentElement.scrollWidth"); wide > int(width) {
				p.Errorf("%s: the page is %d px wide", where, wide)
			}
			for _, violation := range p.axe() {
				p.Errorf("%s: %s", where, violation)
			}
			p.screenshot(where)
		}
	}
	p.look(1440, "light")
}

// axe returns the violations of the WCAG 2.2 AA rules and of axe's best practices.
func (p *tab) axe() []string {
	p.Helper()
	source, err := os.ReadFile(filepath.Join("testdata", "axe.min.js"))
	if err != nil {
		p.Fatal(err)
	}
	if !eval[bool](p, "typeof axe === 'object'") {
		p.do(chromedp.Evaluate[chromedp.Void](string(source) + ";0"))
	}
	return eval[[]string](p, `axe.run(document, {runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice']})
		.then(r => r.violations.map(v => v.id + ': ' + v.nodes.slice(0, 3).map(n => n.html.slice(0, 200)).join(' | ')))`)
}

func (p *tab) screenshot(name string) {
	p.Helper()
	if *screens == "" {
		return
	}
	metrics := call(p, page.GetLayoutMetrics, cdp.Empty{})
	beyond := true
	shot := call(p, page.CaptureScreenshot, page.CaptureScreenshotParams{
		CaptureBeyondViewport: &beyond,
		Clip:                  &page.Viewport{Width: metrics.CSSContentSize.Width, Height: metrics.CSSContentSize.Height, Scale: 1},
	})
	if err := os.WriteFile(filepath.Join(*screens, name+".png"), shot.Data, 0o644); err != nil {
		p.Fatal(err)
	}
}
