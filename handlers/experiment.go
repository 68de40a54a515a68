package handlers

import (
	"cmp"
	"context"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/go-chi/chi/v5"

	"heaplab/profiler"
	"heaplab/profiler/heap"
	"heaplab/profiler/report"
	"heaplab/profiler/subject"
	"heaplab/profiler/subject/builtin"
	"heaplab/profiler/subject/imported"
	"heaplab/store"
	"heaplab/store/queue"
	"heaplab/views"
)

// experiment shows the report of an experiment, or its progress until it ends.
func (a *App) experiment(w http.ResponseWriter, r *http.Request) error {
	id, err := pathID(r)
	if err != nil {
		return err
	}
	e, runs, err := a.load(r.Context(), id)
	if err != nil {
		return err
	}
	if !e.State.Terminal() {
		rep, err := a.report(r, e, runs)
		if err != nil {
			return err
		}
		p, err := a.livePage(r.Context(), e, rep, runs)
		if err != nil {
			return err
		}
		return render(w, r, http.StatusOK, views.Live(p))
	}
	p, err := a.reportPage(r, e, runs)
	if err != nil {
		return err
	}
	return render(w, r, http.StatusOK, views.Report(p))
}

// reportPage returns the page of an experiment that has ended.
func (a *App) reportPage(r *http.Request, e profiler.Experiment, runs []profiler.Run) (views.ReportPage, error) {
	rep, err := a.report(r, e, runs)
	if err != nil {
		return views.ReportPage{}, err
	}
	calibrate, err := a.calibrateForm(r.Context(), e)
	if err != nil {
		return views.ReportPage{}, err
	}
	p, err := a.newReportPage(r, rep, fmt.Sprintf("/experiments/%d", e.ID), fmt.Sprintf("/api/v1/experiments/%d/profiles/diff.pb.gz", e.ID))
	if err != nil {
		return p, err
	}
	if !presentable(e, runs) {
		p.Exports = nil
	}
	for i, profile := range p.Report.Profiles { // downloads begins with all of them, unless they are of rows
		if profile.Row == "" {
			p.Downloads[i].Pprof = pprofURL(e.ID, profile.Variant, profile.Kind)
		}
	}
	p.Cloneable = a.moduleOf(e) != nil
	p.Calibrate, p.Pinned, p.Runs, p.Output = calibrate, e.Pinned, runs, e.Output
	if c := builtin.Find(a.Builtin.Cases, e.Design.Case()); c != nil {
		p.LargeURL = views.LargeURL(*c, e.Design.Params)
	}
	if err := a.addJudging(r.Context(), &p, e); err != nil {
		return p, err
	}
	p.Rounds, err = a.roundsForm(r.Context(), e, rep, runs)
	return p, err
}

// newReportPage returns the page of a report. The page is at the path self, the differences of its
// profiles at the path diff.
func (a *App) newReportPage(r *http.Request, rep report.Report, self, diff string) (views.ReportPage, error) {
	rep = atRow(r, rep)
	after := chosenVariant(r, rep)
	changed := differences(diff, rep, after)
	flame, err := a.reportFlame(r, rep, self, after)
	return views.ReportPage{
		Report:    rep,
		After:     after,
		Flame:     flame,
		Commands:  a.commands(rep, after),
		Downloads: slices.Concat(downloads(rep), changed, fileDownloads(rep)),
		Exports:   exports(self, rep, after, kept(r, rep), changed),
		SelfURL:   self,
		SourceURL: sourceURL(rep, self),
	}, err
}

// pathID reads the {id} of an address. If it is not a number, the error is store.ErrNotFound.
func pathID(r *http.Request) (int64, error) {
	id, err := strconv.ParseInt(chi.URLParam(r, "id"), 10, 64)
	if err != nil {
		return 0, store.ErrNotFound
	}
	return id, nil
}

func (a *App) load(ctx context.Context, id int64) (profiler.Experiment, []profiler.Run, error) {
	e, err := a.Store.Experiment(ctx, id)
	if err != nil {
		return e, nil, err
	}
	runs, err := a.Store.Runs(ctx, id)
	return e, runs, err
}

// report computes an experiment's report, with its URL and those of its profiles.
func (a *App) report(r *http.Request, e profiler.Experiment, runs []profiler.Run) (report.Report, error) {
	rep, err := a.newReport(r.Context(), e, runs, r.URL.Query().Get(divideBy))
	if err != nil {
		return rep, err
	}
	base := a.base(r)
	rep.URL = fmt.Sprintf("%s/experiments/%d", base, e.ID)
	for i := range rep.Profiles {
		p := &rep.Profiles[i]
		p.URL = fmt.Sprintf("%s/api/v1/experiments/%d/profiles/%s.pb.gz?kind=%s%s", base, e.ID, p.Variant, p.Kind, rowQuery(p.Row))
		for n := range p.Files {
			p.Files[n].URL = fmt.Sprintf("%s&file=%d", p.URL, n+1)
		}
	}
	return rep, nil
}

// newReport returns the report of an experiment. Per chooses what the values of an import are divided by.
func (a *App) newReport(ctx context.Context, e profiler.Experiment, runs []profiler.Run, per string) (report.Report, error) {
	sides, err := a.Store.Imported(ctx, e.ID)
	if err != nil || len(sides) > 0 {
		return report.NewImportReport(e, sides, per), err
	}
	judgments, err := a.judgments(ctx, e)
	last := report.LastJudgment(judgments)
	rep := report.NewReport(e, runs, last.Calibration)
	if e.Kind != profiler.KindCalibration {
		rep.Judgments = report.NewJudged(judgments)
	}
	if err != nil {
		return rep, err
	}
	return rep, a.addCauses(ctx, &rep)
}

// chosenVariant returns the variant that ?after= names, or the one that a report shows by default if
// there is none of that name.
func chosenVariant(r *http.Request, rep report.Report) string {
	name := r.URL.Query().Get("after")
	for _, v := range rep.Variants[1:] {
		if v.Name == name {
			return name
		}
	}
	return report.Chosen(rep, "")
}

// commands returns shell commands that measure the numbers of a report again and open the profiles of
// the variant that the page shows.
func (a *App) commands(rep report.Report, after string) []views.Command {
	if !rep.Measured() {
		return pprofCommands(rep, after, profiler.Imported)
	}
	var out []views.Command
	s, _ := a.Queue.Subjects.Find(rep.Subject) // nil if this program no longer has it
	if s, ok := s.(subject.Reproducer); ok {
		for _, c := range s.Reproduce(rep.Experiment()) {
			out = append(out, views.Command(c))
		}
	}
	return append(out, pprofCommands(rep, after, profiler.Allocs)...)
}

// pprofCommands returns the commands that open the profiles of the baseline and of another variant.
func pprofCommands(rep report.Report, after string, kind profiler.RunKind) []views.Command {
	baseline := rep.Variants[0].Name
	before, now := rep.Profile(baseline, kind), rep.Profile(after, kind)
	if before == nil || now == nil || before.URL == "" || now.URL == "" {
		return nil
	}
	name := string(heap.AllocSpace)
	if kind == profiler.Imported {
		typ := report.LeadingType(rep)
		name = cmp.Or(before.Summary.TypeNames[typ], string(typ))
		if before.Summary.TypeNames.Own(typ) != "" { // any text from outside, which must not reach a shell
			name = ""
		}
	}
	sampleIndex := ""
	if name != "" {
		sampleIndex = " -sample_index='" + name + "'"
	}
	return []views.Command{
		{
			Title: "Open a profile with pprof",
			Lines: []string{pprofLine(*before)},
		},
		{
			Title: "What changed, function by function",
			Lines: []string{
				fmt.Sprintf("go tool pprof -symbolize=none%s -top \\", sampleIndex),
				fmt.Sprintf("-diff_base '%s' \\", before.URL),
				fmt.Sprintf("'%s'", now.URL),
			},
		},
	}
}

// downloads returns the profiles that the reader of a report may download.
func downloads(rep report.Report) []views.Download {
	var out []views.Download
	for _, p := range rep.Profiles {
		if p.URL == "" || p.Row != "" && len(rep.Rows) > 0 { // the page of its row has it
			continue
		}
		d := views.Download{
			Label: profileName(p.Variant, p.Row, p.Kind),
			URL:   p.URL,
			Bytes: p.Bytes,
		}
		if p.Merged > 1 {
			d.Note = fmt.Sprintf("the sum of %d profiles", p.Merged)
		}
		out = append(out, d)
	}
	return out
}

// fileDownloads returns the files of an import with several files on a side, as they were uploaded.
func fileDownloads(rep report.Report) []views.Download {
	var out []views.Download
	for _, p := range rep.Profiles {
		for i, f := range p.Files {
			if f.URL != "" {
				out = append(out, views.Download{Label: fmt.Sprintf("%s %d: %s", p.Variant, i+1, f.File), URL: f.URL, Bytes: f.Bytes})
			}
		}
	}
	return out
}

func (a *App) cancel(w http.ResponseWriter, r *http.Request) error {
	id, err := pathID(r)
	if err == nil {
		err = a.Queue.Cancel(r.Context(), id)
	}
	if err != nil {
		return err
	}
	return backTo(w, r, id)
}

func (a *App) delete(w http.ResponseWriter, r *http.Request) error {
	id, err := pathID(r)
	if err == nil {
		err = a.Store.Delete(r.Context(), id)
	}
	if err != nil {
		return err
	}
	http.Redirect(w, r, "/", http.StatusSeeOther)
	return nil
}

func (a *App) setTitle(w http.ResponseWriter, r *http.Request) error {
	return a.edit(w, r, func(ctx context.Context, id int64) error {
		return a.editExperiment(ctx, id, edits{Title: new(r.PostForm.Get("title"))})
	})
}

func (a *App) setNote(w http.ResponseWriter, r *http.Request) error {
	return a.edit(w, r, func(ctx context.Context, id int64) error {
		return a.editExperiment(ctx, id, edits{Note: new(r.PostForm.Get("note"))})
	})
}

func (a *App) setTags(w http.ResponseWriter, r *http.Request) error {
	return a.edit(w, r, func(ctx context.Context, id int64) error {
		return a.editExperiment(ctx, id, edits{Tags: new(splitTags(r.PostForm.Get("tags")))})
	})
}

func (a *App) setPin(w http.ResponseWriter, r *http.Request) error {
	return a.edit(w, r, func(ctx context.Context, id int64) error {
		return a.Store.SetPinned(ctx, id, r.PostForm.Get("pinned") == "1")
	})
}

// edits are new texts of an experiment. Those that are nil do not change.
type edits struct {
	Title *string
	Note  *string
	Tags  *[]string
}

// editExperiment changes all texts or, if one has a fault, none.
func (a *App) editExperiment(ctx context.Context, id int64, e edits) error {
	var faults profiler.Faults
	check := func(field, fault string) {
		if fault != "" {
			faults = append(faults, profiler.Fault{Field: field, Message: fault})
		}
	}
	if e.Title != nil {
		*e.Title = strings.TrimSpace(*e.Title)
		check("title", imported.CheckTitle(*e.Title))
		if *e.Title == "" {
			check("title", "is missing: an experiment needs a title")
		}
	}
	if e.Note != nil {
		*e.Note = strings.TrimSpace(*e.Note)
		check("note", queue.CheckNote(*e.Note))
	}
	if e.Tags != nil {
		check("tags", queue.CheckTags(*e.Tags))
	}
	if len(faults) > 0 {
		return faults
	}
	return a.Store.Edit(ctx, id, store.Edits(e))
}

// edit reads the form, changes an experiment and redirects to its page.
func (a *App) edit(w http.ResponseWriter, r *http.Request, change func(context.Context, int64) error) error {
	id, err := pathID(r)
	if err != nil {
		return err
	}
	if err := readForm(r); err != nil {
		return err
	}
	if err := change(r.Context(), id); err != nil {
		return err
	}
	return backTo(w, r, id)
}

func backTo(w http.ResponseWriter, r *http.Request, id int64) error {
	http.Redirect(w, r, fmt.Sprintf("/experiments/%d", id), http.StatusSeeOther)
	return nil
}
