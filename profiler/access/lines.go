package access

// The arithmetic of cache lines: how many have to be fetched into a first-level cache of
// cacheLines lines, which takes whole lines and keeps those that it fetched last. What hardware
// fetches ahead of its use is fetched all the same.
const (
	LineSize   = 64 // bytes
	cacheLines = 32 << 10 / LineSize
	perLine    = LineSize / 4 // numbers
)

// linesOf is how many lines are fetched for n numbers, each of whose lines is come back to after
// so many other lines: one a line if the cache holds them until then, and one a number if not.
func linesOf(n, others int) int {
	if others <= cacheLines {
		return n / perLine
	}
	return n
}

// RowLines is how many lines an n×n matrix takes in the order of its rows, n a multiple of Fields.
func RowLines(n int) int { return linesOf(n*n, 1) }

// ColumnLines is the same in the order of columns: n lines lie between two of a line's numbers.
func ColumnLines(n int) int { return linesOf(n*n, n) }

// BlockLines is the same in blocks.
func BlockLines(n, size int) int { return linesOf(n*n, min(n, size)) }

// StructLines is the same of the fields of n·n/Fields records, all of which lie between two fields
// of a record.
func StructLines(n int) int { return linesOf(n*n, n*n/Fields) }
