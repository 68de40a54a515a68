package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// profileFile returns the path of a heap profile.
func profileFile(t *testing.T) string {
	t.Helper()
	path, err := filepath.Abs("../../profiler/heap/testdata/encodingjson.pb.gz")
	if err != nil {
		t.Fatal(err)
	}
	return path
}

// drag drags a file over the middle of an element.
func (p *tab) drag(file, selector string, steps ...input.DispatchDragEventType) {
	p.Helper()
	at := eval[[]float64](p, `(r => [r.x + r.width / 2, r.y + r.height / 2])(document.querySelector(`+quote(selector)+`).getBoundingClientRect())`)
	for _, step := range steps {
		call(p, input.DispatchDragEvent, input.DispatchDragEventParams{
			Type: step, X: at[0], Y: at[1], Data: &input.DragData{Items: []*input.DragDataItem{}, Files: []string{file}, DragOperationsMask: 1},
		})
	}
}

// One dropped file and one chosen file give a report. A bad file is refused, and the form keeps what
// was typed.
func TestImportInTheBrowser(t *testing.T) {
	me := newTab(t)
	d := startDashboard(t, t.TempDir())
	file := profileFile(t)
	bad := filepath.Join(t.TempDir(), "notes.txt")
	if err := os.WriteFile(bad, []byte("no profile"), 0o600); err != nil {
		t.Fatal(err)
	}

	me.open(d.url)
	me.click(`main a[href="/imports/new"]`)
	me.until(`document.querySelector('#f-baseline')`)
	me.audit("import")
	me.drag(file, `#f-baseline`, input.DispatchDragEventTypeDragEnter, input.DispatchDragEventTypeDragOver)
	me.until(`document.querySelectorAll('.drop.over').length === 1`)
	me.drag(file, `#f-baseline`, input.DispatchDragEventTypeDrop)
	me.until(`document.querySelector('#f-baseline').files[0]?.name === 'encodingjson.pb.gz' && !document.querySelector('.drop.over')`)
	me.audit("import-dropped")
	me.drag(file, `h1`, input.DispatchDragEventTypeDragEnter, input.DispatchDragEventTypeDragOver, input.DispatchDragEventTypeDrop)
	if path := eval[string](me, `location.pathname`); path != "/imports/new" {
		t.Errorf("after a file was dropped next to the fields, the page is %s", path)
	}

	const tooLarge = `(field => {
		const files = new DataTransfer();
		files.items.add(new File([new ArrayBuffer(2 ** 24 + 1)], 'big.pb.gz'));
		field.files = files.files;
		field.dispatchEvent(new Event('change'));
		return field.validationMessage;
	})(document.querySelector('#f-variant'))`
	if got, want := eval[string](me, tooLarge), "big.pb.gz is larger than 16 MiB"; !strings.HasPrefix(got, want) {
		t.Errorf("message for a file that is too large: %q, want %q", got, want)
	}

	me.do(chromedp.SetUploadFiles(chromedp.CSS(`#f-variant`), []string{bad}))
	me.fill(`#f-title`, "the same twice")
	me.expected = "422"
	me.press(kb.Enter)
	me.until(`document.querySelector('#f-variant[aria-invalid="true"]')`)
	me.expected = ""
	if text := me.text(); !strings.Contains(text, `"notes.txt"`) || eval[string](me, `document.querySelector('#f-title').value`) != "the same twice" {
		t.Errorf("the page says %.600s", text)
	}
	me.audit("import-fault")

	me.do(chromedp.SetUploadFiles(chromedp.CSS(`#f-baseline`), []string{file}), chromedp.SetUploadFiles(chromedp.CSS(`#f-variant`), []string{file}))
	me.click(`#import button`)
	me.until(`location.pathname === '/experiments/1' && !!document.querySelector('.totals')`)
	report := me.text()
	for _, want := range []string{"the same twice", "Not tested", "Whole process, not per operation", "identical, so nothing differs", "Difference flame graph"} {
		if !strings.Contains(report, want) {
			t.Errorf("the report does not say %q", want)
		}
	}
	me.audit("report-import")
	me.open(d.url + "/?case=import")
	me.audit("history-import")
	me.expected = "409"
	if text := me.open(d.url + "/experiments/new?from=1"); !strings.Contains(text, "cannot be cloned") {
		t.Errorf("the clone of an import says %.600q", text)
	}
	me.audit("clone-refused")
}

func TestImportWithoutJavaScript(t *testing.T) {
	p := newTab(t)
	call(p, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: true})
	d := startDashboard(t, t.TempDir())
	file := profileFile(t)
	p.open(d.url + "/imports/new")
	p.do(chromedp.SetUploadFiles(chromedp.CSS(`#f-baseline`), []string{file}), chromedp.SetUploadFiles(chromedp.CSS(`#f-variant`), []string{file}))
	p.click(`#import button`)
	p.until(`document.querySelector('.totals')`)
}
