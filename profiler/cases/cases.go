// Package cases lists the optimisations that heaplab measures out of the box, and the claims of the
// article that they come from. A case has a folder of its name, or one file here.
package cases

import (
	"heaplab/profiler/cases/distillation"
	"heaplab/profiler/cases/gpt2"
	"heaplab/profiler/cases/integer"
	"heaplab/profiler/cases/preallocation"
	"heaplab/profiler/cases/precision"
	"heaplab/profiler/cases/pruning"
	"heaplab/profiler/cases/testbed"
	"heaplab/profiler/cases/training"
	"heaplab/profiler/subject/builtin"
)

// All are the cases of a server without data sets and models.
var All = inOrder(testbed.ImageData, testbed.TextData, nil)

// With returns the cases with the contents of folders as choices of their params. The param data
// gets CIFAR-10 and files of texts, see testbed.DataIn. The param model gets safetensors files, and
// the param file of mmap gets any model. The case matrices exists only if there is a file for it.
func With(folders builtin.Folders) ([]builtin.Case, error) {
	images, texts, err := testbed.DataIn(folders.Dataset)
	if err != nil {
		return nil, err
	}
	files, err := testbed.ModelFiles(folders.Models)
	if err != nil {
		return nil, err
	}
	return inOrder(images, texts, files), nil
}

// inOrder returns the cases in the order of the article's families, in which pages list them.
func inOrder(images, texts builtin.ChoiceParam, files []testbed.ModelFile) []builtin.Case {
	library := gpt2.NewLibrary(files)
	all := []builtin.Case{
		preallocation.New(images),
		gpt2.NewCache(library),
		bufferPool,
		precision.New(texts),
		precision.NewTraining(texts),
		gpt2.NewPrecision(library),
		integer.New(images),
		gpt2.NewInteger(library),
		tokenIDs,
	}
	if library.HasMatrices() {
		all = append(all, gpt2.NewMatrices(library))
	}
	all = append(all,
		pruning.New(images),
		gpt2.NewPruning(library),
		distillation.New(images),
		locality,
		newMapping(files),
		training.New(images),
	)
	for i := range all {
		if all[i].Technique == "" { // it is the article's
			all[i].Technique = techniqueOf(all[i].Name)
		}
	}
	return all
}
