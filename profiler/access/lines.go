package access

// The functions below compute how many cache lines are fetched into a first-level cache. The cache
// holds cacheLines lines and keeps those used last. Lines that hardware prefetches count, too.
const (
	lineSize   = 64 // bytes
	cacheLines = 32 << 10 / lineSize
	perLine    = lineSize / 4 // numbers
)

// linesOf returns how many lines are fetched to read n numbers, if others lines are used between two
// numbers of the same line. If the cache can hold that many lines, each line is fetched once. If
// not, each number costs a fetch.
func linesOf(n, others int) int {
	if others <= cacheLines {
		return n / perLine
	}
	return n
}

// RowLines returns how many lines are fetched to read an n×n matrix row by row. n must be a multiple
// of Fields.
func RowLines(n int) int { return linesOf(n*n, 1) }

// ColumnLines returns the same for column by column: n lines are used between two numbers of a line.
func ColumnLines(n int) int { return linesOf(n*n, n) }

// BlockLines returns the same for blocks of size rows and columns.
func BlockLines(n, size int) int { return linesOf(n*n, min(n, size)) }

// StructLines returns the same for n·n/Fields records read field by field: all records are used
// between two fields of a record.
func StructLines(n int) int { return linesOf(n*n, n*n/Fields) }
