package main

import (
	"strings"
	"testing"
)

// pprofPages checks pprof's own pages for experiment 1: they work in their sandbox, and their policy
// blocks nothing that they need.
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
		t.Errorf("origin of the report = %s", origin)
	}
}

// sourcePages checks the source lines of experiment 1 for several choices.
func sourcePages(t *testing.T, p *tab, url string) {
	p.open(url + "/experiments/1")
	p.click(`a[href="/experiments/1/source?after=preallocated"]`)
	p.until(`document.querySelector('.listing .marked')?.innerText.includes('make([]T, n)')`)
	p.audit("source")
	p.click(`.sources-table a[href*="Trainer.forward"]`)
	p.until(`document.querySelectorAll('.listing .marked').length > 3 && location.hash === '#lines-h'`)
	p.look(390, "light")
	if wide := eval[bool](p, `(e => e.scrollWidth > e.clientWidth)(document.querySelector('.scroll:has(.listing)'))`); !wide {
		t.Error("long lines do not scroll within their listing")
	}
	p.audit("source-forward")
	p.click(`.choice a[href*="kind=peak"]`)
	p.until(`document.querySelector('.lead').innerText.includes('in use at the peak')`)
	p.audit("source-peak")
}
