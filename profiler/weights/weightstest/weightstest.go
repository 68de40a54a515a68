// Package weightstest makes model files for tests.
package weightstest

import (
	"encoding/binary"
	"encoding/json"
	"fmt"
	"os"
	"testing"
)

// A Tensor is a tensor of a test file. Without Data its numbers are 0 and take no space on disk.
type Tensor struct {
	Name  string
	Type  string // such as "F32"; an unknown type takes 0 bytes
	Shape []int64
	Data  []byte // little-endian
}

// layouts says for each type how many bytes a block of numbers takes, and the type's number in GGUF.
var layouts = map[string]struct{ block, bytes, gguf int64 }{
	"F64": {1, 8, 28}, "F32": {1, 4, 0}, "F16": {1, 2, 1}, "BF16": {1, 2, 30}, "I8": {1, 1, 24}, "I64": {1, 8, 27},
	"Q4_0": {32, 18, 2}, "Q8_0": {32, 34, 8}, "Q4_K": {256, 144, 12}, "Q6_K": {256, 210, 14},
}

// bytes returns the size of the tensor's data: 0 for an unknown type.
func (t Tensor) bytes() int64 {
	l, known := layouts[t.Type]
	if !known {
		return 0
	}
	n := int64(1)
	for _, size := range t.Shape {
		n *= size
	}
	return n / l.block * l.bytes
}

// Safetensors returns a safetensors file of those tensors up to the data, and the size of the whole
// file.
func Safetensors(tensors ...Tensor) (header []byte, size int64) {
	text, end := []byte("{"), int64(0)
	for i, t := range tensors {
		if i > 0 {
			text = append(text, ',')
		}
		shape, _ := json.Marshal(append([]int64{}, t.Shape...)) // numbers: cannot fail
		text = fmt.Appendf(text, `%q:{"dtype":%q,"shape":%s,"data_offsets":[%d,%d]}`, t.Name, t.Type, shape, end, end+t.bytes())
		end += t.bytes()
	}
	text = append(text, '}')
	for len(text)%8 != 0 {
		text = append(text, ' ')
	}
	header = append(binary.LittleEndian.AppendUint64(nil, uint64(len(text))), text...)
	return header, int64(len(header)) + end
}

// WriteSafetensors writes a safetensors file.
func WriteSafetensors(t testing.TB, path string, tensors ...Tensor) {
	t.Helper()
	header, size := Safetensors(tensors...)
	at := int64(len(header))
	write(t, path, header, size, func(file *os.File) error {
		for _, tensor := range tensors {
			if _, err := file.WriteAt(tensor.Data, at); err != nil {
				return err
			}
			at += tensor.bytes()
		}
		return nil
	})
}

// Metadata is the metadata of a GGUF file: keys alternating with values. A value is a string, a
// uint32, or a slice of one of them.
type Metadata []any

// GGUF returns a GGUF file up to the data, and the size of the whole file.
func GGUF(metadata Metadata, tensors ...Tensor) (header []byte, size int64) {
	le := binary.LittleEndian
	text := func(s string) { header = append(le.AppendUint64(header, uint64(len(s))), s...) }
	header = le.AppendUint32([]byte("GGUF"), 3)
	header = le.AppendUint64(header, uint64(len(tensors)))
	header = le.AppendUint64(header, uint64(len(metadata)/2))
	for i := 0; i < len(metadata); i += 2 {
		text(metadata[i].(string))
		switch v := metadata[i+1].(type) {
		case string:
			header = le.AppendUint32(header, 8)
			text(v)
		case uint32:
			header = le.AppendUint32(le.AppendUint32(header, 4), v)
		case []uint32:
			header = le.AppendUint32(le.AppendUint32(header, 9), 4)
			header = le.AppendUint64(header, uint64(len(v)))
			for _, n := range v {
				header = le.AppendUint32(header, n)
			}
		case []string:
			header = le.AppendUint32(le.AppendUint32(header, 9), 8)
			header = le.AppendUint64(header, uint64(len(v)))
			for _, s := range v {
				text(s)
			}
		}
	}
	end := int64(0)
	for _, t := range tensors {
		text(t.Name)
		header = le.AppendUint32(header, uint32(len(t.Shape)))
		for i := range t.Shape {
			header = le.AppendUint64(header, uint64(t.Shape[len(t.Shape)-1-i]))
		}
		header = le.AppendUint32(header, uint32(layouts[t.Type].gguf))
		header = le.AppendUint64(header, uint64(end))
		end = (end + t.bytes() + 31) / 32 * 32
	}
	for len(header)%32 != 0 {
		header = append(header, 0)
	}
	return header, int64(len(header)) + end
}

// WriteGGUF writes a GGUF file in which all numbers are 0.
func WriteGGUF(t testing.TB, path string, metadata Metadata, tensors ...Tensor) {
	t.Helper()
	header, size := GGUF(metadata, tensors...)
	write(t, path, header, size, func(*os.File) error { return nil })
}

func write(t testing.TB, path string, header []byte, size int64, rest func(*os.File) error) {
	t.Helper()
	file, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	if _, err := file.Write(header); err != nil {
		t.Fatal(err)
	}
	if err := rest(file); err != nil {
		t.Fatal(err)
	}
	if err := file.Truncate(size); err != nil {
		t.Fatal(err)
	}
}

// GPT2 returns the tensors of a model of GPT-2's architecture, named as in its published files.
func GPT2(layers int, width, vocabulary, context int64) []Tensor {
	tensors := []Tensor{
		{Name: "wte.weight", Type: "F32", Shape: []int64{vocabulary, width}},
		{Name: "wpe.weight", Type: "F32", Shape: []int64{context, width}},
	}
	add := func(name string, shape ...int64) {
		tensors = append(tensors, Tensor{Name: name, Type: "F32", Shape: shape})
	}
	pair := func(name string, shape ...int64) {
		add(name+".weight", shape...)
		add(name+".bias", shape[len(shape)-1])
	}
	for i := range layers {
		block := fmt.Sprintf("h.%d.", i)
		pair(block+"ln_1", width)
		pair(block+"attn.c_attn", width, 3*width)
		pair(block+"attn.c_proj", width, width)
		pair(block+"ln_2", width)
		pair(block+"mlp.c_fc", width, 4*width)
		pair(block+"mlp.c_proj", 4*width, width)
	}
	pair("ln_f", width)
	return tensors
}

// GPT2Small returns the tensors of GPT-2 small, which has 124,439,808 parameters.
func GPT2Small() []Tensor { return GPT2(12, 768, 50257, 1024) }
