// Package migrations holds the numbered SQL that makes and changes heaplab's database.
package migrations

import "embed"

// FS holds the migrations, to be applied in the order of their numbers.
//
//go:embed *.sql
var FS embed.FS
