package child

import "embed"

// Sources are the files of this package. They are part of the version of the measured code, because they
// measure it.
//
//go:embed *.go
var Sources embed.FS
