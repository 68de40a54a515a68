package handlers

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"testing"

	"heaplab/profiler/weights/weightstest"
)

// Headers are read one at a time, and a header is not read if its request has ended.
func TestPredictReadsOneAtATime(t *testing.T) {
	dir := t.TempDir()
	weightstest.WriteSafetensors(t, filepath.Join(dir, "x.safetensors"), weightstest.GPT2(1, 64, 10, 4)...)
	root, err := os.OpenRoot(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer root.Close()
	var app App
	done, err := app.modelTurn.take(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	failed := make(chan error)
	go func() {
		_, err := app.readModel(ctx, root, "x.safetensors")
		failed <- err
	}()
	cancel()
	if err := <-failed; !errors.Is(err, context.Canceled) {
		t.Errorf("canceled while another header is read: %v", err)
	}
	go func() {
		_, err := app.readModel(t.Context(), root, "x.safetensors")
		failed <- err
	}()
	done()
	if err := <-failed; err != nil {
		t.Errorf("after the other header was read: %v", err)
	}
	if _, err := app.modelTurn.take(t.Context()); err != nil {
		t.Errorf("the turn was not given back: %v", err)
	}
}
