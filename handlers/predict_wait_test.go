package handlers

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"testing"

	"heaplab/profiler/weights/weightstest"
)

// A header is read once no other is, or not at all if nobody waits for it any more.
func TestPredictReadsOneAtATime(t *testing.T) {
	dir := t.TempDir()
	weightstest.WriteSafetensors(t, filepath.Join(dir, "x.safetensors"), weightstest.GPT2(1, 64, 10, 4)...)
	root, err := os.OpenRoot(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer root.Close()
	reading <- struct{}{}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error)
	go func() {
		_, err := readModel(ctx, root, "x.safetensors")
		done <- err
	}()
	cancel()
	if err := <-done; !errors.Is(err, context.Canceled) {
		t.Errorf("with another being read: %v", err)
	}
	go func() {
		_, err := readModel(t.Context(), root, "x.safetensors")
		done <- err
	}()
	<-reading
	if err := <-done; err != nil {
		t.Errorf("after the other was read: %v", err)
	}
	if len(reading) > 0 {
		t.Error("the slot is not given back")
	}
}
