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

// A Reader reads the tensors of an open model file. Several goroutines can use it at once.
type Reader struct {
	File
	file *os.File
}

// Open opens a model file to read its tensors. The error is a Fault or from the file system.
func Open(path string) (*Reader, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	f, err := readOpen(file, path)
	if err != nil {
		return nil, errors.Join(err, file.Close())
	}
	return &Reader{File: *f, file: file}, nil
}

// Close closes the file.
func (r *Reader) Close() error { return r.file.Close() }

// Tensor returns the tensor with that name. It must have that shape and a readable type: then the
// file is at least as large as the tensor, and it is safe to allocate its numbers. The error is a
// Fault.
func (r *Reader) Tensor(name string, shape ...int64) (*Tensor, error) {
	i := slices.IndexFunc(r.Tensors, func(t Tensor) bool { return t.Name == name })
	if i < 0 {
		return nil, faultf("has no tensor %s", quote(name))
	}
	t := &r.Tensors[i]
	if !slices.Equal(t.Shape, shape) {
		return nil, faultf("has a tensor %s of shape %s, but %s is needed", quote(name), shapeText(t.Shape), shapeText(shape))
	}
	return t, checkReadable(t)
}

func checkReadable(t *Tensor) error {
	if !t.Type.Readable() {
		return faultf("has a tensor %s of type %s, whose numbers cannot be read: convert it to F32, F16 or BF16", quote(t.Name), quote(string(t.Type)))
	}
	return nil
}

// tile is the number of bytes that Load reads and converts at a time.
const tile = 64 << 10

// Load reads len(dst) numbers of a tensor, starting at index from, and converts them to T. It reads
// a tile at a time, so it needs little memory besides dst. Integers are not scaled: their scales are
// in other tensors. The error is a Fault or from the file system.
func Load[T float32 | float64](r *Reader, t *Tensor, dst []T, from int64) error {
	if err := checkReadable(t); err != nil {
		return err
	}
	if from < 0 || from > t.Count() || int64(len(dst)) > t.Count()-from {
		return faultf("has a tensor %s of %d numbers, fewer than requested", quote(t.Name), t.Count())
	}
	width := t.Type.width()
	buf := make([]byte, min(tile, int64(len(dst))*width))
	for at := r.data + t.offset + from*width; len(dst) > 0; {
		n := min(len(dst), tile/int(width))
		bytes := int64(n) * width
		if _, err := r.file.ReadAt(buf[:bytes], at); err != nil {
			return r.readError(t, err)
		}
		convert(t.Type, dst[:n], buf)
		dst, at = dst[n:], at+bytes
	}
	return nil
}

func (r *Reader) readError(t *Tensor, err error) error {
	if err == io.EOF || err == io.ErrUnexpectedEOF {
		return faultf("has lost its tensor %s since it was opened: another program has shortened the file", quote(t.Name))
	}
	return fmt.Errorf("read tensor %s of %s: %w", quote(t.Name), r.Path, err)
}

// convert converts len(dst) numbers of a readable type.
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
