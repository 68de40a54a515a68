package handlers

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"mime"
	"net/http"
	"net/url"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"

	"heaplab/profiler"
	"heaplab/profiler/child"
	"heaplab/profiler/report"
	"heaplab/profiler/subject"
	"heaplab/profiler/subject/builtin"
	"heaplab/profiler/words"
	"heaplab/store"
	"heaplab/store/queue"
	"heaplab/views"
)

// launchForm shows the form, filled in from the query or from the experiment ?from=. For htmx, which
// sends a request while a user types, it returns only the preview.
func (a *App) launchForm(w http.ResponseWriter, r *http.Request) error {
	query := r.URL.Query()
	cloned, err := a.cloned(r.Context(), query.Get("from"))
	if err != nil {
		return err
	}
	if cloned != nil {
		if a.moduleOf(*cloned) != nil {
			http.Redirect(w, r, fmt.Sprintf("/benchmarks/new?from=%d", cloned.ID), http.StatusSeeOther)
			return nil
		}
		if reason := a.whyNotCloned(*cloned); reason != "" {
			return refuseClone(w, r, cloned.ID, reason)
		}
	}
	c, values, err := a.formValues(query, cloned)
	if err != nil {
		return err
	}
	p := views.LaunchPage{Form: views.Form{Values: values}, Cases: a.Builtin.Cases, Case: *c}
	if cloned != nil {
		p.From = cloned.ID
	}
	e, faults := a.Queue.Check(launchOf(c.Name, values))
	faults = formFaults(faults, values)
	if p.Preview, err = a.preview(r.Context(), c, e, faults); err != nil {
		return err
	}
	if query.Has("count") { // the form was filled in
		p.Faults = faults
	}
	if fragment(r) {
		return render(w, r, http.StatusOK, views.Preview(p))
	}
	return render(w, r, http.StatusOK, views.Launch(p))
}

// cloned returns the experiment whose id ?from= holds. It is nil if from is "".
func (a *App) cloned(ctx context.Context, from string) (*profiler.Experiment, error) {
	if from == "" {
		return nil, nil
	}
	id, err := strconv.ParseInt(from, 10, 64)
	if err != nil {
		return nil, store.ErrNotFound
	}
	e, err := a.Store.Experiment(ctx, id)
	return &e, err
}

// whyNotCloned says in sentences why the form cannot launch e again. It returns "" if it can.
func (a *App) whyNotCloned(e profiler.Experiment) string {
	s, _ := a.Queue.Subjects.Find(e.Design.Subject) // nil if this program no longer has it
	switch {
	case e.Design.Subject == profiler.SubjectGoBench:
		return "The pages launch benchmarks only of modules that heaplab was started with: start it with --module and the folder of the module. The report has the shell command that repeats it."
	case s != subject.Subject(a.Builtin):
		reason := fmt.Sprintf("The form launches built-in cases only. The subject of this experiment is %q.", words.Plain(e.Design.Subject))
		if _, ok := s.(subject.Reproducer); ok {
			reason += " Its report has the shell command that repeats it."
		}
		return reason
	}
	var reason *profiler.RunError
	if _, err := a.Builtin.Trial(e); errors.As(err, &reason) {
		return reason.Reason
	}
	return ""
}

// refuseClone says why an experiment cannot be launched again. Every page links to the form of a
// new launch.
func refuseClone(w http.ResponseWriter, r *http.Request, id int64, reason string) error {
	return render(w, r, http.StatusConflict, views.Error(views.ErrorPage{
		Status:  http.StatusConflict,
		Title:   fmt.Sprintf("Experiment %d cannot be cloned", id),
		Message: reason,
		Next:    "Go to its report",
		NextURL: fmt.Sprintf("/experiments/%d", id),
	}))
}

// formValues returns the case that the query or the cloned experiment names, and the values of the
// form's fields. The values of the query come first.
func (a *App) formValues(query url.Values, cloned *profiler.Experiment) (*builtin.Case, map[string]string, error) {
	name := query.Get("case")
	if cloned != nil {
		name = cloned.Design.Case()
	}
	c := &a.Builtin.Cases[0]
	if name != "" {
		if c = builtin.Find(a.Builtin.Cases, name); c == nil {
			return nil, nil, store.ErrNotFound
		}
	}
	values := defaultValues(c)
	if cloned != nil {
		fillIn(values, *cloned)
	}
	for field := range values {
		if query.Has(field) {
			values[field] = query.Get(field)
		}
	}
	return c, values, nil
}

// defaultValues returns the fields of the form of c with their defaults.
func defaultValues(c *builtin.Case) map[string]string {
	values := map[string]string{}
	params, _ := c.Resolve(nil)
	fillIn(values, profiler.Experiment{Design: profiler.Design{Params: params}, Config: profiler.DefaultConfig(child.TotalMemory())})
	return values
}

// fillIn sets the form fields of an experiment.
func fillIn(values map[string]string, e profiler.Experiment) {
	for name, v := range e.Design.Params {
		values["param."+name] = fmt.Sprint(v)
	}
	values["count"] = strconv.Itoa(e.Config.Count)
	values["benchtime"] = e.Config.Benchtime
	values["gogc"] = e.Config.GOGC
	values["gomemlimit"] = e.Config.GOMEMLIMIT
	values["gomaxprocs"] = strconv.Itoa(cmp.Or(e.Config.GOMAXPROCS, runtime.GOMAXPROCS(0)))
	values["time_limit"] = timeText(e.Config.TimeLimit)
	values["memory_limit"] = profiler.FormatSize(e.Config.MemoryLimit)
	values["kind"], values["over"], values["values"] = string(e.Kind), "", ""
	if e.Sweep != nil {
		values["over"], values["values"] = e.Sweep.Over, strings.Join(e.Sweep.Values, ", ")
	}
	values["note"] = e.Note
	values["tags"] = strings.Join(e.Tags, " ")
}

// timeText writes a time as people type it: "2m" instead of "2m0s".
func timeText(d time.Duration) string {
	text := d.String()
	if strings.HasSuffix(text, "m0s") {
		text = strings.TrimSuffix(text, "0s")
	}
	if strings.HasSuffix(text, "h0m") {
		text = strings.TrimSuffix(text, "0m")
	}
	return text
}

// launchOf reads form fields.
func launchOf(name string, values map[string]string) queue.Launch {
	l := queue.Launch{
		Subject:     profiler.CaseSubject(name),
		Kind:        profiler.Kind(values["kind"]),
		Params:      map[string]any{},
		Count:       values["count"],
		Benchtime:   values["benchtime"],
		GOGC:        values["gogc"],
		GOMEMLIMIT:  values["gomemlimit"],
		GOMAXPROCS:  values["gomaxprocs"],
		TimeLimit:   values["time_limit"],
		MemoryLimit: values["memory_limit"],
		Note:        values["note"],
		Tags:        splitTags(values["tags"]),
	}
	if l.Kind != profiler.KindCalibration { // the sweep fields say whether it is a sweep
		l.Kind = ""
	}
	if over, list := values["over"], strings.TrimSpace(values["values"]); over != "" || list != "" {
		l.Sweep = over + "=" + list
	}
	for field, value := range values {
		if param, ok := strings.CutPrefix(field, "param."); ok {
			l.Params[param] = value
		}
	}
	return l
}

// formFaults moves the faults of a sweep to the field of its values, or to the field of its setting
// or param if that is missing.
func formFaults(faults profiler.Faults, values map[string]string) profiler.Faults {
	out := slices.Clone(faults)
	for i := range out {
		switch {
		case out[i].Field != "sweep":
		case values["over"] == "":
			out[i] = profiler.Fault{Field: "over", Message: "choose a setting or param for these values, or remove them"}
		default:
			out[i].Field = "values"
		}
	}
	return out
}

// splitTags returns the tags in s, which are separated by spaces or commas, without duplicates.
func splitTags(s string) (tags []string) {
	for _, tag := range strings.FieldsFunc(s, func(r rune) bool { return r == ',' || unicode.IsSpace(r) }) {
		if !slices.Contains(tags, tag) {
			tags = append(tags, tag)
		}
	}
	return tags
}

// launch queues the experiment of the form, or shows the form again with its faults.
func (a *App) launch(w http.ResponseWriter, r *http.Request) error {
	if err := readForm(r); err != nil {
		return err
	}
	values := map[string]string{}
	for field := range r.PostForm {
		values[field] = r.PostForm.Get(field)
	}
	name := values["case"]
	e, err := a.Queue.Launch(r.Context(), launchOf(name, values))
	var faults profiler.Faults
	if errors.As(err, &faults) {
		return a.refuse(w, r, name, values, faults)
	}
	if err != nil {
		return err
	}
	http.Redirect(w, r, fmt.Sprintf("/experiments/%d", e.ID), http.StatusSeeOther)
	return nil
}

// refuse shows the form again with its values and faults.
func (a *App) refuse(w http.ResponseWriter, r *http.Request, name string, values map[string]string, faults profiler.Faults) error {
	c := builtin.Find(a.Builtin.Cases, name)
	if c == nil {
		c = &a.Builtin.Cases[0]
	}
	for field, value := range defaultValues(c) {
		if _, given := values[field]; !given {
			values[field] = value
		}
	}
	p := views.LaunchPage{Form: views.Form{Values: values, Faults: formFaults(faults, values)}, Cases: a.Builtin.Cases, Case: *c}
	return render(w, r, http.StatusUnprocessableEntity, views.Launch(p))
}

// readForm parses a posted form.
func readForm(r *http.Request) error {
	kind, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if r.ContentLength != 0 && kind != "application/x-www-form-urlencoded" {
		return errForm
	}
	return parseError(r.ParseForm())
}

// parseError returns the error of a request that cannot be read, in words.
func parseError(err error) error {
	var large *http.MaxBytesError
	switch {
	case err == nil:
		return nil
	case errors.As(err, &large):
		return tooLarge(fmt.Sprintf("The request is larger than %s. Nothing was stored.", words.Bytes(float64(large.Limit))))
	}
	return badRequest("The request could not be read.")
}

// preview estimates what an experiment takes. It is empty if the experiment has faults.
func (a *App) preview(ctx context.Context, c *builtin.Case, e profiler.Experiment, faults profiler.Faults) (views.LaunchPreview, error) {
	if len(faults) > 0 {
		return views.LaunchPreview{}, nil
	}
	slowness, basis, err := a.slowness(ctx, c, e.Design.Params)
	if err != nil {
		return views.LaunchPreview{}, err
	}
	t, err := a.Builtin.Trial(e)
	if err != nil {
		return views.LaunchPreview{}, nil
	}
	plan, measuring := t.Plan(), 0
	for _, task := range plan {
		if task.Kind == profiler.Measure {
			measuring++
		}
	}
	first := time.Duration(slowness * float64(a.Builtin.Unprepared(t)))
	p := views.LaunchPreview{
		Known:       true,
		Runs:        len(plan),
		Measuring:   measuring,
		Duration:    t.Duration(slowness, nil) + first,
		First:       first,
		Basis:       basis,
		Memory:      t.Memory(),
		MemoryLimit: e.Config.MemoryLimit,
		Decides:     report.Decides(e),
		Rounds:      e.Config.Count,
		Rows:        len(e.Rows()),
		Variants:    len(plan) / (e.Config.Count * len(e.Rows())),
	}
	if e.Kind == profiler.KindComparison {
		p.Predictions = e.Design.Predictions
		p.Variants = len(e.Design.Variants)
	}
	if first > 0 {
		p.FirstWhat = c.Preparation.What
	}
	return p, nil
}

// slowness returns how many times slower this machine ran an experiment of the case than the case
// estimates, and where the number comes from. The experiment has the given params if one has.
func (a *App) slowness(ctx context.Context, c *builtin.Case, params profiler.Params) (float64, string, error) {
	const unknown = "estimated for a machine with two cores: this case has not run here yet"
	evidence, err := a.evidence(ctx, c, params)
	e := cmp.Or(evidence.Best, evidence.Other)
	if err != nil || e == nil || e.Environment["machine"] != hereMachine() {
		return 1, unknown, err
	}
	ran, faults := c.Resolve(e.Design.Params)
	samples, err := a.Store.Samples(ctx, e.ID, profiler.NsPerOp)
	if err != nil || faults != nil {
		return 1, unknown, a.ignoreDamage(err)
	}
	took := samples[profiler.Series{Variant: e.Design.Baseline(), Unit: profiler.NsPerOp}]
	expected := c.Estimate(ran).Op
	if len(took) == 0 || expected <= 0 {
		return 1, unknown, nil
	}
	slowness := float64(report.NewInterval(took).Center) / float64(expected)
	return slowness, fmt.Sprintf("scaled by the speed of experiment %d on this machine", e.ID), nil
}
