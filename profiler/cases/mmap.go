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
	"heaplab/profiler/subject/builtin"
)

// newMapping reads the same part of a file of weights, generated or of a user's model, in three
// ways.
func newMapping(files modelFiles) builtin.Case {
	return builtin.Case{
		Name:      "mmap",
		Title:     "Map a file of weights instead of reading it",
		Technique: "内存访问优化 · 内存映射 (memory access: memory mapping)",
		Idea: "内存映射: data stays on the disk and is loaded on demand. " +
			"The file is part of the address space, and the kernel loads a page of it when that is read first, into memory that all processes share. " +
			"Here an operation opens a file of weights, reads some of it and lets go of it: read whole into the heap, streamed through a buffer of 1 MiB, or mapped. " +
			"All of them read the same bytes, whose checksum was written with the file.",
		Limit: "The file over what is touched of it: 10 × where the first tenth is read, and nothing where all of it is. " +
			"Every tenth page saves nothing either: the kernel maps 64 KiB around a page that it has in memory anyway, and every page lies near one that is touched. " +
			"Mapped memory is file-backed: it counts as resident, but the kernel can take it back and share it, which it cannot with a heap. It is not on the Go heap, so no collection sees it. " +
			"Streaming through a buffer holds less than either and is the better choice for data that is read once, in order. " +
			"The price: a page that is not in memory is waited for where it is read, without a sign in the code; a file that is cut off or a disk that fails ends the process with SIGBUS, " +
			"unless that is caught as here; and what is mapped must not be used once it is unmapped. " +
			"Cold operations drop the file from the kernel's memory first, which a file system in memory does not do.",

		Params: []builtin.Param{
			{Name: "file", Type: builtin.Choice, Default: generated, Choices: append([]string{generated}, files.names()...), Help: "the weights: generated ones, or a copy of a model of the server's"},
			{Name: "mib", Type: builtin.Int, Default: int64(128), Min: 1, Max: 2048, Help: "size of the file of weights, in MiB, at the most that of the model"},
			{Name: "touch", Type: builtin.Choice, Default: string(access.First), Choices: touches(), Help: "what is read: the first tenth, every tenth page of 4 KiB (strided), or all"},
			{Name: "cache", Type: builtin.Choice, Default: warm, Choices: []string{warm, cold}, Help: "whether the kernel has the file in memory when an operation begins"},
			{Name: "seed", Type: builtin.Int, Default: int64(1), Min: 0, Max: math.MaxInt32, Help: "seed of the weights"},
		},
		Presets: []builtin.Preset{
			{Name: "default", Title: "The first tenth of 128 MiB", Params: map[string]any{}, Scale: builtin.Small},
			{Name: "large", Title: "Large: the first tenth of 512 MiB", Params: map[string]any{"mib": 512}, Scale: builtin.Large},
			{Name: "cold", Title: "The first tenth of 128 MiB, from the disk", Params: map[string]any{"cache": cold}},
			{Name: "strided", Title: "Control: every tenth page", Params: map[string]any{"touch": string(access.Strided)}},
			{Name: "all", Title: "Control: every page", Params: map[string]any{"touch": string(access.All)}},
		},
		Variants: []builtin.Variant{
			{
				Name: "whole", Title: "Read whole into the heap",
				Setup:  mappingVariant{files, whole}.setUp,
				Source: accessSource("read.go", "Weights.Whole"),
			},
			{
				Name: "streamed", Title: "Read through one buffer",
				Setup:  mappingVariant{files, streamed}.setUp,
				Source: accessSource("read.go", "Stream.Read"),
			},
			{
				Name: "mapped", Title: "Mapped, and loaded on demand",
				Setup:  mappingVariant{files, mapped}.setUp,
				Source: accessSource("read.go", "Weights.Mapped"),
			},
		},
		Primary: []string{profiler.MarkRSS, profiler.LiveHeap, profiler.NsPerOp},

		Estimate: func(p profiler.Params) builtin.Estimate { return estimateMapping(p, files.sizeOf(p)) },
		Predict:  func(p profiler.Params) []profiler.Prediction { return predictMapping(p, files.sizeOf(p)) },
		Preparation: &builtin.Preparation{
			What:    "the file of weights",
			Version: func() string { return versionOf(access.Sources) },
			Params:  []string{"file", "mib", "seed"},
			Data:    func(in builtin.Input) string { return modelVersion(in, in.Text("file")) },
			Make:    files.write,
			Duration: func(p profiler.Params) time.Duration {
				const perByte = 8 // nanoseconds, to be generated and on a disk
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

func touches() []string {
	var names []string
	for _, t := range access.Touches {
		names = append(names, string(t))
	}
	return names
}

// sizeOf is how many bytes of weights are in the file that the params ask for, whole pages.
func (f modelFiles) sizeOf(p profiler.Params) int {
	size := p.Int("mib") << 20
	for _, file := range f {
		if file.name == p.Text("file") {
			size = min(size, int(file.size)/access.PageSize*access.PageSize)
		}
	}
	return size
}

// write makes the file, with the checksums of what is read of it.
func (f modelFiles) write(in builtin.Input, w io.Writer) error {
	if in.Text("file") == generated {
		return access.WriteWeights(w, f.sizeOf(in.Params), access.Random(seedOf(in)))
	}
	file, err := os.Open(filepath.Join(in.Models, in.Text("file")))
	if err != nil {
		return err
	}
	defer file.Close()
	return access.WriteWeights(w, f.sizeOf(in.Params), bufio.NewReaderSize(file, 1<<20))
}

// A mappingVariant reads a file in one way. Its set-up is a method, not a closure, as that of a
// precisionVariant is.
type mappingVariant struct {
	files modelFiles
	way   func(*access.Weights) reader
}

func whole(w *access.Weights) reader    { return w.Whole }
func streamed(w *access.Weights) reader { return access.NewStream(w).Read }
func mapped(w *access.Weights) reader   { return w.Mapped }

// A reader reads what is touched of a file and calls mark while it holds that.
type reader func(mark func()) error

// reads are operations that read the file each time anew.
type reads struct {
	weights *access.Weights
	read    reader
	cold    bool
}

// setUp has the kernel take the file into memory, where operations are to find it there.
func (v mappingVariant) setUp(in builtin.Input) (builtin.Work, error) {
	weights, err := access.OpenWeights(in.Prepared, v.files.sizeOf(in.Params), access.Touch(in.Text("touch")))
	if err != nil {
		return nil, err
	}
	r := &reads{weights, v.way(weights), in.Text("cache") == cold}
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

// predictMapping sets the file against what is resident of it once it was read.
func predictMapping(p profiler.Params, size int) []profiler.Prediction {
	const around = 64 << 10 // bytes that the kernel maps with a page, if it has them in memory
	resident, note := size, ""
	switch access.Touch(p.Text("touch")) {
	case access.First:
		touched := access.First.Bytes(size)
		resident = min((touched+around-1)/around*around, size)
		note = "in whole pieces of 64 KiB; the program's own pages come on top"
	case access.Strided:
		note = "for every page: the kernel maps 64 KiB around each that is touched"
	}
	return []profiler.Prediction{
		{Variant: "streamed", Unit: profiler.LiveHeap, Ratio: profiler.Float(float64(size) / access.BufferSize), Note: "for the buffer alone"},
		{Variant: "mapped", Unit: profiler.MarkRSS, Ratio: profiler.Float(float64(size) / float64(resident)), Note: note},
		{Variant: "mapped", Unit: profiler.LiveHeap, Ratio: profiler.Float(math.Inf(1))},
	}
}

// estimateMapping scales what was measured at 128 MiB and at 512 MiB on two cores at about 3 GHz.
func estimateMapping(p profiler.Params, bytes int) builtin.Estimate {
	perByte := 1.0 // nanoseconds, to be read whole
	if p.Text("cache") == cold {
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
