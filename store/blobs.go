package store

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"

	"github.com/klauspost/compress/gzip"
)

// pack encodes v as gzip of JSON.
func pack(v any) ([]byte, error) {
	var b bytes.Buffer
	zip := gzip.NewWriter(&b)
	if err := json.NewEncoder(zip).Encode(v); err != nil {
		return nil, fmt.Errorf("pack %T: %w", v, err)
	}
	if err := zip.Close(); err != nil {
		return nil, fmt.Errorf("pack %T: %w", v, err)
	}
	return b.Bytes(), nil
}

// unpack decodes the result of pack into v.
func unpack(b []byte, v any) error {
	zip, err := gzip.NewReader(bytes.NewReader(b))
	var text []byte
	if err == nil {
		text, err = io.ReadAll(zip) // to the end, which has a checksum
	}
	if err == nil {
		err = json.Unmarshal(text, v)
	}
	if err != nil {
		return fmt.Errorf("unpack %T: %w: %w", v, ErrDamaged, err)
	}
	return nil
}
