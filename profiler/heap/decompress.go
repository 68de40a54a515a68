package heap

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
)

// maxWindow limits the memory for decompressing zstd, in bytes. It is also the limit of the zstd command.
const maxWindow = 128 << 20

// Decompress returns the content of a file that may be compressed with gzip or zstd. The error is a Fault.
func Decompress(file []byte, l Limits) ([]byte, error) {
	raw, err := file, error(nil)
	switch {
	case isZstd(file):
		raw, err = unzstd(file, l)
	default:
		raw, err = Gunzip(file, l)
	}
	if err != nil {
		return nil, err
	}
	compressed := isGzip(file) || isZstd(file)
	switch {
	case compressed && isGzip(raw):
		return nil, Fault("is compressed twice: decompress it once with gunzip or zstd -d, and upload the result")
	case compressed && isZstd(raw):
		return nil, Fault("is compressed twice: decompress it once, and upload the result")
	}
	return raw, nil
}

func isGzip(file []byte) bool { return bytes.HasPrefix(file, []byte{0x1f, 0x8b}) }

// isZstd reports whether a file begins with a frame of zstd, or with one that decoders skip (RFC 8878).
func isZstd(file []byte) bool {
	if len(file) < 4 {
		return false
	}
	magic := binary.LittleEndian.Uint32(file)
	return magic == 0xFD2FB528 || magic&^0xF == 0x184D2A50
}

// Gunzip returns the content of a file that may be compressed with gzip, as one member or as several;
// profiles that Go writes have one. The error is a Fault.
func Gunzip(file []byte, l Limits) ([]byte, error) {
	if len(file) == 0 {
		return nil, Fault("is empty")
	}
	if !isGzip(file) {
		if len(file) > l.Raw {
			return nil, tooLarge(l)
		}
		return file, nil
	}
	in := bytes.NewReader(file)
	zip, err := gzip.NewReader(in)
	if err != nil {
		return nil, Fault("begins like a gzip file, but is not one: " + err.Error())
	}
	// The file ends with its uncompressed size (RFC 1952). A false size costs no more than the limit.
	size := int(binary.LittleEndian.Uint32(file[len(file)-4:]))
	raw, err := readWithin(zip, size, l)
	switch {
	case errors.Is(err, gzip.ErrHeader):
		return nil, Fault("has bytes after its end")
	case err != nil && !isFault(err):
		return nil, Fault("is a damaged gzip file: " + err.Error())
	}
	return raw, err
}

// unzstd decompresses the frames of a zstd file.
func unzstd(file []byte, l Limits) ([]byte, error) {
	zip, err := zstd.NewReader(bytes.NewReader(file), zstd.WithDecoderConcurrency(1), zstd.WithDecoderLowmem(true), zstd.WithDecoderMaxWindow(maxWindow))
	if err != nil {
		return nil, err
	}
	defer zip.Close()
	raw, err := readWithin(zip, 4*len(file), l)
	switch {
	case errors.Is(err, zstd.ErrMagicMismatch):
		return nil, Fault("has bytes after its end")
	case errors.Is(err, zstd.ErrUnknownDictionary):
		return nil, Fault("was compressed by zstd with a dictionary, which heaplab does not have: decompress it with zstd -d -D DICTIONARY")
	case errors.Is(err, zstd.ErrWindowSizeExceeded):
		return nil, Fault(fmt.Sprintf("needs more than %d MiB to be decompressed: compress it with zstd, without --long or --ultra", maxWindow>>20))
	case err != nil && !isFault(err):
		return nil, Fault("is a damaged zstd file: " + err.Error())
	}
	return raw, err
}

// readWithin reads a decompressed content of probably size bytes. It returns a Fault if the content is
// empty, too large or ends early, and other errors as they are.
func readWithin(in io.Reader, size int, l Limits) ([]byte, error) {
	content := bytes.NewBuffer(make([]byte, 0, min(size, l.Raw)+bytes.MinRead))
	_, err := content.ReadFrom(io.LimitReader(in, int64(l.Raw)+1))
	raw := content.Bytes()
	switch {
	case len(raw) > l.Raw:
		return nil, tooLarge(l)
	case errors.Is(err, io.ErrUnexpectedEOF):
		return nil, Fault("ends early: the upload or the copy is incomplete")
	case err != nil:
		return nil, err
	case len(raw) == 0:
		return nil, Fault("is empty")
	}
	return raw, nil
}

func isFault(err error) bool {
	var fault Fault
	return errors.As(err, &fault)
}

func tooLarge(l Limits) error {
	return Fault(fmt.Sprintf("is larger than %d MiB once it is decompressed", l.Raw>>20))
}
