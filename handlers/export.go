package handlers

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"mime"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/go-chi/chi/v5"

	"heaplab/profiler"
	"heaplab/profiler/export"
	"heaplab/profiler/report"
	"heaplab/store"
	"heaplab/views"
)

// A format is a form in which a report leaves this program.
type format struct {
	extension   string
	title, note string // of the link to it
	mime        string
	as          string // "inline" where people copy from it, or else "attachment"
	samples     bool   // it is about samples: an import of one profile per side has none
	row         bool   // it can be about one row; others have all
	write       func(context.Context, views.ReportPage) ([]byte, error)
}

// formats lists the export formats in the order in which pages offer them.
var formats = []format{
	{"md", "Markdown", "for a pull request", "text/plain; charset=utf-8", "inline", false, true, func(_ context.Context, p views.ReportPage) ([]byte, error) {
		return []byte(export.Markdown(p.Document())), nil
	}},
	{"html", "HTML file", "the page, to open offline", "text/html; charset=utf-8", "attachment", false, true, writeFile},
	{"txt", "Benchmark text", "for benchstat", "text/plain; charset=utf-8", "inline", true, false, func(_ context.Context, p views.ReportPage) ([]byte, error) {
		return export.BenchText(p.Report)
	}},
	{"csv", "CSV", "for a spreadsheet", "text/csv; charset=utf-8; header=present", "attachment", true, false, func(_ context.Context, p views.ReportPage) ([]byte, error) {
		return export.CSV(p.Report)
	}},
	{jsonFormat, "JSON", "as in the API", "application/json", "attachment", false, false, func(_ context.Context, p views.ReportPage) ([]byte, error) {
		return json.Marshal(p.Report)
	}},
}

const jsonFormat = "json"

// writeFile writes the page as one file.
func writeFile(ctx context.Context, p views.ReportPage) ([]byte, error) {
	p.File, p.Shared = true, true
	p.Downloads, p.Exports = nil, nil
	var b bytes.Buffer
	err := views.ReportFile(p).Render(ctx, &b)
	return b.Bytes(), err
}

// export sends the report of an experiment that ended with a result in some format.
func (a *App) export(w http.ResponseWriter, r *http.Request) error {
	id, err := pathID(r)
	if err != nil {
		return err
	}
	e, runs, err := a.load(r.Context(), id)
	if err != nil {
		return err
	}
	if !presentable(e, runs) {
		return store.ErrConflict
	}
	rep, err := a.report(r, e, runs)
	if err != nil {
		return err
	}
	p, err := a.newReportPage(r, rep, "", "")
	if err != nil {
		return err
	}
	p.Runs, p.Output = runs, e.Output
	return a.writeExport(w, r, p)
}

// presentable reports whether an experiment has a result that can be shared or exported.
func presentable(e profiler.Experiment, runs []profiler.Run) bool {
	return e.State.Terminal() && (len(runs) > 0 || e.Config.Count == 0)
}

// exportShared sends the report that a token opens in some format.
func (a *App) exportShared(w http.ResponseWriter, r *http.Request) error {
	p, err := a.sharedPage(r)
	if err != nil {
		return err
	}
	return a.writeExport(w, r, p)
}

// fits reports whether a report can be written in the format.
func (f format) fits(rep report.Report) bool {
	return !f.samples || rep.Measured() || len(rep.Comparisons) > 0
}

func (a *App) writeExport(w http.ResponseWriter, r *http.Request, p views.ReportPage) error {
	i := slices.IndexFunc(formats, func(f format) bool { return f.extension == chi.URLParam(r, "format") && f.fits(p.Report) })
	if i < 0 {
		return store.ErrNotFound
	}
	f := formats[i]
	if f.extension == jsonFormat {
		if err := a.addJoined(r.Context(), &p.Report); err != nil {
			return err
		}
	}
	body, err := f.write(r.Context(), p)
	if err != nil {
		return err
	}
	h := w.Header()
	h.Set("Content-Type", f.mime)
	h.Set("Content-Disposition", disposition(f.as, fmt.Sprintf("heaplab-%d-%s.%s", p.Report.ID, p.Report.Case, f.extension)))
	h.Set("Cache-Control", cacheControl(r))
	if f.extension == "html" {
		h.Set("Content-Security-Policy", views.FilePolicy+"; sandbox")
	}
	_, _ = w.Write(body) // an error means that the client is gone
	return nil
}

// disposition names a file that is shown (inline) or saved (attachment). It replaces
// characters that some systems do not allow in file names.
func disposition(as, name string) string {
	name = strings.Map(func(c rune) rune {
		if c == '.' || c == '-' || c == '_' || '0' <= c && c <= '9' || 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' {
			return c
		}
		return '-'
	}, name)
	return mime.FormatMediaType(as, map[string]string{"filename": name})
}

// exports returns the links to a report in all formats, for the variant of its page and with the fields
// of its address that links keep, and to the differences of its profiles, if they can be downloaded.
func exports(self string, rep report.Report, after string, kept url.Values, differences []views.Download) []views.Export {
	fields := url.Values{}
	maps.Copy(fields, kept)
	if after != report.Chosen(rep, "") {
		fields.Set("after", after)
	}
	var out []views.Export
	for _, f := range formats {
		of := maps.Clone(fields)
		if !f.row {
			of.Del(rowField)
		}
		query := ""
		if len(of) > 0 {
			query = "?" + of.Encode()
		}
		if f.fits(rep) {
			out = append(out, views.Export{Title: f.title, Note: f.note, URL: fmt.Sprintf("%s/report.%s%s", self, f.extension, query)})
		}
	}
	if len(differences) > 0 {
		out = append(out, views.Export{Title: "pprof diff", Note: "the difference, as one profile", URL: differences[0].URL})
	}
	return out
}
