package main

import (
	"strings"
	"testing"
)

// pprofPages looks at pprof's own pages of a profile of experiment 1: they work in their
// sandbox, and nothing that they do is refused by their policy.
func pprofPages(t *testing.T, p *tab, url string) {
	p.open(url + "/experiments/1")
	p.click(`.files a[href="/experiments/1/pprof/fresh/allocs/"]`)
	p.until(`document.querySelectorAll('#stack-chart .boxbg').length > 3`)
	if origin := eval[string](p, "self.origin"); origin != "null" {
		t.Errorf("pprof's pages have the origin %s", origin)
	}
	eval[bool](p, `(box => { box.click(); return true })([...document.querySelectorAll('.boxbg')].at(-1))`)
	p.until(`location.search.startsWith('?p=')`)
	p.screenshot("pprof-flamegraph")

	follow := func(link, until string) {
		eval[bool](p, `(a => { a.click(); return true })(document.querySelector('`+link+`'))`)
		p.until(until)
	}
	follow(`#topbtn`, `document.querySelectorAll('#rows tr').length > 3`)
	follow(`#sampletype-alloc_objects`, `location.search.includes('si=alloc_objects') && document.querySelectorAll('#rows tr').length > 3`)
	if text := p.text(); !strings.Contains(text, "Floats") || strings.Contains(text, "Disassemble") {
		t.Errorf("top says %.500q", text)
	}
	p.screenshot("pprof-top")
	follow(`#peek`, `document.querySelector('#content pre').innerText.includes('flat%')`)
	p.screenshot("pprof-peek")
	follow(`.title a`, `location.pathname === '/experiments/1' && !!document.querySelector('.verdict')`)
	if origin := eval[string](p, "self.origin"); origin != url {
		t.Errorf("behind them the origin is %s", origin)
	}
}
