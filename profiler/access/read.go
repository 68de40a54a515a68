package access

import (
	"errors"
	"fmt"
	"io"
	"os"
	"runtime"
	"runtime/debug"

	"golang.org/x/sys/unix"
)

// Whole reads the file into the heap. Like Read and Mapped, it calls mark while it holds the data.
func (w *Weights) Whole(mark func()) error {
	weights, err := os.ReadFile(w.name)
	if err != nil {
		return err
	}
	checksum := w.sum(weights)
	mark()
	runtime.KeepAlive(weights)
	return w.check(checksum)
}

// BufferSize is the number of bytes that a Stream reads at a time if pages are contiguous.
const BufferSize = 1 << 20

// A Stream reads weights through one buffer.
type Stream struct {
	*Weights
	buffer []byte
}

// NewStream allocates the buffer.
func NewStream(w *Weights) *Stream { return &Stream{w, make([]byte, BufferSize)} }

// Read reads the weights once.
func (s *Stream) Read(mark func()) error {
	file, err := os.Open(s.name)
	if err != nil {
		return err
	}
	defer file.Close()
	count, step := s.touch.pages(s.size / PageSize)
	pages := 1 // per read
	if step == 1 {
		pages = BufferSize / PageSize
	}
	checksum := uint64(0)
	for i := 0; i < count; i += pages {
		part := s.buffer[:min(pages, count-i)*PageSize]
		if _, err := file.ReadAt(part, int64(i*step)*PageSize); err != nil {
			return fmt.Errorf("read %s: %w", s.name, err)
		}
		checksum = add(checksum, part)
	}
	mark()
	return s.check(checksum)
}

// Mapped maps the file. The kernel loads a page when it is read for the first time.
func (w *Weights) Mapped(mark func()) (err error) {
	file, err := os.Open(w.name)
	if err != nil {
		return err
	}
	defer file.Close()
	weights, err := unix.Mmap(int(file.Fd()), 0, w.size, unix.PROT_READ, unix.MAP_SHARED)
	if err != nil {
		return fmt.Errorf("map %s: %w", w.name, err)
	}
	defer func() { err = errors.Join(err, unix.Munmap(weights)) }()
	checksum, err := w.sumMapped(weights)
	if err != nil {
		return err
	}
	mark()
	return w.check(checksum)
}

// sumMapped returns the checksum of mapped weights. If the file is cut off while it is mapped, some
// pages cannot be read, and the kernel sends a signal. sumMapped turns it into an error; it would
// end the process.
func (w *Weights) sumMapped(weights []byte) (checksum uint64, err error) {
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	defer func() {
		fault := recover()
		if _, ok := fault.(interface{ Addr() uintptr }); ok {
			err = fmt.Errorf("read %s: it was cut off while it was mapped", w.name)
		} else if fault != nil {
			panic(fault)
		}
	}()
	return w.sum(weights), nil
}

// Load reads the file, so that the kernel keeps it in memory.
func (w *Weights) Load() error {
	file, err := os.Open(w.name)
	if err != nil {
		return err
	}
	defer file.Close()
	if _, err := io.Copy(io.Discard, file); err != nil {
		return fmt.Errorf("read %s: %w", w.name, err)
	}
	return nil
}

// Forget makes the kernel drop the file from memory, so that the next read waits for the disk. It
// has no effect in a file system that is in memory.
func (w *Weights) Forget() error {
	file, err := os.Open(w.name)
	if err != nil {
		return err
	}
	defer file.Close()
	if err := unix.Fadvise(int(file.Fd()), 0, 0, unix.FADV_DONTNEED); err != nil {
		return fmt.Errorf("drop %s from memory: %w", w.name, err)
	}
	return nil
}
