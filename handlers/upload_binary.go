package handlers

import (
	"errors"
	"fmt"
	"mime/multipart"
	"os"
	"path/filepath"

	"heaplab/profiler"
	"heaplab/profiler/subject/imported"
	"heaplab/profiler/words"
)

// binarySide returns the side of an import whose program is in a field, or "".
func binarySide(field string) string {
	for _, side := range []string{profiler.ImportBaseline, profiler.ImportVariant} {
		if field == profiler.ImportBinary(side) {
			return side
		}
	}
	return ""
}

// takeBinary reads the program of a side.
func (u *upload) takeBinary(side string, part *multipart.Part) (err error) {
	field := profiler.ImportBinary(side)
	path := filepath.Join(u.dir, field)
	file, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return fmt.Errorf("store the upload: %w", err)
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	var size int64
	err = pieces(part, func(piece []byte) error {
		if size += int64(len(piece)); size > u.maxBinary {
			return nil
		}
		return u.write(file, piece)
	})
	switch {
	case err != nil:
		return err
	case size > u.maxBinary:
		u.fault(field, fmt.Sprintf("is larger than %s, the limit of programs: without debugging information (strip -g) it is smaller", words.Bytes(float64(u.maxBinary))))
	case size > 0 || part.FileName() != "": // otherwise the field is empty
		u.binaries[side] = imported.Upload{Name: part.FileName(), Path: path}
	}
	return nil
}
