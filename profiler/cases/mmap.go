package cases

import (
	"bufio"
	"io"
	"math"
	"os"
	"path/filepath"
	"time"

	"heaplab/profiler"
	"heaplab/profiler/access"
	"heaplab/profiler/cases/testbed"
	"heaplab/profiler/subject/builtin"
)

// newMapping returns the case mmap, with the model files of a server: it reads the same part of a
// file of weights in three ways.
func newMapping(models []testbed.ModelFile) builtin.Case {
	files := mappableOf(models)
	return builtin.Case{
		Name:  "mmap",
		Title: "Map a file of weights instead of reading it",
		Idea: "Mapped data stays on the disk and is loaded on demand. " +
			"The file is part of the address space; the kernel loads a page at its first read, into memory that all processes share. " +
			"An operation opens a file of weights, reads a part and closes it. The variants read the whole file into the heap, stream it through a buffer of 1 MiB, or map it. " +
			"All of them read the same bytes, whose checksum is stored with the file.",
		Limit: "The saving is the file size divided by the size of the part that is read: 10 × for the first tenth, and nothing for all of it. " +
			"Every tenth page saves nothing either: the kernel maps 64 KiB around a page that it already has in memory, and every page is near one that is read. " +
			"Mapped memory is file-backed: it counts as resident, but the kernel can reclaim and share it, which it cannot do with a heap. It is not on the Go heap, so no collection sees it. " +
			"Streaming through a buffer holds less than either, and is the better choice for data that is read once, in order. " +
			"The price: a read may wait for the disk, and the code does not show where; a truncated file or a failing disk ends the process with SIGBUS, " +
			"unless the program catches it, as here; and mapped data must not be used after it is unmapped. " +
			"Cold operations drop the file from the kernel's memory first, which has no effect on a file system in memory.",

		Params: builtin.ParamsOf(weightsFile.WithChoices(files.names()...), mib, touch, cache, mappingSeed),
		Presets: []builtin.Preset{
			{Name: "default", Title: "The first tenth of 128 MiB", Params: builtin.Values(), Scale: builtin.Small},
			{Name: "large", Title: "Large: the first tenth of 512 MiB", Params: builtin.Values(mib.Is(512)), Scale: builtin.Large},
			{Name: "cold", Title: "The first tenth of 128 MiB, from the disk", Params: builtin.Values(cache.Is(cold))},
			{Name: "strided", Title: "Control: every tenth page", Params: builtin.Values(touch.Is(string(access.Strided)))},
			{Name: "all", Title: "Control: every page", Params: builtin.Values(touch.Is(string(access.All)))},
		},
		Variants: []builtin.Variant{
			{
				Name: "whole", Title: "Read whole into the heap",
				Setup:  mappingVariant{files, whole}.setUp,
				Source: testbed.Quote(access.Sources, "read.go", "Weights.Whole"),
			},
			{
				Name: "streamed", Title: "Read through one buffer",
				Setup:  mappingVariant{files, streamed}.setUp,
				Source: testbed.Quote(access.Sources, "read.go", "Stream.Read"),
			},
			{
				Name: "mapped", Title: "Mapped, and loaded on demand",
				Setup:  mappingVariant{files, mapped}.setUp,
				Source: testbed.Quote(access.Sources, "read.go", "Weights.Mapped"),
			},
		},
		Primary: []string{profiler.MarkRSS, profiler.LiveHeap, profiler.NsPerOp},

		Estimate: func(p profiler.Params) builtin.Estimate { return estimateMapping(p, files.sizeOf(p)) },
		Predict:  func(p profiler.Params) []profiler.Prediction { return predictMapping(p, files.sizeOf(p)) },
		Preparation: &builtin.Preparation{
			What:    "the file of weights",
			Version: func() string { return testbed.Version(access.Sources) },
			Params:  builtin.ParamsOf(weightsFile, mib, mappingSeed),
			Data:    func(in builtin.Input) string { return testbed.ModelFileVersion(in, weightsFile.Of(in.Params)) },
			Make:    files.write,
			Duration: func(p profiler.Params) time.Duration {
				const perByte = 8 // nanoseconds, to generate and write
				return time.Duration(files.sizeOf(p)) * perByte
			},
		},
	}
}

// Choices of the param cache.
const (
	warm = "warm"
	cold = "cold"
)

// Params of the case mmap.
var (
	weightsFile = builtin.NewChoice("file", testbed.Generated, []string{testbed.Generated}, "weights to read: generated ones, or a copy of a model of the server")
	mib         = builtin.NewInt("mib", 128, 1, 2048, "size of the file of weights, in MiB, at most that of the model")
	touch       = builtin.NewChoice("touch", string(access.First), touches(), "part that is read: the first tenth, every tenth page of 4 KiB (strided), or all")
	cache       = builtin.NewChoice("cache", warm, []string{warm, cold}, "whether the kernel has the file in memory when an operation starts")
	mappingSeed = builtin.NewInt("seed", 1, 0, math.MaxInt32, "seed of the weights")
)

// mappable are the model files that are large enough to map, in the order of their names.
type mappable []mappableFile

type mappableFile struct {
	name string
	size int64 // bytes
}

// mappableOf returns the files of 1 MiB or more, the smallest size of the param mib.
func mappableOf(models []testbed.ModelFile) mappable {
	var files mappable
	for _, m := range models {
		if m.Header.Size >= 1<<20 {
			files = append(files, mappableFile{m.Name, m.Header.Size})
		}
	}
	return files
}

func (f mappable) names() []string {
	var names []string
	for _, file := range f {
		names = append(names, file.name)
	}
	return names
}

func touches() []string {
	var names []string
	for _, t := range access.Touches {
		names = append(names, string(t))
	}
	return names
}

// sizeOf returns how many bytes of weights are in the file that the params ask for, in whole pages.
func (f mappable) sizeOf(p profiler.Params) int {
	size := mib.Of(p) << 20
	for _, file := range f {
		if file.name == weightsFile.Of(p) {
			size = min(size, int(file.size)/access.PageSize*access.PageSize)
		}
	}
	return size
}

// write writes the file with the checksums of its parts.
func (f mappable) write(in builtin.Input, w io.Writer) error {
	name := weightsFile.Of(in.Params)
	if name == testbed.Generated {
		return access.WriteWeights(w, f.sizeOf(in.Params), access.Random(uint64(mappingSeed.Of(in.Params))))
	}
	file, err := os.Open(filepath.Join(in.Models, name))
	if err != nil {
		return err
	}
	defer file.Close()
	return access.WriteWeights(w, f.sizeOf(in.Params), bufio.NewReaderSize(file, 1<<20))
}

// A mappingVariant reads a file in one way. Its setUp is a method, not a closure: the compiler
// numbers closures, and profiles are compared by the names of functions.
type mappingVariant struct {
	files mappable
	way   func(*access.Weights) reader
}

func whole(w *access.Weights) reader    { return w.Whole }
func streamed(w *access.Weights) reader { return access.NewStream(w).Read }
func mapped(w *access.Weights) reader   { return w.Mapped }

// A reader reads a part of a file and calls mark while it holds it.
type reader func(mark func()) error

// reads is a Work that reads the file in every operation.
type reads struct {
	weights *access.Weights
	read    reader
	cold    bool
}

// setUp loads the file into the kernel's memory if operations are to find it there.
func (v mappingVariant) setUp(in builtin.Input) (builtin.Work, error) {
	weights, err := access.OpenWeights(in.Prepared, v.files.sizeOf(in.Params), access.Touch(touch.Of(in.Params)))
	if err != nil {
		return nil, err
	}
	r := &reads{weights, v.way(weights), cache.Of(in.Params) == cold}
	if r.cold {
		return r, nil
	}
	return r, weights.Load()
}

func (r *reads) Op(mark func()) error {
	if r.cold {
		if err := r.weights.Forget(); err != nil {
			return err
		}
	}
	return r.read(mark)
}

func (r *reads) Metrics() []profiler.Measurement {
	return []profiler.Measurement{{Unit: profiler.ModelBytes, Value: float64(r.weights.Size())}}
}

func (r *reads) Close() error { return nil }

// predictMapping compares the file with the part that is resident after the read.
func predictMapping(p profiler.Params, size int) []profiler.Prediction {
	const around = 64 << 10 // bytes that the kernel maps with a page if they are in memory
	resident, note := size, ""
	switch access.Touch(touch.Of(p)) {
	case access.First:
		touched := access.First.Bytes(size)
		resident = min((touched+around-1)/around*around, size)
		note = "in whole pieces of 64 KiB, without the program's own pages"
	case access.Strided:
		note = "for every page: the kernel maps 64 KiB around each page that is read"
	}
	return []profiler.Prediction{
		{Variant: "streamed", Unit: profiler.LiveHeap, Ratio: profiler.Float(float64(size) / access.BufferSize), Note: "for the buffer alone"},
		{Variant: "mapped", Unit: profiler.MarkRSS, Ratio: profiler.Float(float64(size) / float64(resident)), Note: note},
		{Variant: "mapped", Unit: profiler.LiveHeap, Ratio: profiler.Float(math.Inf(1))},
	}
}

// estimateMapping scales measurements of 128 MiB and 512 MiB on two cores at about 3 GHz.
func estimateMapping(p profiler.Params, bytes int) builtin.Estimate {
	perByte := 1.0 // nanoseconds, to read the whole file
	if cache.Of(p) == cold {
		perByte = 3 // with a disk of some hundred MB a second
	}
	size := float64(bytes)
	return builtin.Estimate{
		Live:  int64(size),
		Churn: int64(size),
		Setup: time.Duration(size * 0.3),
		Op:    time.Duration(size * perByte),
	}
}
