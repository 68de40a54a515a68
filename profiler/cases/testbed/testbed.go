// Package testbed holds what several cases share: the data sets that models train on, the files
// that preparations write, the quality of outputs, and the source listings of variants.
package testbed

import "embed"

// Sources are the files of this package, which every case runs.
//
//go:embed *.go
var Sources embed.FS
