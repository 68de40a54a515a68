package child

import (
	"crypto/sha256"
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/google/pprof/profile"

	"heaplab/profiler/heap"
)

// Limits of a profile that a page can show. The server builds the page in memory, and each function
// and each call path becomes markup that contains its name several times.
const (
	longestName = 1 << 10  // bytes of a name
	maxMarkup   = 16 << 20 // estimated bytes of a digest's markup: three times that of a compiler's profile
	markup      = 400      // bytes of markup for a function or a call path, without its name
	lineBulk    = 100      // bytes of a line in memory
	nameCopies  = 4        // copies of a name in the markup, including escaping
)

// setNames gives the functions and files of a profile the names that pages show.
func setNames(prof *profile.Profile) {
	heap.Demangle(prof)
	shortenNames(prof)
}

// shortenNames shortens the names of functions and files that are too long to show, and makes them valid
// UTF-8.
func shortenNames(prof *profile.Profile) {
	for _, f := range prof.Function {
		f.Name, f.Filename = shortName(validName(f.Name)), shortName(validName(f.Filename))
	}
	for _, m := range prof.Mapping {
		m.File, m.BuildID = shortName(validName(m.File)), shortName(validName(m.BuildID))
	}
}

// validName replaces the bytes of a name that are not UTF-8 with escapes such as \xff. JSON, SVG and URLs
// would each replace them in their own way, and a name could not be found by the name that they show. With
// escapes, two names stay distinct.
func validName(name string) string {
	if utf8.ValidString(name) {
		return name
	}
	var b strings.Builder
	for len(name) > 0 {
		r, size := utf8.DecodeRuneInString(name)
		if r == utf8.RuneError && size == 1 {
			fmt.Fprintf(&b, `\x%02x`, name[0])
		} else {
			b.WriteString(name[:size])
		}
		name = name[size:]
	}
	return b.String()
}

// shortName replaces the middle of a long name with a hash of the name, so that names stay distinct.
func shortName(name string) string {
	if len(name) <= longestName {
		return name
	}
	const end = longestName/2 - 16
	sum := sha256.Sum256([]byte(name))
	return fmt.Sprintf("%s…%x…%s", strings.ToValidUTF8(name[:end], ""), sum[:6], strings.ToValidUTF8(name[len(name)-end:], ""))
}

// checkBulk returns a heap.Fault if the digest is too large for a page.
func checkBulk(d *heap.Digest) error {
	bulk := lineBulk * len(d.Lines)
	for _, f := range d.Functions {
		bulk += markup + nameCopies*len(f.Name)
	}
	for _, n := range d.Nodes {
		bulk += markup
		if n.Function >= 0 {
			bulk += nameCopies * len(d.Functions[n.Function].Name)
		}
	}
	if bulk > maxMarkup {
		return heap.Fault(fmt.Sprintf("has %d functions and %d lines on %d call paths that matter, which is more than a page can show", len(d.Functions), len(d.Lines), len(d.Nodes)))
	}
	return nil
}
