package weights

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"runtime/debug"
	"slices"
	"unsafe"

	"github.com/x448/float16"
	"golang.org/x/sys/unix"
)

// A Source is a model's file that is open, so that its tensors can be read. It can be used by
// several goroutines at once.
//
// A mapped file that somebody truncates has pages that do not exist any more. Load answers that
// with an error; whoever computes on what View returns is stopped by the system (SIGBUS), and with it
// the process. So only children map files, which are there to be lost, and never the server.
type Source struct {
	File
	file   *os.File
	mapped []byte // the whole file, or nil where it is read
}

// Open opens a model's file to read its tensors piece by piece. The error is a Fault, or the
// system's.
func Open(path string) (*Source, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	f, err := ReadOpen(file, path)
	if err != nil {
		return nil, errors.Join(err, file.Close())
	}
	return &Source{File: *f, file: file}, nil
}

// Map does the same, and maps the file into memory, read-only: its pages come from the file when
// they are first touched, and the system can take them away again.
func Map(path string) (*Source, error) {
	s, err := Open(path)
	if err != nil {
		return nil, err
	}
	if s.mapped, err = unix.Mmap(int(s.file.Fd()), 0, int(s.Size), unix.PROT_READ, unix.MAP_SHARED); err != nil {
		return nil, errors.Join(fmt.Errorf("map %s: %w", path, err), s.Close())
	}
	return s, nil
}

// Close closes the file and ends its mapping: what View returned must not be touched any more.
func (s *Source) Close() error {
	var err error
	if s.mapped != nil {
		err = unix.Munmap(s.mapped)
		s.mapped = nil
	}
	return errors.Join(err, s.file.Close())
}

// Tensor finds a tensor by its name, which has to be of a shape and of a type that can be read: then
// the file is as large as its numbers are, and they can be allocated. The error is a Fault.
func (s *Source) Tensor(name string, shape ...int64) (*Tensor, error) {
	i := slices.IndexFunc(s.Tensors, func(t Tensor) bool { return t.Name == name })
	if i < 0 {
		return nil, faultf("has no tensor %s", quote(name))
	}
	t := &s.Tensors[i]
	if !slices.Equal(t.Shape, shape) {
		return nil, faultf("has a tensor %s of shape %s, where %s is needed", quote(name), shapeText(t.Shape), shapeText(shape))
	}
	return t, checkReadable(t)
}

func checkReadable(t *Tensor) error {
	if !t.Type.Readable() {
		return faultf("has a tensor %s of type %s, whose numbers cannot be read here: convert it to F32, F16 or BF16", quote(t.Name), quote(string(t.Type)))
	}
	return nil
}

// tile is how many bytes of a file are read before they are converted.
const tile = 64 << 10

// Load reads len(dst) numbers of a tensor, from its number from on, and converts them, a tile at a
// time: beside dst it needs no memory in proportion to the tensor. Integers become the numbers that they
// are; their scales are other tensors. The error is a Fault, or the system's.
func Load[T float32 | float64](s *Source, t *Tensor, dst []T, from int64) error {
	if err := checkReadable(t); err != nil {
		return err
	}
	if from < 0 || from > t.Count() || int64(len(dst)) > t.Count()-from {
		return faultf("has a tensor %s of %d numbers, fewer than are asked for", quote(t.Name), t.Count())
	}
	width := t.Type.width()
	var buf []byte
	if s.mapped == nil {
		buf = make([]byte, min(tile, int64(len(dst))*width))
	}
	for at := s.data + t.offset + from*width; len(dst) > 0; {
		n := min(len(dst), tile/int(width))
		bytes := int64(n) * width
		if s.mapped == nil {
			if _, err := s.file.ReadAt(buf[:bytes], at); err != nil {
				return s.readError(t, err)
			}
			convert(t.Type, dst[:n], buf)
		} else if err := convertMapped(s, t, dst[:n], s.mapped[at:at+bytes]); err != nil {
			return err
		}
		dst, at = dst[n:], at+bytes
	}
	return nil
}

// convertMapped converts mapped bytes, and returns an error where they are not there any more.
func convertMapped[T float32 | float64](s *Source, t *Tensor, dst []T, src []byte) (err error) {
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	defer func() {
		switch r := recover().(type) {
		case nil:
		case interface{ Addr() uintptr }: // of a page that is gone
			err = s.readError(t, io.EOF)
		default:
			panic(r)
		}
	}()
	convert(t.Type, dst, src)
	return nil
}

func (s *Source) readError(t *Tensor, err error) error {
	if err == io.EOF || err == io.ErrUnexpectedEOF {
		return faultf("has lost its tensor %s since it was opened: something else shortens it", quote(t.Name))
	}
	return fmt.Errorf("read tensor %s of %s: %w", quote(t.Name), s.Path, err)
}

// convert reads len(dst) numbers of a type that can be read.
func convert[T float32 | float64](from Type, dst []T, src []byte) {
	switch from {
	case F64:
		for i := range dst {
			dst[i] = T(math.Float64frombits(binary.LittleEndian.Uint64(src[8*i:])))
		}
	case F32:
		for i := range dst {
			dst[i] = T(math.Float32frombits(binary.LittleEndian.Uint32(src[4*i:])))
		}
	case F16:
		for i := range dst {
			dst[i] = T(float16.Frombits(binary.LittleEndian.Uint16(src[2*i:])).Float32())
		}
	case BF16: // the upper half of a float32
		for i := range dst {
			dst[i] = T(math.Float32frombits(uint32(binary.LittleEndian.Uint16(src[2*i:])) << 16))
		}
	case I8:
		for i := range dst {
			dst[i] = T(int8(src[i]))
		}
	}
}

// View returns the numbers of a mapped F32 tensor where they are, without a copy; they must not be
// written. The error is a Fault: not every file has them where a machine can compute with them.
func (s *Source) View(t *Tensor) ([]float32, error) {
	at := s.data + t.offset
	switch {
	case s.mapped == nil:
		return nil, Fault("is read, not mapped")
	case t.Type != F32:
		return nil, faultf("has a tensor %s of type %s; only F32 can be computed with in place", quote(t.Name), quote(string(t.Type)))
	case at%4 != 0 || binary.NativeEndian.Uint16([]byte{1, 0}) != 1:
		return nil, faultf("has its tensor %s at byte %d, where it cannot be computed with in place", quote(t.Name), at)
	case t.Bytes == 0:
		return nil, nil
	}
	return unsafe.Slice((*float32)(unsafe.Pointer(&s.mapped[at])), t.Count()), nil
}
