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

// findBrowser returns the path of Chromium. Without one the test is skipped, but in CI it
// fails: there a browser is promised.
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

// A tab is a page of a browser with a fresh profile. Whatever the page complains about on
// the console (errors, exceptions, reports of the content security policy) fails the test.
type tab struct {
	*testing.T
	ctx      context.Context
	expected string // part of a complaint that is part of the test
}

func newTab(t *testing.T) *tab {
	t.Helper()
	opts := append([]chromedp.ExecAllocatorOption{}, chromedp.DefaultExecAllocatorOptions[:]...)
	for _, name := range []string{
		"no-sandbox", "disable-gpu", "disable-quic", "no-first-run", "disable-background-networking",
		"disable-component-update", "disable-sync", "hide-scrollbars",
	} {
		opts = append(opts, chromedp.Flag(name, true))
	}
	opts = append(opts, chromedp.ExecPath(findBrowser(t)))
	ctx, cancel := chromedp.NewExecAllocator(context.Background(), opts...)
	t.Cleanup(cancel)
	ctx, cancel = chromedp.NewContext(ctx)
	t.Cleanup(cancel)
	p := &tab{T: t, ctx: ctx}
	p.do(chromedp.Navigate("about:blank")) // starts the browser; no time-out before that
	ctx, cancel = context.WithTimeout(ctx, 5*time.Minute)
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
	if p.expected == "" || !strings.Contains(text, p.expected) {
		p.Errorf("the page complains (%s): %.500s", from, text)
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

// until waits for an expression to become true, on this page or the next.
func (p *tab) until(expression string) {
	p.Helper()
	for range 3000 {
		// An error is that the page is just being left.
		if ok, err := chromedp.Run(p.ctx, chromedp.Evaluate[bool](expression)); err == nil && ok {
			return
		}
		time.Sleep(30 * time.Millisecond)
	}
	p.Fatalf("%s does not become true at %s; the page says: %.2000s", expression, eval[string](p, "location.href"), p.text())
}

func (p *tab) text() string { return eval[string](p, "document.body.innerText") }

// open goes to an address and returns what stands on the page.
func (p *tab) open(url string) string {
	p.Helper()
	p.do(chromedp.Navigate(url))
	return p.text()
}

// fill replaces what stands in a field, as somebody who types.
func (p *tab) fill(selector, value string) {
	p.Helper()
	eval[bool](p, fmt.Sprintf("(e => { e.focus(); e.select(); return true })(document.querySelector(%q))", selector))
	p.do(chromedp.KeyEvent(value))
}

func (p *tab) click(selector string) {
	p.Helper()
	p.do(chromedp.WaitVisible(chromedp.CSS(selector)), chromedp.Click(chromedp.CSS(selector)))
}

// look sets the width of the window and the colour scheme.
func (p *tab) look(width int64, scheme string) {
	p.Helper()
	call(p, emulation.SetDeviceMetricsOverride, emulation.SetDeviceMetricsOverrideParams{Width: width, Height: 900, DeviceScaleFactor: 1})
	call(p, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Features: []*emulation.MediaFeature{
		{Name: "prefers-color-scheme", Value: scheme}, {Name: "prefers-reduced-motion", Value: "reduce"},
	}})
}

// audit looks at the page that is open wide and narrow, light and dark: no violation of
// axe's rules, and nothing that has to be scrolled sideways.
func (p *tab) audit(name string) {
	p.Helper()
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
	p.do(chromedp.Evaluate[chromedp.Void](string(source) + ";0"))
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
