package handlers

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"heaplab/profiler"
	"heaplab/profiler/subject/imported"
	"heaplab/store/queue"
	"heaplab/views"
)

// The two routes that accept a body of more than maxBody.
const (
	importsPath    = "/imports"
	apiImportsPath = "/api/v1/imports"
)

// Time limits of an import, without the time to read the profiles.
const (
	uploadLimit = 5 * time.Minute  // to receive the request
	answerLimit = 30 * time.Second // to send the response
)

func (a *App) importForm(w http.ResponseWriter, r *http.Request) error {
	return render(w, r, http.StatusOK, views.Import(views.ImportPage{MaxUpload: a.MaxUpload, MaxBinary: a.MaxBinary, Base: a.base(r)}))
}

// importProfiles stores the profiles of the form, or shows the form again with its faults.
func (a *App) importProfiles(w http.ResponseWriter, r *http.Request) error {
	e, values, err := a.takeImport(w, r)
	var faults profiler.Faults
	if errors.As(err, &faults) {
		p := views.ImportPage{Form: views.Form{Values: values, Faults: faults}, MaxUpload: a.MaxUpload, MaxBinary: a.MaxBinary, Base: a.base(r)}
		return render(w, r, http.StatusUnprocessableEntity, views.Import(p))
	}
	if err != nil {
		return err
	}
	http.Redirect(w, r, fmt.Sprintf("/experiments/%d", e.ID), http.StatusSeeOther)
	return nil
}

type importInput struct{ Caller }

func (a *App) apiImport(_ context.Context, in *importInput) (*launchOutput, error) {
	e, _, err := a.takeImport(in.response, in.request)
	if err != nil {
		return nil, err
	}
	return a.launched(in.request, e), nil
}

// importBody describes what apiImport reads.
var importBody = &huma.RequestBody{
	Required: true,
	Content: map[string]*huma.MediaType{"multipart/form-data": {Schema: &huma.Schema{
		Type:     huma.TypeObject,
		Required: []string{profiler.ImportBaseline},
		Properties: map[string]*huma.Schema{
			profiler.ImportBaseline:                        filesSchema("the heap profiles before, in pprof's format or another that heaplab reads, compressed or not: repeat the field for several. Each is a round. Or one file of Go benchmark text or of the output of go test -json"),
			profiler.ImportVariant:                         filesSchema("the heap profiles after. Or files of benchmark text: each is a side, compared with the baseline. Without any, the names in the file before must have a part such as /variant=pool. The same benchmark text again gives the same experiment"),
			profiler.ImportBinary(profiler.ImportBaseline): {Type: huma.TypeString, Format: "binary", Description: "the program that was profiled before, if the profiles have addresses instead of names: an ELF file of the same build, up to 256 MiB. The profiles are stored with the names that it gives"},
			profiler.ImportBinary(profiler.ImportVariant):  {Type: huma.TypeString, Format: "binary", Description: "the program that was profiled after"},
			"title": {Type: huma.TypeString, Description: "up to 200 bytes; by default made from the file names"},
			"note":  {Type: huma.TypeString},
			"tags":  {Type: huma.TypeString, Description: "separated by spaces or commas"},

			imported.FieldBaselineCount: {Type: huma.TypeNumber, Description: "how many requests, seconds or other units each profile before covers: values are divided by it"},
			imported.FieldVariantCount:  {Type: huma.TypeNumber, Description: "likewise for each profile after"},
			imported.FieldCountUnit:     {Type: huma.TypeString, Description: "what is counted; requests by default"},
		},
	}, Example: map[string]any{
		profiler.ImportBaseline: "BenchmarkDecode-8  100  5120 ns/op  64 B/op\n",
		profiler.ImportVariant:  []string{"BenchmarkDecode-8  100  4096 ns/op  48 B/op\n"},
		"title":                 "a smaller buffer",
	}}},
}

// filesSchema describes a field with files.
func filesSchema(description string) *huma.Schema {
	most := profiler.MaxImportedFiles
	return &huma.Schema{Type: huma.TypeArray, Items: &huma.Schema{Type: huma.TypeString, Format: "binary"}, MaxItems: &most, Description: description}
}

// takeImport receives an import and stores it. It also returns the text fields of the form. The
// files are in a temporary folder meanwhile.
func (a *App) takeImport(w http.ResponseWriter, r *http.Request) (e profiler.Experiment, values map[string]string, err error) {
	// Uploads take longer than other requests, and wait for other imports.
	control := http.NewResponseController(w)
	if err := errors.Join(control.SetReadDeadline(time.Now().Add(uploadLimit)), control.SetWriteDeadline(time.Time{})); err != nil {
		return e, nil, err
	}
	defer func() { _ = control.SetWriteDeadline(time.Now().Add(answerLimit)) }() // fails only if the sender is gone
	leave, err := a.Queue.Admit()
	if err != nil {
		_, _ = io.Copy(io.Discard, uploadBody(w, r, a.MaxBinary)) // a client that is still sending would not read the response
		return e, nil, err
	}
	defer leave()
	dir, err := os.MkdirTemp(a.Queue.Executor.Dir, "import-")
	if err != nil {
		return e, nil, fmt.Errorf("make a folder for the upload: %w", err)
	}
	defer os.RemoveAll(dir)
	in, err := receive(w, r, dir, &a.uploading, a.MaxUpload, a.MaxBinary)
	defer in.release()
	if err != nil {
		return e, nil, err
	}
	if err := control.SetReadDeadline(time.Time{}); err != nil { // the deadline of the body would end the request
		return e, nil, err
	}
	if len(in.faults) > 0 {
		return e, in.values, append(in.faults, queue.CheckImport(in.form())...)
	}
	ctx, cancel := a.untilStopping(r.Context())
	defer cancel()
	e, err = a.Queue.Import(ctx, a.Imported, in.form())
	return e, in.values, err
}

// untilStopping returns a context that ends with errStopping when the server stops.
func (a *App) untilStopping(parent context.Context) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancelCause(parent)
	go func() {
		select {
		case <-a.Stopping:
			cancel(errStopping)
		case <-ctx.Done():
		}
	}()
	return ctx, func() { cancel(nil) }
}
