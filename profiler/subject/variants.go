package subject

import "fmt"

// Variants returns the names of n variants: before, after, after-2, after-3 and so on.
func Variants(n int) []string {
	names := []string{"before", "after"}
	for i := 2; len(names) < n; i++ {
		names = append(names, fmt.Sprintf("after-%d", i))
	}
	return names[:n]
}
