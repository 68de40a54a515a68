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
	"heaplab/profiler/subject/builtin"
	"heaplab/store"
	"heaplab/store/queue"
	"heaplab/views"
)

// launchForm shows the form, filled in from the query or from the experiment ?from=. For
// htmx, which asks as somebody types, it answers with the preview alone.
func (a *App) launchForm(w http.ResponseWriter, r *http.Request) error {
	query := r.URL.Query()
	c, values, from, err := a.formValues(r.Context(), query)
	if err != nil {
		return err
	}
	p := views.LaunchPage{Form: views.Form{Values: values}, Cases: a.Builtin.Cases, Case: *c, From: from}
	e, faults := a.Queue.Check(launchOf(c.Name, values))
	faults = formFaults(faults, values)
	if p.Preview, err = a.preview(r.Context(), c, e, faults); err != nil {
		return err
	}
	if query.Has("count") { // somebody filled the form in: say what is wrong so far
		p.Faults = faults
	}
	if fragment(r) {
		return render(w, r, http.StatusOK, views.Preview(p))
	}
	return render(w, r, http.StatusOK, views.Launch(p))
}

// formValues chooses the case and what stands in the form's fields.
func (a *App) formValues(ctx context.Context, query url.Values) (*builtin.Case, map[string]string, int64, error) {
	name := query.Get("case")
	var cloned *profiler.Experiment
	if from := query.Get("from"); from != "" {
		id, err := strconv.ParseInt(from, 10, 64)
		if err != nil {
			return nil, nil, 0, store.ErrNotFound
		}
		e, err := a.Store.Experiment(ctx, id)
		if err != nil {
			return nil, nil, 0, err
		}
		cloned, name = &e, e.Design.Case()
	}
	c := &a.Builtin.Cases[0]
	if name != "" {
		if c = builtin.Find(a.Builtin.Cases, name); c == nil {
			return nil, nil, 0, store.ErrNotFound
		}
	}
	values, from := defaultValues(c), int64(0)
	if cloned != nil {
		fillIn(values, *cloned)
		from = cloned.ID
	}
	for field := range values {
		if query.Has(field) {
			values[field] = query.Get(field)
		}
	}
	return c, values, from, nil
}

// defaultValues are the fields of c's form.
func defaultValues(c *builtin.Case) map[string]string {
	values := map[string]string{}
	params, _ := c.Resolve(nil)
	fillIn(values, profiler.Experiment{Design: profiler.Design{Params: params}, Config: profiler.DefaultConfig(child.TotalMemory())})
	return values
}

// fillIn writes an experiment into form fields.
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

// timeText writes a time as somebody types it: "2m", not "2m0s".
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
	if l.Kind != profiler.KindCalibration { // the form says so by what it sweeps over
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

// formFaults puts the faults of a sweep at the field of its values, or at that of what they
// are of, where that is missing.
func formFaults(faults profiler.Faults, values map[string]string) profiler.Faults {
	out := slices.Clone(faults)
	for i := range out {
		switch {
		case out[i].Field != "sweep":
		case values["over"] == "":
			out[i] = profiler.Fault{Field: "over", Message: "say what these values are of, or leave them out"}
		default:
			out[i].Field = "values"
		}
	}
	return out
}

// splitTags reads tags that are parted by blanks or commas, each once.
func splitTags(s string) (tags []string) {
	for _, tag := range strings.FieldsFunc(s, func(r rune) bool { return r == ',' || unicode.IsSpace(r) }) {
		if !slices.Contains(tags, tag) {
			tags = append(tags, tag)
		}
	}
	return tags
}

// launch queues what the form asks for, or shows it again with each fault at its field.
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

// refuse shows the form as it was filled in.
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

// readForm reads a form that was posted.
func readForm(r *http.Request) error {
	kind, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if r.ContentLength != 0 && kind != "application/x-www-form-urlencoded" {
		return errForm
	}
	return parseError(r.ParseForm())
}

// parseError tells a body that is too large from one that cannot be read.
func parseError(err error) error {
	var large *http.MaxBytesError
	if err == nil || errors.As(err, &large) {
		return err
	}
	return badRequest("The request could not be read.")
}

// preview says what an experiment would take, if it has no faults.
func (a *App) preview(ctx context.Context, c *builtin.Case, e profiler.Experiment, faults profiler.Faults) (views.LaunchPreview, error) {
	if len(faults) > 0 {
		return views.LaunchPreview{}, nil
	}
	slowness, basis, err := a.slowness(ctx, c)
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

// slowness returns how many times slower this machine ran the case's latest experiment than the
// case estimates, and how that is known.
func (a *App) slowness(ctx context.Context, c *builtin.Case) (float64, string, error) {
	const unknown = "estimated for a machine of two cores; nothing of this case has run here yet"
	latest, err := a.latest(ctx, c)
	if err != nil || latest == nil {
		return 1, unknown, err
	}
	params, faults := c.Resolve(latest.Design.Params)
	samples, err := a.Store.Samples(ctx, latest.ID, profiler.NsPerOp)
	if err != nil || faults != nil {
		return 1, unknown, err
	}
	took := samples[profiler.Series{Variant: latest.Design.Baseline(), Unit: profiler.NsPerOp}]
	expected := c.Estimate(params).Op
	if len(took) == 0 || expected <= 0 {
		return 1, unknown, nil
	}
	slowness := float64(report.NewInterval(took).Center) / float64(expected)
	return slowness, fmt.Sprintf("scaled by how fast experiment %d ran here", latest.ID), nil
}
