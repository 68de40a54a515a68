package handlers

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"slices"

	"heaplab/profiler"
	"heaplab/profiler/child"
	"heaplab/profiler/subject"
	"heaplab/profiler/subject/gobench"
	"heaplab/store/queue"
	"heaplab/views"
)

// Fields of the form that launches benchmarks. The others are those of the form of a case.
const (
	fieldModule   = "module"
	fieldVersions = "versions" // which versions: see views.VersionsWorkTree
	fieldBase     = "base"     // the branch to which views.VersionsBranch refers
)

// benchmarkForm shows the form for the benchmark that the query names, or for those of the experiment ?from=.
func (a *App) benchmarkForm(w http.ResponseWriter, r *http.Request) error {
	query := r.URL.Query()
	cloned, err := a.cloned(r.Context(), query.Get("from"))
	if err != nil {
		return err
	}
	p := views.BenchmarkPage{Form: views.Form{Values: benchmarkDefaults()}}
	m := a.Modules.Find(query.Get(fieldModule))
	if cloned != nil {
		m = a.moduleOf(*cloned)
	}
	if m == nil {
		return errModule
	}
	p.Module, p.Dir, p.Choices = m.Path, m.Dir, m.Choices(r.Context())
	if cloned != nil {
		p.From = cloned.ID
		fillIn(p.Values, *cloned)
		p.Values["title"] = cloned.Design.Title
	}
	for field := range p.Values {
		if query.Has(field) {
			p.Values[field] = query.Get(field)
		}
	}
	if p.Values[fieldVersions] = versionsOf(p.Values, p.Choices); cloned == nil && nothingChanged(p.Choices) && p.Values[fieldVersions] == views.VersionsWorkTree {
		p.Values[fieldVersions] = views.VersionsBranch
	}
	return render(w, r, http.StatusOK, views.BenchmarkLaunch(p))
}

// nothingChanged reports whether only the commits of the current branch can have changed anything.
func nothingChanged(c gobench.Choices) bool { return c.Changed == 0 && c.Own > 0 }

// moduleOf returns the module whose benchmarks an experiment measured. It is nil if they cannot be launched from here.
func (a *App) moduleOf(e profiler.Experiment) *gobench.Module {
	if e.Design.Subject != profiler.SubjectGoBench {
		return nil
	}
	dir, _ := e.Design.Params[gobench.ParamDir].(string)
	return a.Modules.At(dir)
}

// benchmarkDefaults returns the fields of the form with their defaults.
func benchmarkDefaults() map[string]string {
	values := map[string]string{"title": "", fieldBase: "", fieldVersions: ""}
	for _, name := range append(subject.Variants(gobench.MaxVersions), gobench.ParamPackage, gobench.ParamBench) {
		values["param."+name] = ""
	}
	fillIn(values, profiler.Experiment{Config: profiler.DefaultConfig(child.TotalMemory())})
	values["param.before"], values["param.after"] = gobench.Head, gobench.Dirty
	return values
}

// versionsOf returns which choice of versions the fields of a form have.
func versionsOf(values map[string]string, c gobench.Choices) string {
	before, after, more := values["param.before"], values["param.after"], values["param.after-2"]
	switch {
	case more != "":
		return views.VersionsOther
	case before == gobench.Head && after == gobench.Dirty:
		return views.VersionsWorkTree
	case c.Base != "" && before == gobench.MergeBase(c.Base) && after == gobench.Head:
		return views.VersionsBranch
	}
	return views.VersionsOther
}

// setVersions fills in the versions that a choice stands for. It moves other versions up if fields before them are empty.
func setVersions(values map[string]string) {
	names := subject.Variants(gobench.MaxVersions)
	versions := []string{values["param.before"], values["param.after"]}
	for _, name := range names[2:] {
		if v := values["param."+name]; v != "" {
			versions = append(versions, v)
		}
	}
	switch values[fieldVersions] {
	case views.VersionsWorkTree:
		versions = []string{gobench.Head, gobench.Dirty}
	case views.VersionsBranch:
		versions = []string{gobench.MergeBase(values[fieldBase]), gobench.Head}
	}
	versions = append(versions, make([]string, len(names)-len(versions))...)
	for i, name := range names {
		values["param."+name] = versions[i]
	}
}

// launchBenchmark queues the experiment of the form, or shows the form again with its faults.
func (a *App) launchBenchmark(w http.ResponseWriter, r *http.Request) error {
	if err := readForm(r); err != nil {
		return err
	}
	m, err := a.module(r.PostForm.Get(fieldModule))
	if err != nil {
		return err
	}
	values := formFields(r.PostForm)
	setVersions(values)
	var versions []string
	for i, name := range subject.Variants(gobench.MaxVersions) {
		if v := values["param."+name]; v != "" || i < 2 {
			versions = append(versions, v)
		}
	}
	l := moduleLaunch(m, values["param."+gobench.ParamPackage], values["param."+gobench.ParamBench], versions)
	settings := launchOf("", values)
	l.Title, l.Note, l.Tags, l.Sweep = values["title"], settings.Note, settings.Tags, settings.Sweep
	l.Count, l.Benchtime, l.TimeLimit, l.MemoryLimit = settings.Count, settings.Benchtime, settings.TimeLimit, settings.MemoryLimit
	l.GOGC, l.GOMEMLIMIT, l.GOMAXPROCS = settings.GOGC, settings.GOMEMLIMIT, settings.GOMAXPROCS
	e, err := a.Queue.Launch(r.Context(), l)
	var faults profiler.Faults
	if errors.As(err, &faults) {
		if slices.ContainsFunc(subject.Variants(gobench.MaxVersions), func(name string) bool { return faults.For("param."+name) != "" }) {
			values[fieldVersions] = views.VersionsOther // which shows the fields
		}
		p := views.BenchmarkPage{Form: views.Form{Values: values, Faults: formFaults(faults, values)}, Module: m.Path, Dir: m.Dir, Choices: m.Choices(r.Context())}
		return render(w, r, http.StatusUnprocessableEntity, views.BenchmarkLaunch(p))
	}
	if err != nil {
		return err
	}
	http.Redirect(w, r, fmt.Sprintf("/experiments/%d", e.ID), http.StatusSeeOther)
	return nil
}

// formFields returns the fields of the form. Those that were not sent have their defaults.
func formFields(sent url.Values) map[string]string {
	values := benchmarkDefaults()
	for field := range values {
		if sent.Has(field) {
			values[field] = sent.Get(field)
		}
	}
	return values
}

// moduleLaunch returns a launch of benchmarks of a module. They run with the environment of this server.
func moduleLaunch(m *gobench.Module, pkg, bench string, versions []string) queue.Launch {
	l := queue.Launch{
		Subject: profiler.SubjectGoBench, Env: os.Environ(),
		Params: map[string]any{gobench.ParamDir: m.Dir, gobench.ParamPackage: pkg, gobench.ParamBench: bench},
	}
	for i, name := range subject.Variants(len(versions)) {
		if i < len(versions) {
			l.Params[name] = versions[i]
		}
	}
	return l
}
