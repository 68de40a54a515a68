package handlers

import (
	"context"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"heaplab/profiler/subject/gobench"
	"heaplab/views"
)

const (
	benchmarksPerPage = 60
	listPatience      = time.Second // that a page waits for a list; then it shows the list of the last time
)

// module returns the module with a path among those that the server allows.
func (a *App) module(path string) (*gobench.Module, error) {
	if m := a.Modules.Find(path); m != nil {
		return m, nil
	}
	return nil, errModule
}

// benchmarks lists the benchmarks of a module, to choose one.
func (a *App) benchmarks(w http.ResponseWriter, r *http.Request) error {
	query := r.URL.Query()
	if len(a.Modules) == 0 {
		return render(w, r, http.StatusOK, views.Benchmarks(views.BenchmarksPage{}))
	}
	m := a.Modules[0]
	if query.Has("module") {
		var err error
		if m, err = a.module(query.Get("module")); err != nil {
			return err
		}
	}
	list := benchmarksOf(r.Context(), m)
	p := views.BenchmarksPage{Module: m.Path, Query: strings.TrimSpace(query.Get("q")), List: list, Self: r.URL.RequestURI()}
	for _, m := range a.Modules {
		p.Modules = append(p.Modules, m.Path)
	}
	found := list.Search(p.Query)
	number, _ := strconv.Atoi(query.Get("page")) // without a number, it is the first
	last := max(1, (len(found)+benchmarksPerPage-1)/benchmarksPerPage)
	number = min(max(number, 1), last)
	p.Found, p.First = len(found), (number-1)*benchmarksPerPage
	p.Shown = found[p.First:min(p.First+benchmarksPerPage, len(found))]
	if number > 1 {
		p.Previous = benchmarksURL(p, number-1)
	}
	if number < last {
		p.Next = benchmarksURL(p, number+1)
	}
	if fragment(r) {
		return render(w, r, http.StatusOK, views.BenchmarkList(p))
	}
	return render(w, r, http.StatusOK, views.Benchmarks(p))
}

// benchmarksOf returns the benchmarks of a module. If reading its files takes too long, they are those of the last time.
func benchmarksOf(ctx context.Context, m *gobench.Module) gobench.List {
	ctx, cancel := context.WithTimeout(ctx, listPatience)
	defer cancel()
	return m.Benchmarks(ctx)
}

// benchmarksURL returns the address of another page of the same list.
func benchmarksURL(p views.BenchmarksPage, page int) string {
	query := url.Values{"module": {p.Module}, "page": {strconv.Itoa(page)}}
	if p.Query != "" {
		query.Set("q", p.Query)
	}
	return "/benchmarks?" + query.Encode()
}
