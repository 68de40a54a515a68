package report

import (
	"cmp"
	"fmt"
	"regexp"
	"slices"

	"heaplab/profiler/heap"
)

// namelessWarnings says which profiles have mostly addresses instead of names of functions, and what this
// means for the two together.
func namelessWarnings(profiles []ProfileReport) (out []string) {
	var builds []build
	variants := map[build][]string{}
	for _, p := range profiles {
		if b, ok := addressesOf(p); ok {
			builds = append(builds, b)
			variants[b] = append(variants[b], p.Variant)
		}
	}
	for i, b := range builds {
		if slices.Index(builds, b) < i {
			continue
		}
		subject := "the profile of " + variants[b][0]
		if len(variants[b]) > 1 {
			subject = "both profiles"
		}
		out = append(out, fmt.Sprintf("Most of %s has addresses instead of names of functions. To add the names, import again with %s, or run %s where that program is and import named.pb.gz.", subject, b, b.command()))
	}
	switch {
	case len(builds) < 2:
	case builds[0].id == "" || builds[1].id == "":
		out = append(out, "A profile does not say of which build its addresses are: the comparison is only right if both profiles are of the same build.")
	case builds[0].id != builds[1].id:
		out = append(out, "The addresses are of two builds, so those of one cannot be compared with those of the other: add the names to both profiles.")
	}
	return out
}

// A build is a program in a profile. Either field may be "".
type build struct{ file, id string }

// addressesOf returns the program with the most values that have no name. It returns false if most values of
// the profile have a name.
func addressesOf(p ProfileReport) (most build, nameless bool) {
	var named, all int64
	values := map[build]int64{}
	for _, f := range p.Summary.Functions {
		value := max(f.Flat.AllocSpace, f.Flat.InuseSpace)
		all += value
		file, id, ok := heap.Unnamed(f.Name)
		if !ok {
			named += value
			continue
		}
		b := build{file, id}
		if values[b] += value; values[b] > values[most] {
			most = b
		}
	}
	return most, 2*named < all
}

func (b build) String() string {
	text := "the program " + b.file
	if b.file == "" {
		text = "the program that was profiled"
	}
	if b.id != "" {
		text += " (build ID " + b.id + "…)"
	}
	return text
}

// plainFile matches the names of files that a shell takes as they are.
var plainFile = regexp.MustCompile(`^[\w.+][\w.+-]{0,59}$`)

// command names the functions of a profile. The pprof of the Go distribution names only those of Go.
func (b build) command() string {
	return fmt.Sprintf("go run github.com/google/pprof@latest -proto %s FILE > named.pb.gz", cmp.Or(plainFile.FindString(b.file), "PROGRAM"))
}
