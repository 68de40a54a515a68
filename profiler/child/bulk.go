package child

import (
	"crypto/sha256"
	"fmt"
	"strings"

	"github.com/google/pprof/profile"

	"heaplab/profiler/heap"
)

// What pages show of a profile is bounded, for they are made in the server: each function and each
// path of calls becomes markup, with its name in it several times.
const (
	longestName = 1 << 10  // bytes of a name
	maxBulk     = 16 << 20 // bytes of the markup of a digest, about: three times that of a compiler's profile
	markup      = 400      // bytes of a function or a path beside its name
	nameCopies  = 4        // of a name in the markup, where it grows too
)

// shortenNames cuts the names of functions and files that are too long to be shown.
func shortenNames(prof *profile.Profile) {
	for _, f := range prof.Function {
		f.Name, f.Filename = shortName(f.Name), shortName(f.Filename)
	}
	for _, m := range prof.Mapping {
		m.File = shortName(m.File)
	}
}

// shortName cuts the middle out of a long name, and puts there what tells it from others.
func shortName(name string) string {
	if len(name) <= longestName {
		return name
	}
	const end = longestName/2 - 16
	sum := sha256.Sum256([]byte(name))
	return fmt.Sprintf("%s…%x…%s", strings.ToValidUTF8(name[:end], ""), sum[:6], strings.ToValidUTF8(name[len(name)-end:], ""))
}

// checkBulk refuses what no page could show. The error is a heap.Fault.
func checkBulk(d *heap.Digest) error {
	bulk := 0
	for _, f := range d.Functions {
		bulk += markup + nameCopies*len(f.Name)
	}
	for _, n := range d.Nodes {
		bulk += markup
		if n.Function >= 0 {
			bulk += nameCopies * len(d.Functions[n.Function].Name)
		}
	}
	if bulk > maxBulk {
		return heap.Fault(fmt.Sprintf("has %d functions on %d paths of calls that matter, which is more than a page can show", len(d.Functions), len(d.Nodes)))
	}
	return nil
}
