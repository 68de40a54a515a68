// Package model holds what the cases measure: a model's layers, its loss and optimiser,
// the data that it learns from, and where the memory of a training step comes from.
//
// Kernels take their destination, so that allocation is the caller's; they overwrite it
// whole, so that nothing has to be cleared between steps. Tensors are flat slices in
// row-major order; their shapes stand in the comments, batch first and channels last. Every
// sum is taken in an order that depends on the shapes alone, never on the number of
// workers, so that results are equal to the bit.
package model

import "embed"

// Float is the type of a model's numbers.
type Float interface{ float32 | float64 }

// Sources are the files of this package: case pages quote them, and their digest tells what
// was trained by other code.
//
//go:embed *.go
var Sources embed.FS
