// Package cases holds the optimisations that heaplab measures out of the box, one file a
// case.
package cases

import (
	"heaplab/profiler/subject/builtin"
)

// All are the cases without anything that a server was given to read from.
var All = inOrder(generatedModels, nil)

// inOrder are the cases with the language models and the files of models that there are, in the
// order of the article's families, in which pages list them.
func inOrder(models library, files modelFiles) []builtin.Case {
	return []builtin.Case{
		newPreallocation(models.decoders()),
		bufferPool,
		newPrecision(models),
		newInteger(models),
		tokenIDs,
		newPruning(models.decoders()),
		distillation,
		locality,
		newMapping(files),
		stacked,
	}
}
