// Package model implements the models that the cases measure: layers, losses, the Adam
// optimizer, synthetic data, and the allocators for the tensors of a training step.
//
// Kernels write to a destination that the caller allocates. They overwrite all of it, so
// buffers need no clearing between steps. Tensors are flat slices in row-major order. Comments
// give their shapes, batch first and channels last. The order of every sum depends only on
// the shapes, not on the number of workers, so results are bit-identical.
package model

import "embed"

// Float is the element type of a model's tensors.
type Float interface{ float32 | float64 }

// Sources contains this package's source files. Case pages quote them. Their digest changes
// when the code changes, so that stored models trained by other code are recognized.
//
//go:embed *.go
var Sources embed.FS
