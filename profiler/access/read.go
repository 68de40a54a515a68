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

// Whole reads the file into the heap. Like the others it calls mark while it holds what it read.
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

// BufferSize is how much a Stream reads at a time, in bytes, where pages lie side by side.
const BufferSize = 1 << 20

// A Stream reads what it needs of weights through one buffer.
type Stream struct {
	*Weights
	buffer []byte
}

// NewStream allocates the buffer.
func NewStream(w *Weights) *Stream { return &Stream{w, make([]byte, BufferSize)} }

// Read reads it once.
func (s *Stream) Read(mark func()) error {
	file, err := os.Open(s.name)
	if err != nil {
		return err
	}
	defer file.Close()
	count, step := s.touch.pages(s.size / PageSize)
	pages := 1 // at a time
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

// Mapped has the kernel map the file, which loads a page when it is read first.
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

// sumMapped is sum of mapped weights. Of a file that was cut off meanwhile there are pages that
// nothing can be read of: the signal that the kernel sends then would end the process.
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

// Load has the kernel keep the file in memory.
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

// Forget has the kernel drop what it keeps of the file in memory, so that the next to read it
// waits for the disk. File systems in memory keep it all the same.
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
