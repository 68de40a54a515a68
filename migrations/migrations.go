// Package migrations holds the SQL that creates and changes heaplab's database.
package migrations

import "embed"

// FS holds the migrations. They are applied in the order of their numbers.
//
//go:embed *.sql
var FS embed.FS
