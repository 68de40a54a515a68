package testbed

import (
	"bufio"
	"encoding/binary"
	"fmt"
	"io"
	"math"
	"os"
	"unsafe"

	"heaplab/profiler/model"
)

// Prepared files hold rows of numbers, little-endian, one after the other.

// chunk is the number of values converted at a time, so that no second copy of all of them is
// ever in memory.
const chunk = 4096

// WriteNumbers writes rows to a prepared file.
func WriteNumbers[T model.Float](w io.Writer, rows ...[]T) error {
	buf := make([]byte, 0, 8*chunk)
	for _, row := range rows {
		for len(row) > 0 {
			n := min(chunk, len(row))
			var err error
			if buf, err = binary.Append(buf[:0], binary.LittleEndian, row[:n]); err != nil {
				return err
			}
			if _, err := w.Write(buf); err != nil {
				return err
			}
			row = row[n:]
		}
	}
	return nil
}

// A NumbersFile is a prepared file that is read row by row.
type NumbersFile struct {
	name string
	file *os.File
	r    *bufio.Reader
	err  error // of the first read that failed
}

// OpenNumbers opens a prepared file. Close returns the first error.
func OpenNumbers(name string) *NumbersFile {
	file, err := os.Open(name)
	if err != nil {
		return &NumbersFile{err: err}
	}
	return &NumbersFile{name: name, file: file, r: bufio.NewReaderSize(file, 1<<18)}
}

// ReadRow reads a row of numbers that were written as S, and rounds them to T.
func ReadRow[S, T model.Float](f *NumbersFile, row []T) {
	size := int(unsafe.Sizeof(S(0)))
	buf := make([]byte, size*chunk)
	for len(row) > 0 && f.err == nil {
		n := min(chunk, len(row))
		if _, err := io.ReadFull(f.r, buf[:n*size]); err != nil {
			f.err = fmt.Errorf("read %s: %w", f.name, err)
			return
		}
		for i := range n {
			row[i] = T(number[S](buf[i*size:]))
		}
		row = row[n:]
	}
}

func number[S model.Float](b []byte) S {
	if unsafe.Sizeof(S(0)) == 4 {
		return S(math.Float32frombits(binary.LittleEndian.Uint32(b)))
	}
	return S(math.Float64frombits(binary.LittleEndian.Uint64(b)))
}

// Skip passes over n numbers that were written as S.
func Skip[S model.Float](f *NumbersFile, n int) {
	if f.err != nil {
		return
	}
	if _, err := f.r.Discard(n * int(unsafe.Sizeof(S(0)))); err != nil {
		f.err = fmt.Errorf("read %s: %w", f.name, err)
	}
}

// Close closes the file and returns the first error. It is an error if the file was not read to
// its end.
func (f *NumbersFile) Close() error {
	if f.file == nil {
		return f.err
	}
	defer f.file.Close()
	if f.err != nil {
		return f.err
	}
	if _, err := f.r.ReadByte(); err != io.EOF {
		return fmt.Errorf("read %s: it is longer than it should be", f.name)
	}
	return nil
}

// Converted returns the numbers rounded to T.
func Converted[T, S model.Float](numbers []S) []T {
	out := make([]T, len(numbers))
	for i, v := range numbers {
		out[i] = T(v)
	}
	return out
}
