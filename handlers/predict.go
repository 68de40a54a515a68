package handlers

import (
	"context"
	"errors"
	"net/http"
	"os"
	"slices"

	"heaplab/profiler/weights"
	"heaplab/views"
)

// predict shows what techniques would save on a file of the folder of models.
func (a *App) predict(w http.ResponseWriter, r *http.Request) error {
	p := views.PredictPage{Folder: a.Models != "", File: r.URL.Query().Get("file"), Cases: a.Builtin.Cases}
	status, err := a.fillPrediction(r.Context(), &p)
	if err != nil {
		return err
	}
	return render(w, r, status, views.Predict(p))
}

// fillPrediction lists the models and predicts for the chosen one. What is wrong with that one is
// said on the page.
func (a *App) fillPrediction(ctx context.Context, p *views.PredictPage) (status int, err error) {
	if !p.Folder {
		if p.File == "" {
			return http.StatusOK, nil
		}
		p.Fault = "The link names a model, but this dashboard was started without a folder of models."
		return http.StatusNotFound, nil
	}
	root, err := os.OpenRoot(a.Models)
	if err != nil {
		return 0, err
	}
	defer root.Close()
	files, err := weights.List(root)
	if err != nil {
		return 0, err
	}
	for _, file := range files {
		p.Models = append(p.Models, views.ModelFile{Name: file.Name(), Bytes: file.Size()})
	}
	if p.File == "" {
		return http.StatusOK, nil
	}
	if !slices.ContainsFunc(p.Models, func(m views.ModelFile) bool { return m.Name == p.File }) {
		p.Fault = "There is no such file in the folder of models. It may have been renamed or removed; choose another."
		return http.StatusNotFound, nil
	}
	file, err := readModel(ctx, root, p.File)
	var fault weights.Fault
	switch {
	case errors.As(err, &fault):
		p.Fault = p.File + " " + fault.Error() + "."
		return http.StatusUnprocessableEntity, nil
	case ctx.Err() != nil:
		return 0, ctx.Err()
	case err != nil:
		a.Log.Error("read a model", "error", err)
		p.Fault = p.File + " cannot be read by the server, whose log says why."
		return http.StatusUnprocessableEntity, nil
	}
	prediction := weights.Predict(file)
	p.Prediction, p.Tensors = &prediction, file.Tensors
	return http.StatusOK, nil
}

// reading has room for one: a header can be of 100 MB, and those who reload a page do not wait.
var reading = make(chan struct{}, 1)

// readModel reads the header of a file that was listed, once no other is read.
func readModel(ctx context.Context, root *os.Root, name string) (*weights.File, error) {
	select {
	case reading <- struct{}{}:
		defer func() { <-reading }()
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	return weights.ReadIn(root, name)
}
