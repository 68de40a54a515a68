package main

import (
	"strconv"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"heaplab/profiler"
)

// profiled returns a dashboard with a small experiment that has profiles.
func profiled(t *testing.T) *dashboard {
	d := startDashboard(t, t.TempDir())
	d.post("/api/v1/experiments", `{"case":"preallocation","params":{"filters":4,"image":12,"batch":8,"examples":40,"epochs":2},"count":1,"benchtime":"5x"}`)
	if r := d.await(1, ended); r.State != profiler.Done {
		t.Fatalf("state = %s: %s", r.State, r.Error)
	}
	return d
}

const (
	focusedFrame = `document.activeElement.querySelector('title')?.textContent ?? ''`
	readout      = `document.querySelector('[data-flame-readout]').textContent`
)

// press sends keys to the element with the focus.
func (p *tab) press(keys ...string) {
	p.Helper()
	for _, key := range keys {
		p.do(chromedp.KeyEvent(key))
	}
}

// tabTo presses the Tab key until an element has the focus.
func (p *tab) tabTo(selector string) {
	p.Helper()
	p.untilComplete()
	for range 200 {
		p.press(kb.Tab)
		if eval[bool](p, `document.activeElement.matches(`+quote(selector)+`)`) {
			return
		}
	}
	p.Fatalf("the Tab key never reaches %s", selector)
}

// The keyboard reaches the flame graph, its frames, the search, the filters and the tables.
func TestProfilesByKeyboard(t *testing.T) {
	t.Parallel()
	me := newTab(t)
	d := profiled(t)
	me.open(d.url + "/experiments/1")
	me.tabTo(`a[href="/experiments/1/profile"]`)
	me.press(kb.Enter)
	me.until(`location.pathname === '/experiments/1/profile' && !!document.querySelector('svg.flame[data-ready]')`)
	me.audit("profile")
	me.look(390, "light")
	if wide := eval[int](me, `document.querySelectorAll('.ramp > span').forEach(s => s.textContent = '+105.4 KiB/op'), document.documentElement.scrollWidth`); wide > 390 {
		t.Errorf("with longer values in the legend, the page is %d px wide", wide)
	}
	me.look(1440, "light")

	// The graph is one tab stop. Arrow keys move between its frames.
	me.tabTo(`svg.flame > *`)
	first := eval[string](me, focusedFrame)
	me.press(kb.ArrowDown)
	second := eval[string](me, focusedFrame)
	if second == "" || second == first || eval[string](me, readout) != second {
		t.Errorf("the arrow moves from %q to %q; the page says %q", first, second, eval[string](me, readout))
	}
	me.press(kb.ArrowUp)
	if back := eval[string](me, focusedFrame); back == second {
		t.Errorf("the arrow up does not move from %q", back)
	}
	leaf := second
	for range 40 {
		me.press(kb.ArrowDown)
		below := eval[string](me, focusedFrame)
		if below == leaf {
			break
		}
		leaf = below
	}
	if !strings.Contains(leaf, "(gone)") {
		t.Errorf("the last frame is %q", leaf)
	}
	me.press(kb.ArrowRight, kb.ArrowLeft)
	if again := eval[string](me, focusedFrame); again != leaf {
		t.Errorf("right and left move from %q to %q", leaf, again)
	}

	// Enter focuses on a function, Escape goes back.
	me.press(kb.Enter)
	me.until(`location.search.includes('focus=') && document.querySelector('#graph').innerText.endsWith(' and its callees')`)
	me.until(`!!document.activeElement.closest('svg.flame')`)
	me.audit("profile-focus")
	me.press(kb.Escape)
	me.until(`!location.search.includes('focus=') && document.querySelector('#graph').innerText === 'Difference flame graph'`)
	me.until(`!!document.activeElement.closest('svg.flame')`)

	// The key / goes to the search. An invalid filter gets a fault.
	me.press("/")
	me.until(`document.activeElement.name === 'q'`)
	me.fill(`[name="q"]`, "Floats")
	me.press(kb.Enter)
	me.until(`location.search === '?q=Floats' && document.querySelectorAll('svg.flame .match').length > 0`)
	me.audit("profile-search")
	me.tabTo(`.more-filters > summary`)
	me.press(kb.Enter)
	me.tabTo(`[name="ignore"]`)
	me.expected = "422"
	me.press("(", kb.Enter)
	me.until(`document.querySelector('[name="ignore"][aria-invalid="true"]')`)
	me.expected = ""
	me.audit("profile-fault")

	// The tables.
	me.tabTo(`.views a[href*="view=calls"]`)
	me.expected = "422" // the filter is still in the address
	me.press(kb.Enter)
	me.until(`document.querySelector('table.calls')`)
	me.expected = ""
	me.open(d.url + "/experiments/1/profile?view=calls")
	me.audit("profile-calls")
	me.tabTo(`.views a[href*="view=top"]`)
	me.press(kb.Enter)
	me.until(`document.querySelector('table.ranking')`)
	me.audit("profile-top")
	me.tabTo(`.views a[href*="view=variants"]`)
	me.press(kb.Enter)
	me.until(`document.querySelectorAll('.multiples figure').length === 3`)
	me.audit("profile-variants")
	me.open(d.url + "/experiments/1/profile?view=top")
	me.tabTo(`table.ranking a[href*="sort=function"]`)
	me.press(kb.Enter)
	me.until(`document.querySelector('table.ranking th[aria-sort]').innerText === 'Function'`)
}

// A click focuses on a frame, and the browser's Back button goes back.
func TestProfilesByMouse(t *testing.T) {
	t.Parallel()
	me := newTab(t)
	d := profiled(t)
	me.open(d.url + "/experiments/1/profile")
	me.until(`document.querySelector('svg.flame[data-ready]')`)
	whole := eval[int](me, `document.querySelectorAll('svg.flame > *').length`)
	const inner = `[...document.querySelectorAll('svg.flame a')].at(-1)`
	eval[bool](me, inner+`.dispatchEvent(new MouseEvent('mouseover', {bubbles: true}))`)
	if said := eval[string](me, readout); !strings.Contains(said, "was ") {
		t.Errorf("at the pointer the page says %q", said)
	}
	eval[bool](me, inner+`.dispatchEvent(new MouseEvent('click', {bubbles: true, cancelable: true}))||true`)
	me.until(`location.search.includes('focus=') && document.querySelector('#graph').innerText.endsWith(' and its callees')`)
	eval[bool](me, `history.back()||true`)
	me.until(`!location.search.includes('focus=') && document.querySelectorAll('svg.flame > *').length === ` + strconv.Itoa(whole))
	for _, click := range []struct{ selector, then string }{
		{`.seg a[href*="width=change"]`, `location.search.includes('width=change')`},
		{`.seg a[href*="kind=peak"]`, `document.body.innerText.includes('In use: ')`},
		{`.seg a[href*="per=share"]`, `location.search.includes('per=share')`},
		{`.seg a[href*="type=churn_space"]`, `document.body.innerText.includes('Churn: ')`},
	} {
		me.click(click.selector)
		me.until(click.then + ` && !!document.querySelector('.controls')`)
	}
	me.do(chromedp.SetValue(chromedp.CSS(`[name="after"]`), "resize"))
	me.click(`.filters button[type="submit"]`)
	me.until(`location.search.includes('after=resize') && location.search.includes('type=churn_space')`)
	me.audit("profile-peak")
	me.do(chromedp.Navigate(d.url + "/experiments/1/profile.svg"))
	if n := eval[int](me, `document.querySelectorAll('svg.flame g').length`); n == 0 {
		t.Error("the picture is empty")
	}
}

// Two experiments can be compared side by side, and the profiles of two of their variants.
func TestCompareInTheBrowser(t *testing.T) {
	t.Parallel()
	me := newTab(t)
	d := profiled(t)
	d.post("/api/v1/experiments", `{"case":"preallocation","params":{"filters":4,"image":12,"batch":16,"examples":40,"epochs":2},"count":1,"benchtime":"5x"}`)
	if r := d.await(2, ended); r.State != profiler.Done {
		t.Fatalf("state = %s: %s", r.State, r.Error)
	}
	me.open(d.url + "/")
	me.tabTo(`a[href="/compare"]`)
	me.press(kb.Enter)
	me.until(`location.pathname === '/compare'`)
	me.audit("compare-choose")
	me.tabTo(`input[name="id"][value="1"]`)
	me.press(" ")
	me.tabTo(`input[name="id"][value="2"]`)
	me.press(" ", kb.Enter)
	me.until(`document.querySelectorAll('table.compare tbody').length === 3`)
	if text := me.text(); !strings.Contains(text, "batch is 16 in #2") {
		t.Errorf("the page does not say what differs: %.1000s", text)
	}
	me.audit("compare")
	me.do(chromedp.SetValue(chromedp.CSS(`[name="before"]`), "1:fresh"))
	me.click(`form[action="/compare/profile"] button`)
	me.until(`location.pathname === '/compare/profile' && !!document.querySelector('svg.flame[data-ready]')`)
	me.audit("compare-profile")
	me.click(`.actions a`)
	me.until(`location.pathname === '/compare'`)
}

// Without JavaScript, frames are links and filters are a form.
func TestProfilesWithoutJavaScript(t *testing.T) {
	t.Parallel()
	p := newTab(t)
	d := profiled(t)
	call(p, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: true})
	p.open(d.url + "/experiments/1/profile")
	p.click(`svg.flame a:last-of-type`)
	p.until(`document.querySelector('a[data-reset]')`) // there is something to reset now
	p.click(`.views a[href*="view=calls"]`)
	p.until(`document.querySelector('table.calls tbody a')`)
	p.click(`.views a[href*="view=top"]`)
	p.until(`document.querySelector('table.ranking tbody a')`)
	p.do(chromedp.SetValue(chromedp.CSS(`[name="q"]`), "Floats"))
	p.click(`.filters button[type="submit"]`)
	p.until(`document.querySelector('[name="q"][value="Floats"]')`)
}
