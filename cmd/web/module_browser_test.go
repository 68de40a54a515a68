package main

import (
	"math"
	"os/exec"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/emulation"

	"heaplab/profiler"
	"heaplab/profiler/report"
)

func (m goModule) git(args ...string) {
	m.Helper()
	cmd := exec.Command("git", args...)
	cmd.Dir = m.dir
	if out, err := cmd.CombinedOutput(); err != nil {
		m.Fatalf("git %q: %v\n%s", args, err, out)
	}
}

// newImprovedModule returns a repository whose last commit is wasteful, and whose work tree is good.
func newImprovedModule(t *testing.T) goModule {
	m := newGoModule(t)
	m.git("-c", "user.name=test", "-c", "user.email=test@localhost", "commit", "--quiet", "--all", "-m", "wasteful")
	m.write("words.go", goodCode)
	return m
}

// A benchmark of an allowed module is launched from the page, followed, and its report names the cause. The list and
// the form work without JavaScript, too.
func TestLaunchBenchmarkInTheBrowser(t *testing.T) {
	t.Parallel()
	me := newTab(t)
	m := newImprovedModule(t)
	d := startDashboard(t, t.TempDir(), "--module", m.dir)
	scripts := func(on bool) {
		call(me, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: !on})
	}

	me.open(d.url + "/experiments/new")
	me.click(`main a[href="/benchmarks"]`)
	me.until(`document.querySelector('#list a code')`)
	me.audit("benchmarks")
	me.fill(`[name="q"]`, "nothing like it")
	me.until(`!document.querySelector('#list a code')`)
	me.fill(`[name="q"]`, "join")
	me.click(`#list li a`)
	me.until(`document.querySelector('#launch')`)
	me.audit("benchmark-launch")

	scripts(false)
	me.open(d.url + "/benchmarks")
	me.fill(`[name="q"]`, "join")
	me.click(`[role="search"] button`)
	me.until(`location.search.includes('q=join')`)
	me.click(`#list li a`)
	me.click(`[value="other"]`)
	me.fill(`#f-param-before`, "nowhere")
	me.fill(`#f-count`, "2")
	me.fill(`#f-benchtime`, "100000x") // so that what the runtime allocates for itself is less than a byte per operation
	me.fill(`#f-title`, "A builder for Join")
	me.expected = "422"
	me.click(`#launch button.primary`)
	me.until(`document.querySelector('#f-param-before[aria-invalid="true"]')`)
	me.expected = ""
	scripts(true)
	me.audit("benchmark-launch-fault")
	if got := eval[string](me, `document.querySelector('#f-param-before').value + document.querySelector('#f-title').value`); got != "nowhereA builder for Join" {
		t.Errorf("after a fault, the form has %q", got)
	}
	me.click(`[value="work-tree"]`)
	me.click(`#launch button.primary`)
	me.until(`location.pathname === '/experiments/1' && document.querySelector('[data-live]')`)
	me.untilReport(1)
	text := me.text()
	for _, want := range []string{"A builder for Join", "BenchmarkJoin", "words.Join", "words.go:10"} {
		if !strings.Contains(text, want) {
			t.Errorf("the report does not say %q", want)
		}
	}
	r := d.await(1, ended)
	if r.State != profiler.Done {
		t.Fatalf("%s: %s", r.State, r.Error)
	}
	if c := r.Comparison("after", profiler.BytesPerOp); c == nil || c.Verdict != report.Better || math.Round(float64(c.Baseline.Center)) != 248 || math.Round(float64(c.Value.Center)) != 64 {
		t.Errorf("comparison of B/op = %+v, want 248 and 64", c)
	}
	if causes := report.CausesOf(r, "after"); len(causes) != 1 || causes[0].Function != "example.com/words.Join" || causes[0].Place() != "words.go:10" {
		t.Errorf("causes = %+v", causes)
	}

	me.open(d.url + "/experiments/1")
	me.click(`.actions a[href="/experiments/new?from=1"]`)
	me.until(`document.querySelector('#f-title')?.value === 'A builder for Join'`)
	if got := eval[string](me, `document.querySelector('#f-param-bench').value + ' ' + document.querySelector('[name="versions"]:checked').value + ' ' + document.querySelector('#f-count').value`); got != "^BenchmarkJoin$ work-tree 2" {
		t.Errorf("the clone has %q", got)
	}
}
