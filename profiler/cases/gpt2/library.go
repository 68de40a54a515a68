// Package gpt2 runs models of the GPT-2 architecture, generated or read from files, with caches and
// weights in several formats; and the matrices of other models, by themselves.
package gpt2

import (
	"embed"
	"fmt"
	"math"
	"path/filepath"
	"slices"

	"heaplab/profiler"
	"heaplab/profiler/cases/testbed"
	"heaplab/profiler/model"
	"heaplab/profiler/subject/builtin"
	"heaplab/profiler/weights"
)

// Sources are the files of this package.
//
//go:embed *.go
var Sources embed.FS

// A Library is the models that cases can run.
type Library struct {
	models   []gpt      // that read texts
	matrices []matrices // of files
}

// A gpt is a GPT-2, generated or read from a file.
type gpt struct {
	name   string // as a choice of the param model
	shape  model.GPT2
	prefix string // of the file's names of tensors
	file   bool   // it is read from the folder of models
}

// generated models have the weights that GPT-2's training starts with. Their memory does not depend
// on what a model has learned.
var generated = []gpt{
	{name: "gpt2-tiny", shape: model.GPT2{Vocab: 211, Width: 64, Heads: 1, Blocks: 2, Context: 64}},
	{name: "gpt2-mini", shape: model.GPT2{Vocab: 8192, Width: 384, Heads: 6, Blocks: 8, Context: 512}},
	{name: "gpt2-small", shape: model.GPT2Small},
}

// headSize is the size of a head in all of GPT-2's published sizes. Files do not give the
// number of heads, so all are assumed to have heads of this size.
const headSize = 64

// NewLibrary returns the generated models and the safetensors files that cases can run: those with
// GPT-2's tensors, and those with matrices.
func NewLibrary(files []testbed.ModelFile) Library {
	l := Library{models: slices.Clone(generated)}
	for _, f := range files {
		if f.Header.Format != weights.Safetensors {
			continue
		}
		if m, ok := gptOf(f.Header); ok {
			m.name = f.Name
			l.models = append(l.models, m)
		}
		if shapes := matricesOf(f.Header); shapes != nil {
			l.matrices = append(l.matrices, matrices{f.Name, shapes})
		}
	}
	return l
}

// gptOf returns the GPT-2 in a file and whether there is one: with the tensors of the published
// files, whose weights, of a byte or more each, fit the file.
func gptOf(f *weights.File) (gpt, bool) {
	s, ok := f.GPT2()
	if !ok || s.Vocab > math.MaxInt32 || s.Width%headSize != 0 {
		return gpt{}, false
	}
	// This is GPT2.WeightCount in numbers that do not overflow, and are exact up to the size of any file.
	width, blocks, rows := float64(s.Width), float64(s.Blocks), float64(s.Vocab)+float64(s.Context)
	if count := blocks*width*(12*width+13) + (rows+2)*width; count > float64(f.Size) {
		return gpt{}, false
	}
	shape := model.GPT2{Vocab: int(s.Vocab), Width: int(s.Width), Heads: int(s.Width / headSize), Blocks: int(s.Blocks), Context: int(s.Context)}
	return gpt{shape: shape, prefix: s.Prefix, file: true}, true
}

// modelName chooses a model. param adds the choices of a library.
var modelName = builtin.NewChoice("model", "gpt2-mini", nil, fmt.Sprintf(
	"a GPT-2: generated in three sizes, or a file of --models (its heads are assumed to have %d numbers, as in all published sizes)", headSize))

// Params of the cases that read a text.
var (
	tokens = builtin.NewInt("tokens", 16, 2, 1024, "random tokens that GPT-2 reads in an operation, one after the other")
	seed   = builtin.NewInt("seed", 1, 0, math.MaxInt32, "seed of the tokens and of generated weights")
)

// param returns the param model with all models that read texts.
func (l Library) param() builtin.ChoiceParam {
	var names []string
	for _, m := range l.models {
		names = append(names, m.name)
	}
	return modelName.WithChoices(names...)
}

// find returns the model that the params ask for.
func (l Library) find(p profiler.Params) gpt {
	return l.models[slices.IndexFunc(l.models, func(m gpt) bool { return m.name == modelName.Of(p) })]
}

// check rejects a text that is longer than the model's context.
func (l Library) check(p profiler.Params) profiler.Faults {
	if m := l.find(p); tokens.Of(p) > m.shape.Context {
		return profiler.Faults{{Field: "tokens", Message: fmt.Sprintf("must be at most %d, the number of positions of %s", m.shape.Context, m.name)}}
	}
	return nil
}

// open returns a reader of the model's tensors. done must be called when they were read.
func open[T model.Float](in builtin.Input, m gpt) (read model.TensorReader[T], done func() error, err error) {
	if !m.file {
		return model.GenerateGPT2[T](m.shape, uint64(seed.Of(in.Params))), func() error { return nil }, nil
	}
	return openFile[T](in, m.name, m.prefix)
}

// openFile returns a reader of a file's tensors, whose names start with prefix.
func openFile[T model.Float](in builtin.Input, name, prefix string) (read model.TensorReader[T], done func() error, err error) {
	file, err := weights.Open(filepath.Join(in.Models, name))
	if err != nil {
		return nil, nil, err
	}
	return func(t model.TensorShape) ([]T, error) {
		var shape []int64
		for _, n := range t.Shape {
			shape = append(shape, int64(n))
		}
		tensor, err := file.Tensor(prefix+t.Name, shape...)
		if err != nil {
			return nil, err
		}
		values := make([]T, t.Size())
		return values, weights.Load(file, tensor, values, 0)
	}, file.Close, nil
}
