package weights

import (
	"bufio"
	"io"
	"math"
	"math/bits"
	"strconv"
	"strings"
)

// ggufMagic is the start of every GGUF file.
const ggufMagic = "GGUF"

// ggufKept lists the keys of metadata to keep, without the architecture that they begin with.
var ggufKept = []string{
	".block_count", ".context_length", ".embedding_length", ".vocab_size",
	".attention.head_count", ".attention.head_count_kv", ".attention.key_length", ".attention.value_length",
	".attention.kv_lora_rank",
}

const (
	ggufArchitecture = "general.architecture"
	ggufAlignment    = "general.alignment"
	ggufTokens       = "tokenizer.ggml.tokens"

	byLayer = "by layer" // replaces the value of a key that has one size per layer

	ggufMaxPairs = 1 << 16
	ggufMaxKey   = math.MaxUint16 // bytes, by the specification
)

// readGGUF reads the header of a GGUF file (https://github.com/ggml-org/ggml/blob/master/docs/gguf.md).
// It keeps the tensors and the metadata that gives the size of caches. We have our own reader
// because the usual parser allocates by the counts and lengths that a file claims.
func (f *File) readGGUF(r io.ReaderAt) error {
	size := min(f.Size, maxHeader)
	g := &ggufReader{in: bufio.NewReaderSize(io.NewSectionReader(r, 0, size), 32<<10), left: size, file: f}
	g.skip(int64(len(ggufMagic)))
	switch version := g.uint32(); {
	case g.err != nil:
		return g.err
	case version == 1:
		return Fault("is a GGUF file of version 1, which is obsolete: convert the model again")
	case version > 3 && bits.ReverseBytes32(version) <= 3:
		return Fault("is a GGUF file for big-endian machines: convert the model for little-endian ones")
	case version < 1 || version > 3:
		return faultf("is a GGUF file of version %d; only versions 2 and 3 are supported", version)
	}
	tensors, pairs := g.uint64(), g.uint64()
	switch {
	case g.err != nil:
		return g.err
	case tensors > maxTensors:
		return faultf("says that it has %d tensors, over the limit of %d", tensors, maxTensors)
	case pairs > ggufMaxPairs:
		return faultf("says that it has %d metadata entries, over the limit of %d", pairs, ggufMaxPairs)
	}
	f.Metadata = map[string]string{}
	for range pairs {
		if err := g.pair(); err != nil {
			return err
		}
	}
	for range tensors {
		t, err := g.tensor()
		if err != nil {
			return err
		}
		f.Tensors = appendTensor(f.Tensors, t)
	}
	if err := checkNames(f.Tensors); err != nil {
		return err
	}
	return f.placeGGUF(size - g.left)
}

// placeGGUF checks that the tensors follow each other in the data, each aligned. The data begins
// after the header.
func (f *File) placeGGUF(header int64) error {
	alignment := int64(32)
	if text, ok := f.Metadata[ggufAlignment]; ok {
		n, err := strconv.ParseInt(text, 10, 64)
		if err != nil || n < 8 || n > 1<<20 || n&(n-1) != 0 {
			return faultf("says that its tensors are aligned to %s bytes, which is not a power of two from 8 to 1048576", quote(text))
		}
		alignment = n
	}
	aligned := func(n int64) int64 { return (n + alignment - 1) / alignment * alignment }
	f.data = aligned(header)
	have := max(f.Size-f.data, 0)
	sortByOffset(f.Tensors)
	end := int64(0)
	for i := range f.Tensors {
		t := &f.Tensors[i]
		if _, known := layouts[t.Type]; !known { // it extends to the next tensor
			t.Bytes = have - min(t.offset, have)
			if i+1 < len(f.Tensors) {
				t.Bytes = f.Tensors[i+1].offset - t.offset
			}
		}
		switch {
		case t.offset > have || t.Bytes > have-t.offset:
			return faultf("has a tensor %s that ends at byte %d of its data, but there are only %d: the download or the copy is incomplete, or its header is wrong",
				quote(t.Name), t.offset+t.Bytes, have)
		case t.offset < aligned(end):
			return faultf("has a tensor %s that overlaps the one before it, or is not aligned", quote(t.Name))
		case t.offset > aligned(end):
			return faultf("has a gap before its tensor %s, which the format does not allow", quote(t.Name))
		}
		end = t.offset + t.Bytes
	}
	return nil
}

func (g *ggufReader) tensor() (Tensor, error) {
	t := Tensor{Name: g.string(maxName, "the name of a tensor")}
	rank := g.uint32()
	if g.err == nil && rank > maxRank {
		return t, faultf("has a tensor %s of %d dimensions, over the limit of %d", quote(t.Name), rank, maxRank)
	}
	if g.err != nil {
		return t, g.err
	}
	t.Shape = make([]int64, rank)
	for i := range rank {
		size := g.uint64()
		if size > maxCount {
			return t, faultf("has a tensor %s with a dimension of %d", quote(t.Name), size)
		}
		t.Shape[rank-1-i] = int64(size) // GGUF stores the innermost dimension first
	}
	t.Type = ggufType(g.uint32())
	offset := g.uint64()
	if g.err != nil {
		return t, g.err
	}
	if offset > math.MaxInt64/2 {
		return t, faultf("has a tensor %s at byte %d, beyond the end of any file", quote(t.Name), offset)
	}
	need, err := checkTensor(&t)
	t.offset, t.Bytes = int64(offset), max(need, 0)
	return t, err
}

// pair reads an entry of metadata, and keeps it if it is needed for sizes.
func (g *ggufReader) pair() error {
	key := g.string(ggufMaxKey, "a key of the metadata")
	kind := g.uint32()
	kept := key == ggufArchitecture || key == ggufAlignment
	for _, end := range ggufKept {
		kept = kept || strings.HasSuffix(key, end)
	}
	var value string
	switch {
	case g.err != nil:
		return g.err
	case key == ggufTokens && kind == ggufArray:
		kept = true
		value = strconv.FormatUint(g.array(0), 10)
	case kind == ggufString && kept:
		value = g.string(maxName, "the value of "+quote(key))
	case kept && kind < ggufBool && kind != 6, kept && (kind == 10 || kind == 11):
		value = g.integer(kind)
	case kept && kind == ggufArray:
		value = byLayer
		g.array(0)
	default:
		kept = false
		g.value(kind, 0)
	}
	if g.err != nil || !kept {
		return g.err
	}
	if _, twice := g.file.Metadata[key]; twice {
		return faultf("has two metadata entries named %s", quote(key))
	}
	g.file.Metadata[key] = value
	return nil
}
