package access

import (
	"encoding/binary"
	"fmt"
	"io"
	"math/bits"
	"math/rand/v2"
	"os"
)

// PageSize is the unit in which weights are read, in bytes: a memory page on most machines.
const PageSize = 4096

// A Touch says which pages of a file are read.
type Touch string

const (
	First   Touch = "first"   // the first tenth of the pages
	Strided Touch = "strided" // every tenth page
	All     Touch = "all"     // every page
)

// Touches lists all of them.
var Touches = []Touch{First, Strided, All}

// pages returns how many of n pages are read, and the distance between two of them.
func (t Touch) pages(n int) (count, step int) {
	switch t {
	case First:
		return (n + 9) / 10, 1
	case Strided:
		return (n + 9) / 10, 10
	}
	return n, 1
}

// Bytes returns how many bytes of a file are read.
func (t Touch) Bytes(size int) int {
	count, _ := t.pages(size / PageSize)
	return count * PageSize
}

// add adds pages to a checksum, which depends on their order.
func add(checksum uint64, pages []byte) uint64 {
	for ; len(pages) >= 8; pages = pages[8:] {
		checksum = bits.RotateLeft64(checksum, 5) ^ binary.LittleEndian.Uint64(pages)
	}
	return checksum
}

// Random returns an endless stream of weights that depends only on the seed.
func Random(seed uint64) io.Reader { return randomWeights{rand.NewPCG(seed, 0)} }

type randomWeights struct{ source *rand.PCG }

func (r randomWeights) Read(p []byte) (int, error) {
	n := len(p) / 8 * 8
	for at := 0; at < n; at += 8 {
		binary.LittleEndian.PutUint64(p[at:], r.source.Uint64())
	}
	return n, nil
}

// WriteWeights writes the first size bytes of weights, in whole pages, followed by the checksum for
// each of Touches.
func WriteWeights(w io.Writer, size int, weights io.Reader) error {
	page := make([]byte, PageSize)
	checksums := make([]uint64, len(Touches))
	for i := range size / PageSize {
		if _, err := io.ReadFull(weights, page); err != nil {
			return err
		}
		for j, t := range Touches {
			if count, step := t.pages(size / PageSize); i%step == 0 && i/step < count {
				checksums[j] = add(checksums[j], page)
			}
		}
		if _, err := w.Write(page); err != nil {
			return err
		}
	}
	return binary.Write(w, binary.LittleEndian, checksums)
}

// Weights is a file of weights, with the part of it to read.
type Weights struct {
	name     string
	size     int // bytes of weights
	touch    Touch
	checksum uint64 // of the part to read
}

// OpenWeights checks the size of a file that WriteWeights wrote, and reads its checksums.
func OpenWeights(name string, size int, touch Touch) (*Weights, error) {
	file, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	checksums := make([]uint64, len(Touches))
	info, err := file.Stat()
	if err != nil {
		return nil, err
	}
	if want := int64(size + 8*len(checksums)); info.Size() != want {
		return nil, fmt.Errorf("read %s: it has %d bytes, not %d", name, info.Size(), want)
	}
	if err := binary.Read(io.NewSectionReader(file, int64(size), 8*int64(len(checksums))), binary.LittleEndian, checksums); err != nil {
		return nil, fmt.Errorf("read %s: %w", name, err)
	}
	w := &Weights{name: name, size: size, touch: touch}
	for i, t := range Touches {
		if t == touch {
			w.checksum = checksums[i]
		}
	}
	return w, nil
}

// Size returns how many bytes of weights the file has.
func (w *Weights) Size() int { return w.size }

// check compares the checksum of the data read with that of the data written.
func (w *Weights) check(checksum uint64) error {
	if checksum != w.checksum {
		return fmt.Errorf("read %s: data has checksum %x, want %x", w.name, checksum, w.checksum)
	}
	return nil
}

// sum returns the checksum of the pages to read.
func (w *Weights) sum(weights []byte) uint64 {
	count, step := w.touch.pages(w.size / PageSize)
	checksum := uint64(0)
	for i := range count {
		checksum = add(checksum, weights[i*step*PageSize:][:PageSize])
	}
	return checksum
}
