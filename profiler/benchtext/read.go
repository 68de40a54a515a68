// Package benchtext reads results of Go benchmarks, as text or as the events of go test -json, and compares files of
// them as benchstat does (https://pkg.go.dev/golang.org/x/perf/cmd/benchstat).
package benchtext

import (
	"bytes"
	"fmt"
	"math"

	"golang.org/x/perf/benchfmt"
)

// A File holds results of benchmarks in the Go benchmark format (https://go.dev/design/14313-benchmark-format).
type File struct {
	Name string // for people
	Text []byte // see Text
}

// fileKey is the configuration key with the name of the file. No file can set it: keys have no dots at their start.
const fileKey = ".file"

// Each calls do with the results and syntax errors of the files, in their order, and the index of their file. A
// result is valid only during the call. Each returns what the files say about units. The error says that a file
// cannot be read to its end, that a value is not finite, with which benchstat may never end, or that the configuration has
// more than maxKeys keys.
func Each(files []File, do func(file int, r benchfmt.Record)) (benchfmt.UnitMetadataMap, error) {
	var reader benchfmt.Reader
	for i, f := range files {
		reader.Reset(bytes.NewReader(f.Text), f.Name, fileKey, f.Name)
		for reader.Scan() {
			if r, ok := reader.Result().(*benchfmt.Result); ok {
				if err := check(r); err != nil {
					return nil, err
				}
			}
			do(i, reader.Result())
		}
		if err := reader.Err(); err != nil {
			return nil, fmt.Errorf("read %w", err)
		}
	}
	return reader.Units(), nil
}

// maxKeys is the largest number of keys in the configuration of a result. Memory for all different configurations grows
// with the square of the keys in a file.
const maxKeys = 64

// check returns what is wrong with a result.
func check(r *benchfmt.Result) error {
	if name, line := r.Pos(); len(r.Config) > maxKeys+1 { // fileKey is one more
		return fmt.Errorf("line %d of %s has more than %d keys of configuration, which are lines such as goos: linux", line, name, maxKeys)
	}
	for _, v := range r.Values {
		if math.IsNaN(v.Value) || math.IsInf(v.Value, 0) {
			name, line := r.Pos()
			return fmt.Errorf("line %d of %s: %v %s is not a measurement", line, name, v.Value, v.Unit)
		}
	}
	return nil
}
