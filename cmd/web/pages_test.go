package main

import (
	"net/url"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"

	"heaplab/profiler"
	"heaplab/profiler/report"
)

// small holds params for an experiment of a few seconds, with enough rounds for intervals.
var small = map[string]string{
	"param.filters": "4", "param.image": "12", "param.batch": "8", "param.examples": "40", "param.epochs": "3",
	"count": "6", "benchtime": "5x", "note": "a first try",
}

// A browser can launch an experiment, follow it, read and find its report, share it, open the link as
// somebody else, and revoke it.
func TestLoopInTheBrowser(t *testing.T) {
	t.Parallel()
	me := newTab(t)
	d := startDashboard(t, t.TempDir())

	me.open(d.url)
	me.audit("history-empty")
	me.click(`main a[href^="/experiments/new"]`)
	me.until(`document.querySelector('[name="param.batch"]')`)

	// The preview changes while a user types.
	before := eval[string](me, `document.querySelector('#preview').innerText`)
	for field, value := range small {
		me.fill(`[name="`+field+`"]`, value)
	}
	me.until(`document.querySelector('#preview').innerText !== ` + quote(before))
	me.audit("launch")

	// A fault appears at its field, and the form keeps its values.
	me.fill(`[name="param.batch"]`, "0")
	me.expected = "422"
	me.click(`#launch button.primary`)
	me.until(`document.querySelector('[name="param.batch"][aria-invalid="true"]')`)
	me.expected = ""
	if note := eval[string](me, `document.querySelector('[name="note"]').value`); note != "a first try" {
		t.Errorf("the note is now %q", note)
	}
	me.audit("launch-fault")
	me.fill(`[name="param.batch"]`, "8")
	me.click(`#launch button.primary`)

	// The live page becomes the report by itself.
	me.untilReport(1)
	text := me.text()
	for _, want := range []string{"bytes per operation", "Predicted", "Loss", "Top allocating functions", "Environment", "to the byte", "go tool pprof", "bit-identical"} {
		if !strings.Contains(strings.ToLower(text), strings.ToLower(want)) {
			t.Errorf("the report does not say %q", want)
		}
	}
	me.audit("report")
	me.click(`.keep:has(#keep-tags) summary`)
	me.fill(`#keep-tags`, "small, try")
	me.audit("report-edit")
	me.click(`.keep form[action$="/tags"] button`)
	me.until(`!document.querySelector('.keep:has(#keep-tags)').open && document.body.innerText.includes('small')`)
	me.open(d.url + "/experiments/1?after=resize")
	me.audit("report-resize")
	pprofPages(t, me, d.url)
	sourcePages(t, me, d.url)

	// Find it in the history.
	me.open(d.url + "/?case=preallocation&state=done")
	me.audit("history")
	me.click(`main a[href="/experiments/1"]`)
	me.untilReport(1)

	// Share it.
	me.click(`button[popovertarget="share"]:not([popovertargetaction])`)
	me.do(chromedp.WaitVisible(chromedp.CSS(`#share`)))
	me.audit("share-panel")
	me.click(`#share form button[type="submit"]`)
	me.until(`document.querySelector('#link')`)
	link := eval[string](me, `document.querySelector('#link').value`)
	if !strings.HasPrefix(link, d.url+"/s/") {
		t.Fatalf("link = %q", link)
	}
	me.audit("shares")

	other := newTab(t)
	if text := other.open(link); !strings.Contains(text, "bytes per operation") {
		t.Errorf("the shared report says %.300q", text)
	}
	if n := eval[int](other, `document.querySelectorAll('form, a[href^="/experiments"], a[href^="/cases"]').length`); n > 0 {
		t.Errorf("the shared report has %d forms and links to private pages", n)
	}
	other.audit("shared")
	if text := other.open(link + "/source"); !strings.Contains(text, "Fresh.Floats") {
		t.Errorf("its source lines say %.300q", text)
	}
	other.audit("shared-source")

	me.click(`form[action^="/shares/"] button`)
	me.until(`location.pathname === '/experiments/1/shares' && !document.querySelector('form[action^="/shares/"]')`)
	other.expected = "404"
	if text := other.open(link); !strings.Contains(text, "expired or revoked") {
		t.Errorf("after it was revoked the link says %.300q", text)
	}
	other.audit("shared-gone")
}

func quote(s string) string {
	return "`" + strings.NewReplacer("`", "\\`", "\\", "\\\\", "$", "\\$").Replace(s) + "`"
}

// The other pages and states pass the audit.
func TestOtherPagesInTheBrowser(t *testing.T) {
	t.Parallel()
	p := newTab(t)
	d := startDashboard(t, t.TempDir())
	for name, path := range map[string]string{
		"cases": "/cases", "case": "/cases/preallocation", "case-pruning": "/cases/pruning", "article": "/article",
		"launch-precision": "/experiments/new?case=precision", "api": "/api/docs",
	} {
		p.open(d.url + path)
		p.audit(name)
	}
	p.expected = "404"
	p.open(d.url + "/experiments/99")
	p.audit("not-found")
	p.expected = ""

	d.post("/api/v1/experiments", long)
	d.post("/api/v1/experiments", long)
	d.await(1, func(r report.Report) bool { return r.RunsDone >= 2 })
	p.open(d.url + "/experiments/1")
	p.until(`document.body.innerText.includes('fresh')`)
	p.audit("running")
	p.open(d.url + "/experiments/2")
	p.audit("queued")
	p.open(d.url + "/")
	p.audit("history-running")
	// The list updates itself.
	if err := (client{base: d.url}).cancel(t.Context(), 2); err != nil {
		t.Fatal(err)
	}
	p.until(`[...document.querySelectorAll('#list tbody tr')].some(row => row.innerText.includes('Canceled'))`)
	p.open(d.url + "/experiments/1")
	p.click(`form[action="/experiments/1/cancel"] button`)
	p.untilReport(1)
	if text := p.text(); !strings.Contains(strings.ToLower(text), "canceled") {
		t.Errorf("the report says %.600q", text)
	}
	p.audit("canceled")
	d.post("/api/v1/experiments", long)
	d.await(3, func(r report.Report) bool { return r.State == profiler.Running })
	if err := d.stop(); err != nil {
		t.Error(err)
	}
	d = startDashboard(t, d.data)
	p.open(d.url + "/experiments/3")
	p.audit("interrupted")
}

// Everything works without JavaScript, through forms, links and reloads.
func TestLoopWithoutJavaScript(t *testing.T) {
	t.Parallel()
	p := newTab(t)
	call(p, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: true})
	d := startDashboard(t, t.TempDir())
	p.open(d.url + "/experiments/new?case=preallocation&" + query(small))
	p.click(`#launch button.primary`)
	p.until(`document.querySelector('.verdict')`) // the live page reloads itself until then
	p.click(`button[popovertarget="share"]:not([popovertargetaction])`)
	p.click(`#share form button[type="submit"]`)
	p.click(`form[action^="/shares/"] button`)
	p.until(`document.querySelector('.shares .chip.same')`) // no longer active
}

func query(values map[string]string) string {
	q := url.Values{}
	for name, value := range values {
		q.Set(name, value)
	}
	return q.Encode()
}
