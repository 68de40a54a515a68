package cases

import (
	"embed"
	"path"

	"heaplab/profiler/access"
	"heaplab/profiler/cases/distillation"
	"heaplab/profiler/cases/gpt2"
	"heaplab/profiler/cases/integer"
	"heaplab/profiler/cases/preallocation"
	"heaplab/profiler/cases/precision"
	"heaplab/profiler/cases/pruning"
	"heaplab/profiler/cases/testbed"
	"heaplab/profiler/cases/training"
	"heaplab/profiler/child"
	"heaplab/profiler/listing"
	"heaplab/profiler/model"
	"heaplab/profiler/model/dataset"
	"heaplab/profiler/pool"
	"heaplab/profiler/subject/builtin"
)

// sources are the files of this package.
//
//go:embed *.go
var sources embed.FS

// packages lists the packages that the cases run, by path below heaplab/profiler.
var packages = []struct {
	path  string
	files embed.FS
}{
	{"access", access.Sources},
	{"cases", sources},
	{"cases/distillation", distillation.Sources},
	{"cases/gpt2", gpt2.Sources},
	{"cases/integer", integer.Sources},
	{"cases/preallocation", preallocation.Sources},
	{"cases/precision", precision.Sources},
	{"cases/pruning", pruning.Sources},
	{"cases/testbed", testbed.Sources},
	{"cases/training", training.Sources},
	{"model", model.Sources},
	{"model/dataset", dataset.Sources},
	{"pool", pool.Sources},
}

// Code returns the source of the packages that the cases run, for reports that show its lines. The
// version also covers the packages that measure.
func Code() listing.Code {
	all := []embed.FS{builtin.Sources, child.Sources}
	var code listing.Code
	for _, p := range packages {
		all = append(all, p.files)
		code.Packages = append(code.Packages, listing.Package{Path: path.Join("heaplab/profiler", p.path), Files: p.files})
	}
	code.Version = testbed.Version(all...)[:12]
	return code
}
