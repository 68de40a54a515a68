package handlers

import (
	"errors"
	"io"
	"sync/atomic"
	"testing"

	"heaplab/store/queue"
)

// All uploads together have a limit on disk. An upload that ends gives its bytes back.
func TestUploadsShareTheDisk(t *testing.T) {
	var disk atomic.Int64
	disk.Store(maxOnDisk - 5)
	u := &upload{disk: &disk}
	if err := u.write(io.Discard, make([]byte, 5)); err != nil {
		t.Errorf("within the limit: %v", err)
	}
	if err := u.write(io.Discard, make([]byte, 1)); !errors.Is(err, queue.ErrFull) {
		t.Errorf("over the limit: %v", err)
	}
	u.release()
	if left := disk.Load(); left != maxOnDisk-5 {
		t.Errorf("%d bytes are left, want %d", left, maxOnDisk-5)
	}
}
