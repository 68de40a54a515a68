package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"mime/multipart"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"heaplab/handlers"
	"heaplab/profiler"
	"heaplab/profiler/export"
	"heaplab/profiler/report"
	"heaplab/profiler/subject/imported"
	"heaplab/profiler/words"
)

// Exit statuses of heaplab import, besides 0.
const (
	exitHolds = 1 // a condition of --fail-if holds
	exitError = 2 // also of wrong flags, see main
)

type importCmd struct {
	Before      string   `arg:"" help:"Heap profiles before the change: a file, several separated by commas, a pattern such as 'before-*.pb.gz', or a folder. Several profiles must be of separate runs. Or a file of benchmark text."`
	After       []string `arg:"" optional:"" help:"Heap profiles after the change, likewise. Of benchmark text, every file is compared; a file whose names have /variant= needs none."`
	FailIf      []string `help:"Exit with status 1 if this holds, such as 'inuse_space>+5%', 'alloc_space>64MiB' or 'func:main.load inuse_space>+1MiB', or of benchmark text 'B/op>+5%'; may be given several times." placeholder:"CONDITION" sep:"none"`
	Title       string   `help:"Title of the experiment; by default the names of the files." placeholder:"TEXT"`
	Note        string   `help:"Note about the experiment." placeholder:"TEXT"`
	Tags        string   `help:"Tags, separated by commas." placeholder:"TAGS"`
	BeforeCount string   `help:"Number of requests, seconds or other units that each profile of the baseline covers: values are divided by it." placeholder:"N"`
	AfterCount  string   `help:"Likewise of each profile after." placeholder:"N"`
	CountUnit   string   `help:"What is counted; requests by default." placeholder:"UNIT"`
}

// An exitStatus is an error with an exit status.
type exitStatus struct {
	error
	status int
}

func (e exitStatus) Unwrap() error { return e.error }

// ExitCode is for kong.
func (e exitStatus) ExitCode() int { return e.status }

// Run imports the profiles and writes the report in Markdown.
func (i *importCmd) Run(ctx context.Context, c *cli) error {
	holds, err := i.run(ctx, c)
	switch {
	case err != nil:
		return exitStatus{err, exitError}
	case len(holds) > 0:
		return exitStatus{fmt.Errorf("--fail-if: %s", strings.Join(holds, "\n--fail-if: ")), exitHolds}
	}
	return nil
}

// run returns the conditions that hold.
func (i *importCmd) run(ctx context.Context, c *cli) (holds []string, err error) {
	u := importUpload{fields: map[string]string{
		"title": i.Title, "note": i.Note, "tags": i.Tags, "baseline_count": i.BeforeCount, "variant_count": i.AfterCount, "count_unit": i.CountUnit,
	}}
	if u.before, err = profileFiles(i.Before); err != nil {
		return nil, err
	}
	for _, arg := range i.After {
		files, err := profileFiles(arg)
		if err != nil {
			return nil, err
		}
		u.after = append(u.after, files...)
	}
	gates, err := i.gates(imported.Upload{Path: u.before[0]}.IsBenchmarks())
	if err != nil {
		return nil, err
	}
	const most = 200 // bytes of a title
	if title := i.Before + " → " + strings.Join(i.After, " → "); i.Title == "" && len(u.before)+len(u.after) > 2 && len(title) <= most {
		u.fields["title"] = title
	}
	if err := u.checkSize(); err != nil {
		return nil, err
	}
	api, own, err := serverOf(ctx, c.Data, c.folders())
	if err != nil {
		return nil, err
	}
	if own != nil {
		defer func() { err = errors.Join(err, own.close()) }()
		api.host = defaultAddr // where the report can be opened later
	}
	id, err := api.importProfiles(ctx, u)
	if err != nil {
		return nil, err
	}
	rep, err := api.report(ctx, id)
	if err != nil {
		return nil, err
	}
	if err := api.markdown(ctx, id, os.Stdout); err != nil {
		return nil, err
	}
	outcomes, err := judge(rep, gates)
	if text := export.Outcomes(outcomes); text != "" {
		fmt.Print("\n", text)
	}
	writeAddress(os.Stderr, c, own, rep)
	return held(outcomes), err
}

// gates parses the conditions. Those of benchmark text are about its units.
func (i *importCmd) gates(benchmarks bool) (gates []report.Gate, err error) {
	for _, text := range i.FailIf {
		var parsed []report.Gate
		if benchmarks {
			parsed, err = report.ParseUnitGates(text)
		} else {
			parsed = make([]report.Gate, 1)
			parsed[0], err = report.ParseGate(text)
		}
		if err != nil {
			return nil, fmt.Errorf("--fail-if %w", err)
		}
		gates = append(gates, parsed...)
	}
	return gates, nil
}

// judge applies the conditions, and returns the errors of those that cannot be applied.
func judge(r report.Report, gates []report.Gate) (outcomes []report.Outcome, err error) {
	for _, g := range gates {
		found := make([]report.Outcome, 1)
		var failed error
		if g.Unit != "" {
			found, failed = g.JudgeUnit(r)
		} else {
			found[0], failed = g.Judge(r)
		}
		if failed != nil {
			err = errors.Join(err, fmt.Errorf("--fail-if %w", failed))
			continue
		}
		outcomes = append(outcomes, found...)
	}
	return outcomes, err
}

// profileFiles returns the files that an argument names: one file, a list, patterns, or all files of a
// folder.
func profileFiles(arg string) ([]string, error) {
	if files, err := filesAt(arg); err == nil || !strings.ContainsAny(arg, ",*?[") {
		return files, err
	}
	var all []string
	for name := range strings.SplitSeq(arg, ",") {
		found, err := filesAt(name)
		if errors.Is(err, fs.ErrNotExist) {
			matches, bad := filepath.Glob(name)
			switch {
			case bad != nil:
				return nil, fmt.Errorf("%s: not a pattern: %w", name, bad)
			case len(matches) == 0 && strings.ContainsAny(name, "*?["):
				return nil, fmt.Errorf("%s: no file matches this pattern", name)
			}
			if len(matches) > 0 {
				found, err = matches, nil
			}
		}
		if err != nil {
			return nil, err
		}
		all = append(all, found...)
	}
	return all, checkFiles(arg, all)
}

// filesAt returns a file, or the files of a folder without those whose names begin with a dot.
func filesAt(name string) ([]string, error) {
	info, err := os.Stat(name)
	if err != nil {
		return nil, err
	}
	if !info.IsDir() {
		return []string{name}, checkFiles(name, []string{name})
	}
	entries, err := os.ReadDir(name)
	if err != nil {
		return nil, err
	}
	entries = slices.DeleteFunc(entries, func(e fs.DirEntry) bool { return e.IsDir() || strings.HasPrefix(e.Name(), ".") })
	var files []string
	for _, e := range entries {
		files = append(files, filepath.Join(name, e.Name()))
	}
	if len(files) == 0 {
		return nil, fmt.Errorf("%s: the folder has no files", name)
	}
	return files, checkFiles(name, files)
}

// checkFiles returns an error if there are too many files, or if one cannot be opened.
func checkFiles(arg string, files []string) error {
	if len(files) > profiler.MaxImportedFiles {
		return fmt.Errorf("%s: these are %d files; at most %d can be compared on a side", arg, len(files), profiler.MaxImportedFiles)
	}
	for _, name := range files {
		file, err := os.Open(name)
		if err != nil {
			return err
		}
		if err := file.Close(); err != nil {
			return err
		}
	}
	return nil
}

// An importUpload is the content of a request that imports profiles.
type importUpload struct {
	before, after []string // files
	fields        map[string]string
}

// checkSize returns an error if the files are too large for a request.
func (u importUpload) checkSize() error {
	var size int64
	for _, name := range slices.Concat(u.before, u.after) {
		info, err := os.Stat(name)
		if err != nil {
			return err
		}
		size += info.Size()
	}
	if size > handlers.MaxUploadTotal {
		return fmt.Errorf("the files have %s; an import may have %s", words.Bytes(float64(size)), words.Bytes(handlers.MaxUploadTotal))
	}
	return nil
}

// importProfiles sends the files and returns the id of the experiment.
func (c client) importProfiles(ctx context.Context, u importUpload) (int64, error) {
	var launched struct {
		ID int64 `json:"id"`
	}
	body, writer := io.Pipe()
	defer body.Close() // ends the goroutine
	form := multipart.NewWriter(writer)
	go func() { writer.CloseWithError(u.write(form)) }()
	err := c.send(ctx, http.MethodPost, "/api/v1/imports", form.FormDataContentType(), body, &launched)
	return launched.ID, err
}

// write writes the form.
func (u importUpload) write(form *multipart.Writer) error {
	for name, value := range u.fields {
		if value != "" {
			if err := form.WriteField(name, value); err != nil {
				return err
			}
		}
	}
	for _, side := range []struct {
		field string
		files []string
	}{{profiler.ImportBaseline, u.before}, {profiler.ImportVariant, u.after}} {
		for _, name := range side.files {
			if err := writeFile(form, side.field, name); err != nil {
				return err
			}
		}
	}
	return form.Close()
}

func writeFile(form *multipart.Writer, field, name string) error {
	file, err := os.Open(name)
	if err != nil {
		return err
	}
	defer file.Close()
	part, err := form.CreateFormFile(field, filepath.Base(name))
	if err != nil {
		return err
	}
	_, err = io.Copy(part, file)
	return err
}

// markdown writes the report of an experiment in Markdown.
func (c client) markdown(ctx context.Context, id int64, w io.Writer) error {
	return c.send(ctx, http.MethodGet, fmt.Sprintf("/experiments/%d/report.md", id), "", nil, w)
}
