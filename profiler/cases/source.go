package cases

import (
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"fmt"
	"io/fs"
	"strings"
	"sync"

	"heaplab/profiler/access"
	"heaplab/profiler/listing"
	"heaplab/profiler/model"
	"heaplab/profiler/model/dataset"
	"heaplab/profiler/pool"
)

// modelSource returns a func that reads the Go text of declarations in a file of package
// model: types and functions by name, methods as Type.Method. What it reads is embedded,
// so a name that is not there is a mistake in this package, and panics.
func modelSource(file string, names ...string) func() string {
	return quote(model.Sources, file, names)
}

// poolSource does the same for a file of package pool.
func poolSource(file string, names ...string) func() string { return quote(pool.Sources, file, names) }

// accessSource does the same for a file of package access.
func accessSource(file string, names ...string) func() string {
	return quote(access.Sources, file, names)
}

// ownSource does the same for a file of this package.
func ownSource(file string, names ...string) func() string { return quote(sources, file, names) }

// sources are the files of this package: case pages quote some of them.
//
//go:embed *.go
var sources embed.FS

// Code is what the cases run, for reports that show its lines.
func Code() listing.Code {
	return listing.Code{Version: codeVersion()[:12], Packages: []listing.Package{
		{Path: "heaplab/profiler/access", Files: access.Sources},
		{Path: "heaplab/profiler/cases", Files: sources},
		{Path: "heaplab/profiler/model", Files: model.Sources},
		{Path: "heaplab/profiler/model/dataset", Files: dataset.Sources},
		{Path: "heaplab/profiler/pool", Files: pool.Sources},
	}}
}

// codeVersion is a digest of all code that the cases run: weights that other code trained are
// not used.
var codeVersion = sync.OnceValue(func() string {
	return versionOf(access.Sources, model.Sources, dataset.Sources, pool.Sources, sources)
})

// versionOf is a digest of packages' files, their tests aside.
func versionOf(packages ...embed.FS) string {
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

// sourcesOf joins what such funcs read.
func sourcesOf(parts ...func() string) func() string {
	return func() string {
		var texts []string
		for _, part := range parts {
			texts = append(texts, part())
		}
		return strings.Join(texts, "\n\n")
	}
}

func quote(files embed.FS, file string, names []string) func() string {
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

// declarations returns the named declarations of a Go file with their comments, in the
// order of names. What stands on neighbouring lines in the file stays together; the rest
// is parted by an empty line.
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
