package report

import (
	"fmt"

	"heaplab/profiler/words"
)

// uncheckedWarnings says which profiles have names of a program that may be another one.
func uncheckedWarnings(profiles []ProfileReport) (out []string) {
	var variants []string
	for _, p := range profiles {
		if p.Summary.Unchecked {
			variants = append(variants, p.Variant)
		}
	}
	if len(variants) == 0 {
		return nil
	}
	noun := "profile"
	if len(variants) > 1 {
		noun = "profiles"
	}
	return []string{fmt.Sprintf("The names in the %s of %s come from an uploaded program, and there was no build ID to compare: if it is another build, the names are wrong.", noun, words.List(variants))}
}
