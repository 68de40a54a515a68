// Package weights reads the files that models are published in, and computes what techniques
// would make of their size. It trusts nothing that a file says: every number of a header is
// held against the size of the file before anything is made of it.
package weights

import (
	"cmp"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
)

// Formats of files.
const (
	Safetensors = "safetensors"
	GGUF        = "GGUF"
)

// A File is what the header of a model's file says.
type File struct {
	Path     string            `json:"path"`
	Format   string            `json:"format"` // Safetensors or GGUF
	Size     int64             `json:"size"`   // bytes
	Tensors  []Tensor          `json:"tensors"`
	Metadata map[string]string `json:"metadata,omitempty"` // of GGUF, what says how large the model's caches are

	data int64 // where the data begins
}

// A Tensor is an array of numbers in a file. Tensors of a file are ordered as their data is.
type Tensor struct {
	Name  string  `json:"name"`
	Type  Type    `json:"type"`
	Shape []int64 `json:"shape"` // outermost dimension first; none is a single number
	Bytes int64   `json:"bytes"`

	offset int64 // from the begin of the file's data
}

// Count is how many numbers a tensor has.
func (t *Tensor) Count() int64 {
	n := int64(1)
	for _, size := range t.Shape {
		n *= size // cannot overflow: the reader has checked it
	}
	return n
}

// A Fault is why a file, or a tensor in it, is not read: the end of a sentence that begins with
// the file.
type Fault string

func (f Fault) Error() string { return string(f) }

func faultf(format string, args ...any) error { return Fault(fmt.Sprintf(format, args...)) }

// Limits of a header. Those of real models are far below them: they bound what a file of nothing
// but header can make its reader allocate.
const (
	maxFile    = 1 << 50     // bytes, so that no sum over its tensors overflows
	maxHeader  = 100_000_000 // bytes; the reference implementation of safetensors has the same
	maxTensors = 1 << 17
	maxRank    = 8
	maxName    = 1024 // bytes
)

// ReadFile reads the header of a model's file. The error is a Fault, or the system's.
func ReadFile(path string) (*File, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	return readOpen(file, path)
}

// readOpen does the same with a file that is open.
func readOpen(file *os.File, path string) (*File, error) {
	info, err := file.Stat()
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, Fault("is not a file, but a folder or a device")
	}
	f, err := Read(file, info.Size())
	if err != nil {
		return nil, err
	}
	f.Path = path
	return f, nil
}

// Read reads the header of a model's file of size bytes, whose first bytes tell its format. The error
// is a Fault, or r's.
//
// It allocates the header, once it is known to lie within the file, and in proportion to the tensors
// that it has read there; never by a number that the file claims.
func Read(r io.ReaderAt, size int64) (*File, error) {
	if size < 8 {
		return nil, faultf("has %s, too few for a safetensors or GGUF file: the download or the copy of it is incomplete", bytesText(size))
	}
	if size > maxFile {
		return nil, Fault("is larger than 1 PiB")
	}
	var begin [8]byte
	if _, err := r.ReadAt(begin[:], 0); err != nil {
		return nil, readError(err)
	}
	f := &File{Size: size}
	var err error
	switch {
	case string(begin[:4]) == ggufMagic:
		f.Format = GGUF
		err = f.readGGUF(r)
	default:
		f.Format = Safetensors
		err = f.readSafetensors(r, begin)
	}
	if err != nil {
		return nil, err
	}
	return f, nil
}

// readError explains why bytes that have to be there could not be read.
func readError(err error) error {
	if err == io.EOF || err == io.ErrUnexpectedEOF {
		return Fault("ends within its header: the download or the copy of it is incomplete")
	}
	return err
}

// checkTensor checks what can be told of a tensor by itself, and returns the bytes that its
// type and shape need: −1 where the type is not known.
func checkTensor(t *Tensor) (int64, error) {
	if t.Name == "" {
		return 0, Fault("has a tensor without a name")
	}
	n, err := count(t)
	if err != nil {
		return 0, err
	}
	layout, known := layouts[t.Type]
	if !known {
		return -1, nil
	}
	row := int64(1)
	if len(t.Shape) > 0 {
		row = t.Shape[len(t.Shape)-1]
	}
	if layout.block > 8 && row%layout.block != 0 || n%layout.block != 0 {
		return 0, faultf("has a tensor %s whose shape %s does not fill the blocks of %d numbers that its type %s is made of",
			quote(t.Name), shapeText(t.Shape), layout.block, t.Type)
	}
	return n / layout.block * layout.bytes, nil
}

// count multiplies the dimensions of a tensor, none of which is negative. No product may be so
// large that a byte count of it would overflow.
func count(t *Tensor) (int64, error) {
	n := int64(1)
	for _, size := range t.Shape {
		if size > 0 && n > maxCount/size || size > maxCount {
			return 0, faultf("has a tensor %s of a shape %s with more numbers than any file holds", quote(t.Name), shapeText(t.Shape))
		}
		n *= size
	}
	return n, nil
}

// maxCount numbers of at most 16 bytes are counted without overflow.
const maxCount = 1 << 58

// appendTensor appends to a slice that doubles when it is full: append by itself would throw away more
// of a long one.
func appendTensor(tensors []Tensor, t Tensor) []Tensor {
	if len(tensors) == cap(tensors) {
		tensors = slices.Grow(tensors, len(tensors)+64)
	}
	return append(tensors, t)
}

// checkNames holds that no two tensors have the same name.
func checkNames(tensors []Tensor) error {
	names := make([]string, len(tensors))
	for i, t := range tensors {
		names[i] = t.Name
	}
	slices.Sort(names)
	for i := 1; i < len(names); i++ {
		if names[i] == names[i-1] {
			return faultf("has two tensors named %s", quote(names[i]))
		}
	}
	return nil
}

// sortByOffset orders tensors as their data is. Empty ones come before what begins at the same place.
func sortByOffset(tensors []Tensor) {
	slices.SortStableFunc(tensors, func(a, b Tensor) int {
		return cmp.Or(cmp.Compare(a.offset, b.offset), cmp.Compare(a.Bytes, b.Bytes))
	})
}

// quote writes a name from a file for a sentence: escaped and of a bounded length.
func quote(name string) string {
	const most = 100
	if len(name) > most {
		name = strings.ToValidUTF8(name[:most], "") + "…"
	}
	return fmt.Sprintf("%q", name)
}

func shapeText(shape []int64) string { return strings.ReplaceAll(fmt.Sprint(shape), " ", "×") }

func bytesText(n int64) string {
	if n == 1 {
		return "1 byte"
	}
	return fmt.Sprintf("%d bytes", n)
}
