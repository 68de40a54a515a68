package handlers

import (
	"context"
	"errors"
	"net/http"
	"os"
	"slices"
	"sync"

	"heaplab/profiler/weights"
	"heaplab/views"
)

// predict shows the savings that techniques would give for a file in the folder of models.
func (a *App) predict(w http.ResponseWriter, r *http.Request) error {
	p := views.PredictPage{Folder: a.Models != "", File: r.URL.Query().Get("file"), Cases: a.Builtin.Cases}
	status, err := a.fillPrediction(r.Context(), &p)
	if err != nil {
		return err
	}
	return render(w, r, status, views.Predict(p))
}

// fillPrediction lists the models and adds the prediction for the chosen one, or a sentence that says
// why there is none.
func (a *App) fillPrediction(ctx context.Context, p *views.PredictPage) (status int, err error) {
	if !p.Folder {
		if p.File == "" {
			return http.StatusOK, nil
		}
		p.Fault = "This dashboard was started without a models folder."
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
		p.Fault = "There is no such file in the models folder. It was renamed or removed: choose another."
		return http.StatusNotFound, nil
	}
	file, err := a.readModel(ctx, root, p.File)
	var fault weights.Fault
	switch {
	case errors.As(err, &fault):
		p.Fault = p.File + " " + fault.Error() + "."
		return http.StatusUnprocessableEntity, nil
	case ctx.Err() != nil:
		return 0, ctx.Err()
	case err != nil:
		a.Log.Error("read model", "error", err)
		p.Fault = p.File + " cannot be read. The server's log says why."
		return http.StatusUnprocessableEntity, nil
	}
	prediction := weights.Predict(file)
	p.Prediction, p.Tensors = &prediction, file.Tensors
	return http.StatusOK, nil
}

// readModel reads the header of a listed file. It reads one at a time, because a header can have
// 100 MB. It stops waiting when ctx ends.
func (a *App) readModel(ctx context.Context, root *os.Root, name string) (*weights.File, error) {
	done, err := a.modelTurn.take(ctx)
	if err != nil {
		return nil, err
	}
	defer done()
	return weights.ReadIn(root, name)
}

// A turn belongs to one request at a time. The zero value is ready to use.
type turn struct {
	once sync.Once
	free chan struct{} // holds one value while the turn is free
}

// take waits for the turn, until ctx ends. The caller gives it back with done.
func (t *turn) take(ctx context.Context) (done func(), err error) {
	t.once.Do(func() {
		t.free = make(chan struct{}, 1)
		t.free <- struct{}{}
	})
	select {
	case <-t.free:
		return func() { t.free <- struct{}{} }, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}
