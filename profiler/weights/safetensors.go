package weights

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"math"
	"slices"
	"strconv"

	"github.com/go-json-experiment/json/jsontext"
)

// metadataKey is the member of a header that is not a tensor but a map of strings.
const metadataKey = "__metadata__"

// readSafetensors reads the header of a safetensors file. The header is its length in 8 bytes,
// little-endian, and a JSON object of tensors by name. The data follows; each byte of it belongs to
// exactly one tensor (https://github.com/huggingface/safetensors#format). begin holds the first 8
// bytes of the file.
func (f *File) readSafetensors(r io.ReaderAt, begin [8]byte) error {
	length := binary.LittleEndian.Uint64(begin[:])
	switch {
	case length > maxHeader:
		return faultf("is neither a GGUF nor a safetensors file: it would have a header of %d bytes, over the limit of %d", length, maxHeader)
	case int64(length) > f.Size-8:
		return faultf("says that its header has %d bytes, but only %s follow: the download or the copy is incomplete", length, bytesText(f.Size-8))
	}
	f.data = 8 + int64(length)
	header := make([]byte, length) // the file is large enough
	if n, err := r.ReadAt(header, 8); n < len(header) {
		return readError(err)
	}
	if len(header) == 0 || header[0] != '{' {
		return Fault("is neither a GGUF nor a safetensors file: its header does not begin with {")
	}
	// The decoder does not copy a bytes.Buffer. With AllowDuplicateNames it does not keep names;
	// checkNames finds duplicates.
	d := headerDecoder{Decoder: jsontext.NewDecoder(bytes.NewBuffer(header), jsontext.AllowDuplicateNames(true))}
	tensors, err := d.tensors()
	if err != nil {
		return jsonError(err)
	}
	f.Tensors = tensors
	if err := checkNames(tensors); err != nil {
		return err
	}
	return f.checkContiguous()
}

// checkContiguous checks that the tensors fill the data without gaps or overlaps, like the reference
// implementation.
func (f *File) checkContiguous() error {
	sortByOffset(f.Tensors)
	have, end := f.Size-f.data, int64(0)
	for i := range f.Tensors {
		t := &f.Tensors[i]
		switch {
		case t.offset > have || t.Bytes > have-t.offset:
			return faultf("has a tensor %s that ends at byte %d of its data, but there are only %d: the download or the copy is incomplete, or its header is wrong",
				quote(t.Name), t.offset+t.Bytes, have)
		case t.offset < end:
			return faultf("has a tensor %s that overlaps the one before it", quote(t.Name))
		case t.offset > end:
			return faultf("has a gap of %s before its tensor %s, which the format does not allow", bytesText(t.offset-end), quote(t.Name))
		}
		end = t.offset + t.Bytes
	}
	if have > end {
		return faultf("has %s after its last tensor, which the format does not allow", bytesText(have-end))
	}
	return nil
}

// jsonError turns an error of the JSON decoder into a Fault.
func jsonError(err error) error {
	var syntax *jsontext.SyntacticError
	switch {
	case errors.As(err, &syntax) && !errors.Is(err, io.ErrUnexpectedEOF):
		return faultf("has a header that is not valid JSON at byte %d", syntax.ByteOffset)
	case errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, io.EOF):
		return Fault("has a header whose JSON ends early")
	}
	return err
}

// A headerDecoder reads a header token by token. It stops at the first unexpected token, so deep
// nesting costs nothing.
type headerDecoder struct {
	*jsontext.Decoder
	unquoted []byte // the last string that was read
}

func (d *headerDecoder) tensors() ([]Tensor, error) {
	if err := d.expect('{', "its header"); err != nil {
		return nil, err
	}
	var tensors []Tensor
	metadata := false
	for d.PeekKind() == '"' {
		text, err := d.text("the name of a tensor")
		if err != nil {
			return nil, err
		}
		if string(text) == metadataKey {
			if metadata {
				return nil, Fault("has two " + metadataKey)
			}
			metadata = true
			if err := d.skipMetadata(); err != nil {
				return nil, err
			}
			continue
		}
		if len(tensors) == maxTensors {
			return nil, faultf("has more than %d tensors", maxTensors)
		}
		t, err := d.tensor(string(text))
		if err != nil {
			return nil, err
		}
		tensors = appendTensor(tensors, t)
	}
	if err := d.expect('}', "its header"); err != nil {
		return nil, err
	}
	if _, err := d.ReadToken(); err == nil {
		return nil, Fault("has a header that continues after its JSON")
	} else if err != io.EOF {
		return nil, err
	}
	return tensors, nil
}

// members are the members of a tensor. Each is required once.
var members = [...]string{"dtype", "shape", "data_offsets"}

func (d *headerDecoder) tensor(name string) (Tensor, error) {
	t := Tensor{Name: name}
	if err := d.expect('{', "a tensor"); err != nil {
		return t, err
	}
	var seen [len(members)]bool
	var shape [maxRank]int64
	var ends [2]int64
	for d.PeekKind() == '"' {
		member, err := d.text("a member of a tensor")
		if err != nil {
			return t, err
		}
		i := slices.Index(members[:], string(member))
		if i < 0 || seen[i] {
			return t, faultf("has a tensor %s with an unknown or repeated member %s", quote(name), quote(string(member)))
		}
		seen[i] = true
		n := 0
		switch members[i] {
		case "dtype":
			member, err = d.text("the type of a tensor")
			t.Type = Type(member)
		case "shape":
			n, err = d.numbers(shape[:], "the shape of a tensor")
			t.Shape = append([]int64{}, shape[:n]...)
		case "data_offsets":
			n, err = d.numbers(ends[:], "the data_offsets of a tensor")
			if err == nil && n != len(ends) {
				err = faultf("does not say where its tensor %s begins and ends", quote(name))
			}
		}
		if err != nil {
			return t, err
		}
	}
	if err := d.expect('}', "a tensor"); err != nil {
		return t, err
	}
	if seen != [...]bool{true, true, true} {
		return t, faultf("has a tensor %s without a dtype, a shape or data_offsets", quote(name))
	}
	return t, placeTensor(&t, ends[0], ends[1])
}

// placeTensor sets the offset and size of a tensor after checking them against its type and shape.
func placeTensor(t *Tensor, begin, end int64) error {
	need, err := checkTensor(t)
	switch {
	case err != nil:
		return err
	case end < begin:
		return faultf("has a tensor %s that ends before it begins", quote(t.Name))
	case need >= 0 && need != end-begin:
		return faultf("has a tensor %s of type %s and shape %s, which needs %s but has %s", quote(t.Name), t.Type, shapeText(t.Shape), bytesText(need), bytesText(end-begin))
	}
	t.offset, t.Bytes = begin, end-begin
	return nil
}

// skipMetadata skips the map of strings.
func (d *headerDecoder) skipMetadata() error {
	if err := d.expect('{', "its "+metadataKey); err != nil {
		return err
	}
	for d.PeekKind() == '"' {
		if _, err := d.ReadToken(); err != nil {
			return err
		}
		if err := d.expect('"', "its "+metadataKey); err != nil {
			return err
		}
	}
	return d.expect('}', "its "+metadataKey)
}

// expect reads a token, which must be of that kind.
func (d *headerDecoder) expect(kind jsontext.Kind, where string) error {
	token, err := d.ReadToken()
	if err == nil && token.Kind() != kind {
		return faultf("has an unexpected value in %s, at byte %d of the header", where, d.InputOffset())
	}
	return err
}

// invalid is the kind of a token that is not JSON. Reading it returns the error.
const invalid jsontext.Kind = 0

// text reads a string. The result is valid until the next call.
func (d *headerDecoder) text(what string) ([]byte, error) {
	if kind := d.PeekKind(); kind != '"' && kind != invalid {
		return nil, faultf("has a header in which %s is not a string", what)
	}
	value, err := d.ReadValue()
	if err != nil {
		return nil, err
	}
	if len(value) > len(`"`)+maxName*len(`\u0000`)+len(`"`) {
		return nil, tooLong(what, len(value))
	}
	if d.unquoted, err = jsontext.AppendUnquote(d.unquoted[:0], value); err != nil {
		return nil, err
	}
	if len(d.unquoted) > maxName {
		return nil, tooLong(what, len(d.unquoted))
	}
	return d.unquoted, nil
}

func tooLong(what string, n int) error {
	return faultf("has a header in which %s has %d bytes, over the limit of %d", what, n, maxName)
}

// numbers reads an array of non-negative integers, and returns how many there are.
func (d *headerDecoder) numbers(into []int64, what string) (int, error) {
	if d.PeekKind() != '[' {
		return 0, faultf("has a header in which %s is not an array", what)
	}
	if _, err := d.ReadToken(); err != nil {
		return 0, err
	}
	n := 0
	for kind := d.PeekKind(); kind != ']'; kind = d.PeekKind() {
		if kind != '0' && kind != invalid {
			return 0, notWhole(what)
		}
		value, err := d.ReadValue()
		if err != nil {
			return 0, err
		}
		if n == len(into) {
			return 0, faultf("has a header in which %s has more than %d numbers", what, n)
		}
		if into[n], err = strconv.ParseInt(string(value), 10, 64); err != nil || into[n] < 0 {
			return 0, notWhole(what)
		}
		n++
	}
	_, err := d.ReadToken()
	return n, err
}

func notWhole(what string) error {
	return faultf("has a header in which %s has values other than whole numbers from 0 to %d", what, int64(math.MaxInt64))
}
