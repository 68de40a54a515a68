// Package weights reads model files and predicts how techniques would change their size. It does
// not trust a file: every number in a header is checked against the size of the file before it is
// used.
package weights

import (
	"cmp"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
)

// File formats.
const (
	Safetensors = "safetensors"
	GGUF        = "GGUF"
)

// A File is the header of a model file.
type File struct {
	Path     string            `json:"path"`
	Format   string            `json:"format"` // Safetensors or GGUF
	Size     int64             `json:"size"`   // bytes
	Tensors  []Tensor          `json:"tensors"`
	Metadata map[string]string `json:"metadata,omitempty"` // GGUF only: the entries that give the size of the model's caches

	data int64 // offset of the data in the file
}

// A Tensor is an array of numbers in a file. The tensors of a File are sorted by their offset.
type Tensor struct {
	Name  string  `json:"name"`
	Type  Type    `json:"type"`
	Shape []int64 `json:"shape"` // outermost dimension first; empty for a single number
	Bytes int64   `json:"bytes"`

	offset int64 // from the start of the file's data
}

// Count returns how many numbers a tensor has.
func (t *Tensor) Count() int64 {
	n := int64(1)
	for _, size := range t.Shape {
		n *= size // cannot overflow: Read has checked it
	}
	return n
}

// A Fault says why a file, or a tensor in it, cannot be read. Its text completes a sentence that
// begins with the name of the file.
type Fault string

func (f Fault) Error() string { return string(f) }

func faultf(format string, args ...any) error { return Fault(fmt.Sprintf(format, args...)) }

// Limits of a header. Real models are far below them. They limit how much memory a file that is
// nothing but a header can make its reader allocate.
const (
	maxFile    = 1 << 50     // bytes, so that no sum over tensors overflows
	maxHeader  = 100_000_000 // bytes; the reference implementation of safetensors has the same limit
	maxTensors = 1 << 17
	maxRank    = 8
	maxName    = 1024 // bytes
)

// ReadFile reads the header of a model file. The error is a Fault or from the file system.
func ReadFile(path string) (*File, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	return readOpen(file, path)
}

// readOpen reads the header of an open file.
func readOpen(file *os.File, path string) (*File, error) {
	info, err := file.Stat()
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, Fault("is a folder or a device, not a file")
	}
	f, err := Read(file, info.Size())
	if err != nil {
		return nil, err
	}
	f.Path = path
	return f, nil
}

// Read reads the header of a model file of size bytes. The first bytes of the file give its format.
// The error is a Fault or from r.
//
// Read allocates memory for the header after checking that it lies within the file, and for each
// tensor that it has read. It never allocates by a number that the file claims.
func Read(r io.ReaderAt, size int64) (*File, error) {
	if size < 8 {
		return nil, faultf("has %s, too few for a safetensors or GGUF file: the download or the copy is incomplete", bytesText(size))
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

// readError returns the error for a header that could not be read.
func readError(err error) error {
	if err == io.EOF || err == io.ErrUnexpectedEOF {
		return Fault("ends within its header: the download or the copy is incomplete")
	}
	return err
}

// checkTensor checks the name and shape of a tensor. It returns the number of bytes that its type
// and shape need, or −1 if the type is unknown.
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
		return 0, faultf("has a tensor %s whose shape %s does not fill the blocks of %d numbers of its type %s",
			quote(t.Name), shapeText(t.Shape), layout.block, t.Type)
	}
	return n / layout.block * layout.bytes, nil
}

// count returns the product of a tensor's dimensions, which must not be negative. It fails if the
// number of bytes could overflow.
func count(t *Tensor) (int64, error) {
	n := int64(1)
	for _, size := range t.Shape {
		if size > 0 && n > maxCount/size || size > maxCount {
			return 0, faultf("has a tensor %s of shape %s, which is more numbers than any file can hold", quote(t.Name), shapeText(t.Shape))
		}
		n *= size
	}
	return n, nil
}

// maxCount is a number of values, of at most 16 bytes each, whose bytes do not overflow an int64.
const maxCount = 1 << 58

// appendTensor appends to a slice that doubles when it is full. For a long slice, append grows in
// smaller steps and so allocates more in total.
func appendTensor(tensors []Tensor, t Tensor) []Tensor {
	if len(tensors) == cap(tensors) {
		tensors = slices.Grow(tensors, len(tensors)+64)
	}
	return append(tensors, t)
}

// checkNames checks that no two tensors have the same name.
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

// sortByOffset sorts tensors by offset. An empty tensor comes before others at the same offset.
func sortByOffset(tensors []Tensor) {
	slices.SortStableFunc(tensors, func(a, b Tensor) int {
		return cmp.Or(cmp.Compare(a.offset, b.offset), cmp.Compare(a.Bytes, b.Bytes))
	})
}

// quote returns a name from a file for use in a message: quoted, escaped and at most 100 bytes.
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
