package cases

import (
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strconv"

	"heaplab/profiler"
	"heaplab/profiler/model"
	"heaplab/profiler/subject/builtin"
	"heaplab/profiler/weights"
)

// A languageModel is a GPT-2 that cases can run, generated or a file of a user's; or a file of
// another model, of which there are the matrices alone.
type languageModel struct {
	name     string // as a choice of the param model
	shape    model.GPT2
	prefix   string              // of the file's names of tensors
	file     bool                // it is read, from the folder of models
	matrices []model.TensorShape // of a model that is no GPT-2
}

// A library is the language models that there are.
type library []languageModel

// decoders are those that read texts.
func (l library) decoders() library {
	return slices.DeleteFunc(slices.Clone(l), func(m languageModel) bool { return m.matrices != nil })
}

// ownModel is the choice of the param model that is no language model: the case's own.
const ownModel = "article"

// generatedModels have weights as GPT-2 starts with: how much they take does not depend on
// what was learnt.
var generatedModels = library{
	{name: "gpt2-tiny", shape: model.GPT2{Vocab: 211, Width: 64, Heads: 1, Blocks: 2, Context: 64}},
	{name: "gpt2-mini", shape: model.GPT2{Vocab: 8192, Width: 384, Heads: 6, Blocks: 8, Context: 512}},
	{name: "gpt2-small", shape: model.GPT2Small},
}

// headSize is how many numbers a head has in all of GPT-2's published sizes; their files do not
// say how many heads there are, so that this is assumed of all files.
const headSize = 64

// A modelFile is a file of a model, whatever its tensors.
type modelFile struct {
	name string
	size int64 // bytes
}

type modelFiles []modelFile

func (f modelFiles) names() []string {
	var names []string
	for _, file := range f {
		names = append(names, file.name)
	}
	return names
}

// libraryWith is the generated models and those files of a folder that have GPT-2's tensors, and all
// files of models that can be read.
func libraryWith(folder string) (library, modelFiles, error) {
	if folder == "" {
		return generatedModels, nil, nil
	}
	root, err := os.OpenRoot(folder)
	if err != nil {
		return nil, nil, fmt.Errorf("--models: %w", err)
	}
	defer root.Close()
	listed, err := weights.List(root)
	if err != nil {
		return nil, nil, fmt.Errorf("--models: %w", err)
	}
	models, files := slices.Clone(generatedModels), modelFiles(nil)
	for _, info := range listed {
		f, err := weights.ReadIn(root, info.Name())
		if err != nil {
			continue // the page of predictions says what is wrong with it
		}
		if f.Size >= 1<<20 { // as small as a file to map can be
			files = append(files, modelFile{info.Name(), f.Size})
		}
		if m, ok := languageModelOf(f); ok {
			m.name = info.Name()
			models = append(models, m)
		}
	}
	return models, files, nil
}

// languageModelOf is the model in a file, and whether it is one that cases can run: a GPT-2 as its
// published files have it, whose weights, at a byte or more each, the file has room for, or else its
// matrices.
func languageModelOf(f *weights.File) (languageModel, bool) {
	if f.Format != weights.Safetensors {
		return languageModel{}, false
	}
	s, ok := f.GPT2()
	if !ok || s.Vocab > math.MaxInt32 || s.Width%headSize != 0 {
		matrices := matricesOf(f)
		return languageModel{file: true, matrices: matrices}, matrices != nil
	}
	// As GPT2.WeightCount, in numbers that do not overflow and are exact as far as a file can be large.
	width, blocks, rows := float64(s.Width), float64(s.Blocks), float64(s.Vocab)+float64(s.Context)
	if count := blocks*width*(12*width+13) + (rows+2)*width; count > float64(f.Size) {
		return languageModel{}, false
	}
	shape := model.GPT2{Vocab: int(s.Vocab), Width: int(s.Width), Heads: int(s.Width / headSize), Blocks: int(s.Blocks), Context: int(s.Context)}
	return languageModel{shape: shape, prefix: s.Prefix, file: true}, true
}

// param is the param that chooses a model: a case's own, or GPT-2, for which only some params count.
func (l library) param(own, counts string) builtin.Param {
	choices := []string{ownModel}
	for _, m := range l {
		choices = append(choices, m.name)
	}
	return builtin.Param{
		Name: "model", Type: builtin.Choice, Default: ownModel, Choices: choices,
		Help: own + "; or GPT-2, generated or from a file of --models (with heads of " + strconv.Itoa(headSize) + " numbers, as in all published sizes), for which only " + counts + " count; where a case takes them, the matrices of any other file, a vector multiplied with each",
	}
}

// counts returns which params make a difference, in a case that has a model of its own: with a
// language model those named, and with its own all but the length of a text.
func (l library) counts(names ...string) func(profiler.Params, string) bool {
	names = append(names, "model", tokensParam.Name, "seed")
	return func(p profiler.Params, name string) bool {
		if l.asked(p) {
			return slices.Contains(names, name)
		}
		return name != tokensParam.Name
	}
}

// find returns the language model that the params ask for, if they do.
func (l library) find(p profiler.Params) (languageModel, bool) {
	i := slices.IndexFunc(l, func(m languageModel) bool { return m.name == p.Text("model") })
	if i < 0 {
		return languageModel{}, false
	}
	return l[i], true
}

// asked reports whether the params ask for a language model.
func (l library) asked(p profiler.Params) bool {
	_, ok := l.find(p)
	return ok
}

// ownAsked reports whether they ask for the case's own.
func (l library) ownAsked(p profiler.Params) bool { return !l.asked(p) }

// sourceOf returns a source of a model's weights in numbers of type T, and what has to be called
// once they were read.
func sourceOf[T model.Float](in builtin.Input, m languageModel) (source model.GPT2Source[T], done func() error, err error) {
	if !m.file {
		return model.GenerateGPT2[T](m.shape, uint64(in.Int("seed"))), func() error { return nil }, nil
	}
	file, err := weights.Open(filepath.Join(in.Models, m.name))
	if err != nil {
		return nil, nil, err
	}
	return func(t model.TensorShape) ([]T, error) {
		var shape []int64
		for _, n := range t.Shape {
			shape = append(shape, int64(n))
		}
		tensor, err := file.Tensor(m.prefix+t.Name, shape...)
		if err != nil {
			return nil, err
		}
		values := make([]T, t.Size())
		return values, weights.Load(file, tensor, values, 0)
	}, file.Close, nil
}
