package weights

import (
	"bufio"
	"encoding/binary"
	"io"
	"slices"
	"strconv"
)

// A ggufReader reads the values in the header of a GGUF file. After a failed read it returns zeros.
type ggufReader struct {
	in   *bufio.Reader
	left int64 // bytes that are left for the header
	err  error // of the first failed read
	file *File
	text []byte // the last string that was read
}

// Types of metadata values.
const (
	ggufBool   = 7
	ggufString = 8
	ggufArray  = 9
)

// ggufMaxDepth limits the nesting of arrays.
const ggufMaxDepth = 4

// ggufSizes holds the size in bytes of each type of metadata value, or 0 if its size varies.
var ggufSizes = [...]int64{1, 1, 2, 2, 4, 4, 4, ggufBool: 1, ggufString: 0, ggufArray: 0, 10: 8, 11: 8, 12: 8}

// integer reads an integer of type kind.
func (g *ggufReader) integer(kind uint32) string {
	var b [8]byte
	g.read(b[:ggufSizes[kind]])
	n := binary.LittleEndian.Uint64(b[:])
	if kind%2 == 1 { // the odd types are signed
		shift := 64 - 8*ggufSizes[kind]
		return strconv.FormatInt(int64(n<<shift)>>shift, 10)
	}
	return strconv.FormatUint(n, 10)
}

// value skips a value.
func (g *ggufReader) value(kind uint32, depth int) {
	switch {
	case kind == ggufString:
		g.skipUint64(g.uint64(), 1)
	case kind == ggufArray:
		g.array(depth)
	case int(kind) < len(ggufSizes):
		g.skip(ggufSizes[kind])
	default:
		g.fail(faultf("has metadata of type %d, which the format does not define", kind))
	}
}

// array skips an array and returns the number of elements that it claims to have.
func (g *ggufReader) array(depth int) uint64 {
	kind, n := g.uint32(), g.uint64()
	if depth == ggufMaxDepth {
		g.fail(faultf("has arrays in its metadata that are nested more than %d deep", ggufMaxDepth))
	}
	if int(kind) < len(ggufSizes) && ggufSizes[kind] > 0 {
		g.skipUint64(n, ggufSizes[kind])
		return n
	}
	for i := uint64(0); i < n && g.err == nil; i++ {
		g.value(kind, depth+1)
	}
	return n
}

func (g *ggufReader) fail(err error) {
	if g.err == nil {
		g.err = err
	}
}

// take takes n bytes from those left for the header. It reports whether there were as many.
func (g *ggufReader) take(n int64) bool {
	switch {
	case g.err != nil:
	case n <= g.left:
		g.left -= n
		return true
	case g.file.Size > maxHeader:
		g.fail(faultf("has a header of more than %d bytes", maxHeader))
	default:
		g.fail(readError(io.EOF))
	}
	return false
}

func (g *ggufReader) read(b []byte) {
	if !g.take(int64(len(b))) {
		return
	}
	if _, err := io.ReadFull(g.in, b); err != nil {
		g.fail(readError(err))
	}
}

func (g *ggufReader) skip(n int64) {
	if !g.take(n) {
		return
	}
	if _, err := g.in.Discard(int(n)); err != nil {
		g.fail(readError(err))
	}
}

// skipUint64 skips n values of size bytes each.
func (g *ggufReader) skipUint64(n uint64, size int64) {
	if n > maxHeader {
		n = maxHeader + 1 // more than is left, without overflow
	}
	g.skip(int64(n) * size)
}

func (g *ggufReader) uint32() uint32 {
	var b [4]byte
	g.read(b[:])
	return binary.LittleEndian.Uint32(b[:])
}

func (g *ggufReader) uint64() uint64 {
	var b [8]byte
	g.read(b[:])
	return binary.LittleEndian.Uint64(b[:])
}

// string reads a string of at most most bytes. It does not allocate more than the header has left.
func (g *ggufReader) string(most uint64, what string) string {
	n := g.uint64()
	if g.err == nil && n > most {
		g.fail(faultf("has a header in which %s has %d bytes, over the limit of %d", what, n, most))
	}
	if g.err != nil {
		return ""
	}
	if int64(n) > g.left {
		g.take(int64(n)) // sets the error
		return ""
	}
	g.text = slices.Grow(g.text[:0], int(n))[:n]
	g.read(g.text)
	return string(g.text)
}
