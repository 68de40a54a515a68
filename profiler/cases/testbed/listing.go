package testbed

import (
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"fmt"
	"io/fs"
	"strings"
	"sync"

	"heaplab/profiler/listing"
	"heaplab/profiler/model"
	"heaplab/profiler/model/dataset"
)

// ModelSource is Quote for a file of package model.
func ModelSource(file string, names ...string) func() string {
	return Quote(model.Sources, file, names...)
}

// Quote returns a func that reads the Go text of declarations in an embedded file: types and
// functions by name, methods as Type.Method. The func panics if a name is missing, which is a
// mistake of the case.
func Quote(files embed.FS, file string, names ...string) func() string {
	return sync.OnceValue(func() string {
		text, err := files.ReadFile(file)
		if err != nil {
			panic(err)
		}
		quoted, err := declarations(string(text), names)
		if err != nil {
			panic(fmt.Errorf("source of %s: %w", file, err))
		}
		return quoted
	})
}

// declarations returns the named declarations of a Go file with their comments, in the order of
// names. Declarations on neighbouring lines of the file stay together; an empty line separates
// the others.
func declarations(text string, names []string) (string, error) {
	found := map[string]listing.Declaration{}
	parsed, err := listing.Parse(text)
	if err != nil {
		return "", err
	}
	for _, d := range parsed {
		found[d.Name] = d
	}

	all := strings.Split(text, "\n")
	var out []string
	var last int
	for _, name := range names {
		at, ok := found[name]
		if !ok {
			return "", fmt.Errorf("no declaration of %s", name)
		}
		if last != 0 && at.First != last+1 {
			out = append(out, "")
		}
		out = append(out, all[at.First-1:at.Last]...)
		last = at.Last
	}
	return strings.Join(out, "\n"), nil
}

// ModelVersion returns a func that computes a digest of the models, their data and a case's own
// files: weights that other code trained are not used.
func ModelVersion(own embed.FS) func() string {
	return sync.OnceValue(func() string { return Version(model.Sources, dataset.Sources, Sources, own) })
}

// Version returns a digest of packages' files without their tests.
func Version(packages ...embed.FS) string {
	hash := sha256.New()
	for _, files := range packages {
		names, err := fs.Glob(files, "*.go") // sorted
		if err != nil {
			panic(err)
		}
		for _, name := range names {
			if strings.HasSuffix(name, "_test.go") {
				continue
			}
			text, err := files.ReadFile(name)
			if err != nil {
				panic(err)
			}
			fmt.Fprintf(hash, "%s %d\n", name, len(text))
			hash.Write(text)
		}
	}
	return hex.EncodeToString(hash.Sum(nil))
}
