package weights

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"slices"

	"github.com/x448/float16"
)

// A Source is a model's file that is open, so that its tensors can be read. It can be used by
// several goroutines at once.
type Source struct {
	File
	file *os.File
}

// Open opens a model's file to read its tensors piece by piece. The error is a Fault, or the
// system's.
func Open(path string) (*Source, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	f, err := readOpen(file, path)
	if err != nil {
		return nil, errors.Join(err, file.Close())
	}
	return &Source{File: *f, file: file}, nil
}

// Close closes the file.
func (s *Source) Close() error { return s.file.Close() }

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
	buf := make([]byte, min(tile, int64(len(dst))*width))
	for at := s.data + t.offset + from*width; len(dst) > 0; {
		n := min(len(dst), tile/int(width))
		bytes := int64(n) * width
		if _, err := s.file.ReadAt(buf[:bytes], at); err != nil {
			return s.readError(t, err)
		}
		convert(t.Type, dst[:n], buf)
		dst, at = dst[n:], at+bytes
	}
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
