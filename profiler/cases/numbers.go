package cases

import (
	"bufio"
	"encoding/binary"
	"fmt"
	"io"
	"math"
	"os"
	"unsafe"

	"heaplab/profiler"
	"heaplab/profiler/model"
)

// Prepared files hold rows of numbers, little-endian, one after the other.

// qualityUnits are what outputs are worth, found once with the weights that give them, so that
// no child has to go through all that a model is tested on.
var qualityUnits = []string{profiler.MaxAbsErr, profiler.Accuracy, profiler.Loss}

// chunk is how many numbers are converted at a time, so that no second copy of all of them is
// ever in memory.
const chunk = 4096

// writeNumbers writes rows.
func writeNumbers[T model.Float](w io.Writer, rows ...[]T) error {
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

// A numbersFile is a prepared file that is read row by row.
type numbersFile struct {
	name string
	file *os.File
	r    *bufio.Reader
	err  error // of the first read that failed
}

func openNumbers(name string) *numbersFile {
	file, err := os.Open(name)
	if err != nil {
		return &numbersFile{err: err}
	}
	return &numbersFile{name: name, file: file, r: bufio.NewReaderSize(file, 1<<18)}
}

// readRow reads a row of numbers that were written as S, rounding them to T.
func readRow[S, T model.Float](f *numbersFile, row []T) {
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

// converted are the same numbers, rounded to T.
func converted[T, S model.Float](numbers []S) []T {
	out := make([]T, len(numbers))
	for i, v := range numbers {
		out[i] = T(v)
	}
	return out
}

// readQuality reads a row of qualityUnits for each of n variants, and returns those of variant i.
func readQuality(f *numbersFile, i, n int) []profiler.Measurement {
	all := make([]float64, n*len(qualityUnits))
	readRow[float64](f, all)
	var out []profiler.Measurement
	for j, unit := range qualityUnits {
		out = append(out, profiler.Measurement{Unit: unit, Value: all[i*len(qualityUnits)+j]})
	}
	return out
}

func number[S model.Float](b []byte) S {
	if unsafe.Sizeof(S(0)) == 4 {
		return S(math.Float32frombits(binary.LittleEndian.Uint32(b)))
	}
	return S(math.Float64frombits(binary.LittleEndian.Uint64(b)))
}

// skip passes over so many numbers that were written as S.
func skip[S model.Float](f *numbersFile, n int) {
	if f.err != nil {
		return
	}
	if _, err := f.r.Discard(n * int(unsafe.Sizeof(S(0)))); err != nil {
		f.err = fmt.Errorf("read %s: %w", f.name, err)
	}
}

// close returns what went wrong first. The file has to have been read to its end.
func (f *numbersFile) close() error {
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
