package weights

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"runtime"
	"strings"
	"testing"

	"heaplab/profiler/weights/weightstest"
)

// bare returns a safetensors file with that header and that many bytes of data.
func bare(header string, data int) []byte {
	file := append(binary.LittleEndian.AppendUint64(nil, uint64(len(header))), header...)
	return append(file, make([]byte, data)...)
}

// one returns a file of one tensor.
func one(tensor string, data int) []byte { return bare(`{"a":`+tensor+`}`, data) }

// whole returns a file with all its data.
func whole(header []byte, size int64) []byte {
	return append(header, make([]byte, size-int64(len(header)))...)
}

type hostile struct {
	name string
	file []byte
	want string // in the fault; "" expects no fault
}

func hostileSafetensors() []hostile {
	const good = `{"dtype":"F32","shape":[2],"data_offsets":[0,8]}`
	huge := binary.LittleEndian.AppendUint64(nil, 1<<62)
	many := strings.Repeat("[", 1<<16)
	return []hostile{
		{"good", one(good, 8), ""},
		{"padded", bare(`{"a":`+good+`}   `, 8), ""},
		{"with metadata", bare(`{"__metadata__":{"format":"pt"},"a":`+good+`}`, 8), ""},
		{"no tensors", bare(`{}`, 0), ""},
		{"a scalar", one(`{"dtype":"F32","shape":[],"data_offsets":[0,4]}`, 4), ""},
		{"empty tensor", one(`{"dtype":"F32","shape":[0,7],"data_offsets":[0,0]}`, 0), ""},
		{"unknown type", one(`{"dtype":"F128","shape":[2],"data_offsets":[0,32]}`, 32), ""},
		{"members in another order", one(`{"data_offsets":[0,8],"shape":[2],"dtype":"F32"}`, 8), ""},
		{"empty", nil, "has 0 bytes, too few"},
		{"truncated length", make([]byte, 7), "has 7 bytes, too few"},
		{"text", []byte("version https://git-lfs.github.com/spec/v1\noid sha256:00"), "is neither a GGUF nor a safetensors file"},
		{"huge header", huge, "over the limit of 100000000"},
		{"header longer than the file", bare(`{}`, 0)[:9], "has 2 bytes, but only 1 byte follow"},
		{"truncated data", one(good, 7), "ends at byte 8 of its data, but there are only 7"},
		{"trailing bytes", one(good, 9), "1 byte after its last tensor"},
		{"invalid JSON", bare(`{"a":nonsense}`, 0), "not valid JSON at byte 6"},
		{"JSON that ends early", bare(`{"a":{"dtype":"F32"`, 0), "whose JSON ends early"},
		{"JSON after JSON", bare(`{}{}`, 0), "continues after its JSON"},
		{"an array", bare(`[]`, 0), "does not begin with {"},
		{"empty header", bare(``, 0), "does not begin with {"},
		{"the same name twice", bare(`{"a":`+good+`,"a":`+good+`}`, 8), "two tensors named \"a\""},
		{"the same member twice", one(`{"dtype":"F32","dtype":"F16","shape":[2],"data_offsets":[0,8]}`, 8), `repeated member "dtype"`},
		{"no name", bare(`{"":`+good+`}`, 8), "without a name"},
		{"deep nesting", bare(`{"a":{"shape":`+many+`}}`, 0), "other than whole numbers"},
		{"deep nesting in metadata", bare(`{"__metadata__":{"x":`+many+`}}`, 0), "unexpected value in its __metadata__"},
		{"metadata twice", bare(`{"__metadata__":{},"__metadata__":{}}`, 0), "has two __metadata__"},
		{"number as metadata", bare(`{"__metadata__":{"x":1}}`, 0), "unexpected value in its __metadata__"},
		{"string as tensor", one(`"x"`, 0), "unexpected value in a tensor"},
		{"number as type", one(`{"dtype":1}`, 0), "is not a string"},
		{"unknown member", one(`{"dtype":"F32","shape":[2],"data_offsets":[0,8],"strides":[1]}`, 8), `member "strides"`},
		{"missing member", one(`{"dtype":"F32","shape":[2]}`, 8), "without a dtype, a shape or data_offsets"},
		{"negative dimension", one(`{"dtype":"F32","shape":[-2],"data_offsets":[0,8]}`, 8), "whole numbers from 0"},
		{"fractional dimension", one(`{"dtype":"F32","shape":[2.0],"data_offsets":[0,8]}`, 8), "whole numbers from 0"},
		{"overflowing dimension", one(`{"dtype":"F32","shape":[99999999999999999999],"data_offsets":[0,8]}`, 8), "whole numbers from 0"},
		{"overflowing product", one(`{"dtype":"F32","shape":[4294967296,4294967296,2],"data_offsets":[0,8]}`, 8), "more numbers than any file can hold"},
		{"many dimensions", one(`{"dtype":"F32","shape":[1,1,1,1,1,1,1,1,1],"data_offsets":[0,4]}`, 4), "more than 8 numbers"},
		{"shape larger than data", one(`{"dtype":"F32","shape":[3],"data_offsets":[0,8]}`, 8), "needs 12 bytes but has 8 bytes"},
		{"half a byte", one(`{"dtype":"F4","shape":[3],"data_offsets":[0,2]}`, 2), "blocks of 2 numbers"},
		{"one offset", one(`{"dtype":"F32","shape":[2],"data_offsets":[8]}`, 8), "where its tensor"},
		{"three offsets", one(`{"dtype":"F32","shape":[2],"data_offsets":[0,4,8]}`, 8), "more than 2 numbers"},
		{"end before begin", one(`{"dtype":"X","shape":[2],"data_offsets":[8,0]}`, 8), "ends before it begins"},
		{"outside", one(`{"dtype":"X","shape":[2],"data_offsets":[9223372036854775800,9223372036854775807]}`, 8), "ends at byte 9223372036854775807"},
		{"overlap", bare(`{"a":`+good+`,"b":{"dtype":"F32","shape":[2],"data_offsets":[4,12]}}`, 12), `"b" that overlaps`},
		{"gap", bare(`{"a":`+good+`,"b":{"dtype":"F32","shape":[1],"data_offsets":[12,16]}}`, 16), "gap of 4 bytes"},
		{"long name", bare(`{"`+strings.Repeat("x", 1025)+`":`+good+`}`, 8), "over the limit of 1024"},
		{"invalid UTF-8", bare("{\"\xff\":"+good+"}", 8), "not valid JSON"},
	}
}

func hostileGGUF() []hostile {
	matrix := weightstest.Tensor{Name: "a.weight", Type: "Q4_K", Shape: []int64{2, 256}}
	norm := weightstest.Tensor{Name: "a_norm.weight", Type: "F32", Shape: []int64{8}}
	good := whole(weightstest.GGUF(weightstest.Metadata{"general.architecture", "llama", "llama.block_count", uint32(2), "x", []string{"a", "b"}}, matrix, norm))
	empty := whole(weightstest.GGUF(nil))
	le := binary.LittleEndian
	// with returns a copy of file with numbers of 4 bytes written at offset at.
	with := func(file []byte, at int, numbers ...uint32) []byte {
		file = bytes.Clone(file)
		for i, n := range numbers {
			le.PutUint32(file[at+4*i:], n)
		}
		return file
	}
	plain := whole(weightstest.GGUF(nil, matrix)) // name at 32, rank at 40, dimensions at 44, type at 60, offset at 64
	pair := func(bytes ...byte) []byte {
		return append(with(empty[:24], 16, 1, 0), append([]byte{1, 0, 0, 0, 0, 0, 0, 0, 'k'}, bytes...)...)
	}
	nested := pair()
	for range 6 {
		nested = append(nested, 9, 0, 0, 0)
		if len(nested) > 37 {
			nested = append(nested, 1, 0, 0, 0, 0, 0, 0, 0)
		}
	}
	return []hostile{
		{"good", good, ""},
		{"no tensors", empty, ""},
		{"unknown type", with(plain, 60, 99), ""},
		{"version 1", with(empty, 4, 1), "version 1"},
		{"version 0", with(empty, 4, 0), "version 0; only versions 2 and 3"},
		{"version 9", with(empty, 4, 9), "version 9; only versions 2 and 3"},
		{"big-endian", with(empty, 4, 3<<24), "big-endian"},
		{"only the magic", []byte("GGUF\x03\x00\x00\x00"), "ends within its header"},
		{"many tensors", with(empty, 8, 1<<31, 1<<31), "over the limit of 131072"},
		{"missing tensors", with(empty, 8, 9), "ends within its header"},
		{"much metadata", with(empty, 16, 0, 1), "over the limit of 65536"},
		{"missing metadata", with(empty, 16, 9), "ends within its header"},
		{"long key", with(good, 24, 1<<30), "a key of the metadata has 1073741824 bytes"},
		{"long string", pair(8, 0, 0, 0, 255, 255, 255, 255, 255, 255, 255, 255), "ends within its header"},
		{"long array", pair(9, 0, 0, 0, 10, 0, 0, 0, 255, 255, 255, 255, 255, 255, 255, 255), "ends within its header"},
		{"long array of strings", pair(9, 0, 0, 0, 8, 0, 0, 0, 255, 255, 255, 255, 255, 255, 255, 255), "ends within its header"},
		{"unknown type of metadata", pair(77, 0, 0, 0), "metadata of type 77"},
		{"nested arrays", nested, "nested more than 4 deep"},
		{"invalid alignment", whole(weightstest.GGUF(weightstest.Metadata{"general.alignment", uint32(7)}, matrix)), "not a power of two"},
		{"the same key twice", whole(weightstest.GGUF(weightstest.Metadata{"general.architecture", "a", "general.architecture", "b"})), "two metadata entries"},
		{"the same name twice", whole(weightstest.GGUF(nil, norm, norm)), "two tensors named"},
		{"many dimensions", with(plain, 40, 9), "of 9 dimensions"},
		{"large dimension", with(plain, 44, 0, 1<<30), "with a dimension of"},
		{"overflowing product", with(plain, 44, 0, 1<<20, 0, 1<<20), "more numbers than any file can hold"},
		{"part of a block", with(plain, 44, 128, 0, 4), "blocks of 256 numbers"},
		{"truncated data", plain[:len(plain)-1], "ends at byte 288 of its data, but there are only 287"},
		{"truncated header", plain[:50], "ends within its header"},
		{"offset outside the file", with(plain, 64, 0, 1), "ends at byte"},
		{"offset outside any file", with(plain, 64, 0, 1<<30), "beyond the end of any file"},
		{"gap", with(append(plain, make([]byte, 64)...), 64, 32), "gap before"},
		{"overlap", with(whole(weightstest.GGUF(nil, norm, weightstest.Tensor{Name: "a_norm.weighs", Type: "F32", Shape: []int64{8}})), 106, 0), "overlaps"},
	}
}

func TestHostileFiles(t *testing.T) {
	for _, test := range append(hostileSafetensors(), hostileGGUF()...) {
		t.Run(test.name, func(t *testing.T) {
			var f *File
			var err error
			allocated := allocatedBy(func() { f, err = Read(bytes.NewReader(test.file), int64(len(test.file))) })
			var fault Fault
			switch {
			case test.want == "" && err != nil:
				t.Errorf("refused: %v", err)
			case test.want != "" && (!errors.As(err, &fault) || !strings.Contains(err.Error(), test.want)):
				t.Errorf("got %v, want a Fault with %q", err, test.want)
			}
			if most := uint64(len(test.file)) + smallConstant; allocated > most {
				t.Errorf("allocated %d bytes for a file of %d", allocated, len(test.file))
			}
			if f != nil {
				check(t, f)
				checkPrediction(t, f)
			}
		})
	}
}

// smallConstant is the number of bytes that reading may allocate in addition to its result, mostly buffers.
const smallConstant = 128 << 10

// allocatedBy returns how many bytes a function allocates in total, including those freed again.
func allocatedBy(do func()) uint64 {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	do()
	runtime.ReadMemStats(&after)
	return after.TotalAlloc - before.TotalAlloc
}

// A sparse file has a header and then zeros up to its size.
type sparse struct {
	header []byte
	size   int64
}

func (s sparse) ReadAt(b []byte, at int64) (int, error) {
	n := int(min(int64(len(b)), s.size-at))
	clear(b[:n])
	if at < int64(len(s.header)) {
		copy(b[:n], s.header[at:])
	}
	if n < len(b) {
		return n, io.EOF
	}
	return n, nil
}

// Read allocates in proportion to the header, not to the data or to sizes that the file claims.
func TestReadAllocations(t *testing.T) {
	if raceEnabled {
		t.Skip("slices allocate more under the race detector")
	}
	var most []weightstest.Tensor
	for i := range maxTensors {
		most = append(most, weightstest.Tensor{Name: fmt.Sprint(i), Type: "I8", Shape: []int64{1, 1, 1, 1, 1, 1, 1, 1}})
	}
	manyHeader, manySize := weightstest.Safetensors(most...)
	ggufHeader, ggufSize := weightstest.GGUF(nil, most...)
	long := fmt.Sprintf(`{"__metadata__":{"x":"%s"}}`, strings.Repeat("x", 32<<20))
	name := fmt.Sprintf(`{"%s":{}}`, strings.Repeat("x", 32<<20))
	smallHeader, smallSize := weightstest.Safetensors(weightstest.GPT2Small()...)
	for _, test := range []struct {
		name string
		file sparse
		most uint64 // bytes
	}{
		{"GPT-2 small", sparse{smallHeader, smallSize}, smallConstant},
		{"the most tensors of safetensors", sparse{manyHeader, manySize}, uint64(manySize) + 40<<20},
		{"the most tensors of GGUF", sparse{ggufHeader, ggufSize}, uint64(ggufSize) + 40<<20},
		{"long metadata", sparse{bare(long, 0), int64(8 + len(long))}, uint64(len(long)) + smallConstant},
		{"long name", sparse{bare(name, 0), int64(8 + len(name))}, uint64(len(name)) + smallConstant},
		{"GGUF header of zeros", sparse{[]byte("GGUF\x03\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x01\x00"), maxFile}, 8 << 20},
	} {
		allocated := allocatedBy(func() { _, _ = Read(test.file, test.file.size) })
		t.Logf("%s: %d bytes allocated, header %d, file %d", test.name, allocated, len(test.file.header), test.file.size)
		if allocated > test.most {
			t.Errorf("%s: allocated %d bytes, want at most %d", test.name, allocated, test.most)
		}
	}
}

// check checks what must be true of every file that was read.
func check(t *testing.T, f *File) {
	t.Helper()
	end := int64(0)
	for _, tensor := range f.Tensors {
		if tensor.offset < end || tensor.Bytes < 0 || tensor.offset+tensor.Bytes > f.Size-f.data && tensor.Bytes > 0 {
			t.Fatalf("%+v overlaps another tensor or the end of its file of %d bytes", tensor, f.Size)
		}
		end = tensor.offset + tensor.Bytes
		if layout, ok := layouts[tensor.Type]; ok && tensor.Count()/layout.block*layout.bytes != tensor.Bytes {
			t.Fatalf("%+v does not have the bytes that its shape needs", tensor)
		}
	}
}

func fuzz(f *testing.F, seeds []hostile) {
	for _, seed := range seeds {
		if len(seed.file) < 4<<10 {
			f.Add(seed.file)
		}
	}
	f.Fuzz(func(t *testing.T, file []byte) {
		read, err := Read(bytes.NewReader(file), int64(len(file)))
		if err == nil {
			check(t, read)
			checkPrediction(t, read)
			return
		}
		var fault Fault
		if !errors.As(err, &fault) || fault == "" {
			t.Fatalf("got %v, want a Fault", err)
		}
	})
}

// FuzzSafetensors checks that any file either is refused with a Fault, or gives tensors within the
// file and predictions whose groups sum to their totals.
func FuzzSafetensors(f *testing.F) { fuzz(f, hostileSafetensors()) }

// FuzzGGUF is like FuzzSafetensors.
func FuzzGGUF(f *testing.F) { fuzz(f, hostileGGUF()) }
