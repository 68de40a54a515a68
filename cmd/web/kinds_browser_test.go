package main

import (
	"runtime"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"heaplab/profiler"
)

// loadMachine keeps half of the processors busy until the returned function is called.
func loadMachine() (stop func()) {
	var stopped atomic.Bool
	for range max(runtime.NumCPU()/2, 1) {
		go func() {
			for !stopped.Load() {
			}
		}()
	}
	return func() { stopped.Store(true) }
}

// The button launches a calibration. Its noise floors apply to the report once they are accepted, because
// the machine was busy, and the report is judged again. The form launches a sweep.
func TestCalibrateAndSweepInTheBrowser(t *testing.T) {
	t.Parallel()
	me := newTab(t)
	d := startDashboard(t, t.TempDir())
	me.open(d.url + "/experiments/new?case=preallocation&" + query(small))
	me.click(`#launch button.primary`)
	me.untilReport(1)
	if text := me.text(); !strings.Contains(text, "default") {
		t.Error("the report does not say where its noise floors come from")
	}
	stop := loadMachine()
	me.click(`.noise form button`)
	me.untilReport(2)
	stop()
	if text := me.text(); !strings.Contains(text, "Noise floor") || !strings.Contains(text, "do not apply yet") {
		t.Errorf("the calibration says %.2000s", text)
	}
	me.audit("calibration")
	if text := me.open(d.url + "/experiments/1"); strings.Contains(text, "floors were measured") || strings.Contains(text, "Judge again") {
		t.Errorf("before the calibration is accepted, the report says %.2000s", text)
	}
	me.open(d.url + "/experiments/2")
	me.click(`form[action="/experiments/2/accept"] button`)
	me.until(innerText + `.includes("They were accepted on")`)
	me.open(d.url + "/experiments/1")
	me.audit("report-to-judge-again")
	me.click(`form[action="/experiments/1/judge"] button`)
	me.until(innerText + `.includes("with default floors; again on")`)
	if text := me.text(); !strings.Contains(text, "floors were measured") || strings.Contains(text, "Judge again") {
		t.Errorf("after it was judged again, the report says %.2000s", text)
	}
	me.audit("report-calibrated")

	me.open(d.url + "/experiments/new?case=preallocation&" + query(small))
	me.do(chromedp.SetValue(chromedp.CSS(`[name="over"]`), "gogc"))
	me.fill(`[name="values"]`, "25, 100, often")
	me.expected = "422"
	me.click(`#launch button.primary`)
	me.until(`document.querySelector('[name="values"][aria-invalid="true"]')`)
	me.expected = ""
	me.audit("launch-sweep-fault")
	me.fill(`[name="values"]`, "25, 100, 400")
	me.click(`#launch button.primary`)
	me.untilReport(3)
	if text := me.text(); !strings.Contains(text, "GOGC from 25 to 400") {
		t.Errorf("the sweep says %.2000s", text)
	}
	if n := eval[int](me, `document.querySelectorAll('.trade circle.dot').length`); n < 9 {
		t.Errorf("%d points in the charts, want three of each variant", n)
	}
	me.audit("sweep")
	me.open(d.url + "/?kind=sweep")
	me.until(`document.querySelectorAll('#list tbody tr').length === 1`)
	me.audit("history-sweep")
}

// The memory over time can be read with the keyboard.
func TestTimelineByKeyboard(t *testing.T) {
	t.Parallel()
	me := newTab(t)
	d := startDashboard(t, t.TempDir())
	d.post("/api/v1/experiments", `{"case":"preallocation","params":{"filters":4,"image":12,"batch":8,"examples":40,"epochs":2},"count":1,"benchtime":"500x"}`)
	if r := d.await(1, ended); r.State != profiler.Done {
		t.Fatalf("state = %s: %s", r.State, r.Error)
	}
	me.open(d.url + "/experiments/1")
	me.until(`document.querySelectorAll('#timeline .uplot').length === 2`)
	rest := eval[string](me, `document.querySelector('#timeline-read').textContent`)
	if !strings.HasPrefix(rest, "Highest heap in use: fresh ") {
		t.Errorf("without a cursor the text is %q", rest)
	}
	read := func() string { return eval[string](me, `document.querySelector('#timeline-read').textContent`) }
	eval[bool](me, `(document.querySelector('#timeline').focus(), true)`)
	press := func(key string) { me.do(chromedp.KeyEvent(key)) }
	press(kb.Home)
	me.until(`document.querySelector('#timeline-read').textContent.startsWith('At ')`)
	first := read()
	press(kb.ArrowRight)
	me.until(`document.querySelector('#timeline-read').textContent !== ` + quote(first))
	if text := read(); !strings.Contains(text, "heap in use, fresh") || !strings.Contains(text, "resident, preallocated") {
		t.Errorf("at the cursor the text is %q", text)
	}
	press("+")
	press(kb.End)
	press(kb.Escape)
	me.until(`document.querySelector('#timeline-read').textContent.startsWith('Highest')`)
}
