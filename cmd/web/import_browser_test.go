package main

import (
	"os"
	"path/filepath"
	"slices"
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
	t.Parallel()
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
	t.Parallel()
	p := newTab(t)
	call(p, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: true})
	d := startDashboard(t, t.TempDir())
	file := profileFile(t)
	p.open(d.url + "/imports/new")
	p.do(chromedp.SetUploadFiles(chromedp.CSS(`#f-baseline`), []string{file}), chromedp.SetUploadFiles(chromedp.CSS(`#f-variant`), []string{file}))
	p.click(`#import button`)
	p.until(`document.querySelector('.totals')`)
}

// roundsOf returns the files of one side that writeProfiles wrote.
func roundsOf(t *testing.T, dir, side string) []string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(dir, side, "*.pb.gz"))
	if err != nil || len(files) != 6 {
		t.Fatalf("%v, %v", files, err)
	}
	return files
}

// Several files per side are decided, values can be divided, the title edited, and imports compared.
func TestImportSeveralInTheBrowser(t *testing.T) {
	t.Parallel()
	me := newTab(t)
	d := startDashboard(t, t.TempDir())
	dir := t.TempDir()
	writeProfiles(t, dir)
	before, after := roundsOf(t, dir, "before"), roundsOf(t, dir, "after")

	me.open(d.url + "/imports/new")
	many := slices.Repeat(before, 6)
	me.do(chromedp.SetUploadFiles(chromedp.CSS(`#f-baseline`), many))
	if got, want := eval[string](me, `document.querySelector('#f-baseline').validationMessage`), "These are 36 files: choose at most 32."; got != want {
		t.Errorf("message for too many files: %q, want %q", got, want)
	}
	me.do(chromedp.SetUploadFiles(chromedp.CSS(`#f-baseline`), before), chromedp.SetUploadFiles(chromedp.CSS(`#f-variant`), after))
	me.fill(`#f-baseline_count`, "0")
	me.fill(`#f-variant_count`, "2000")
	me.audit("import-several")
	me.expected = "422"
	me.click(`#import button`)
	me.until(`document.querySelector('#f-baseline_count[aria-invalid="true"]')`)
	me.expected = ""
	me.audit("import-count-fault")

	me.do(chromedp.SetUploadFiles(chromedp.CSS(`#f-baseline`), before), chromedp.SetUploadFiles(chromedp.CSS(`#f-variant`), after))
	me.fill(`#f-baseline_count`, "2000")
	me.click(`#import button`)
	me.until(`location.pathname === '/experiments/1' && !!document.querySelector('.totals')`)
	text := me.text()
	for _, want := range []string{"bytes in use per request: worse than baseline", "Each profile is one round: 6 before and 6 after.", "KiB/request", "Whole profiles"} {
		if !strings.Contains(text, want) {
			t.Errorf("the report does not say %q", want)
		}
	}
	me.audit("report-import-several")
	me.click(`.totals a[href="/experiments/1?divide=profile"]`)
	me.until(`location.search === '?divide=profile' && !document.querySelector('.totals').textContent.includes('/request')`)
	me.open(d.url + "/experiments/1/profile")
	me.audit("profile-import-several")

	me.open(d.url + "/experiments/1")
	me.click(`.keep summary`)
	me.fill(`#keep-title`, "A fifth more")
	me.audit("edit-title")
	me.click(`form[action="/experiments/1/title"] button`)
	me.until(`document.querySelector('h1').textContent.includes('A fifth more')`)
	me.open(d.url + "/compare?id=1:baseline&id=1:variant")
	me.audit("compare-imports")
}

func TestImportSeveralWithoutJavaScript(t *testing.T) {
	t.Parallel()
	p := newTab(t)
	call(p, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: true})
	d := startDashboard(t, t.TempDir())
	dir := t.TempDir()
	writeProfiles(t, dir)
	p.open(d.url + "/imports/new")
	p.do(chromedp.SetUploadFiles(chromedp.CSS(`#f-baseline`), roundsOf(t, dir, "before")), chromedp.SetUploadFiles(chromedp.CSS(`#f-variant`), roundsOf(t, dir, "after")))
	p.click(`#import button`)
	p.until(`document.querySelector('.totals')`)
	if text := p.text(); !strings.Contains(text, "6 before and 6 after") {
		t.Errorf("the report says %.600s", text)
	}
	p.click(`.keep summary`)
	p.fill(`#keep-title`, "Another title")
	p.click(`form[action="/experiments/1/title"] button`)
	p.until(`document.querySelector('h1').textContent.includes('Another title')`)
}
