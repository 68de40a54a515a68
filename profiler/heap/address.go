package heap

import (
	"fmt"
	"regexp"
	"strings"

	"github.com/google/pprof/profile"
)

// Nameless is the name of a function if the profile has neither its name nor its address.
const Nameless = "unknown"

// unnamed returns the name of a frame whose function is unknown: its address in the file of the program, as
// in "0x1f40 in app (build ID 5e0a11c9)". This address does not depend on where the program was loaded, so
// two profiles of one build have the same names. The build ID keeps apart the addresses of two builds.
func unnamed(loc *profile.Location) string {
	name := Nameless
	if loc.Address != 0 {
		name = fmt.Sprintf("%#x", fileOffset(loc))
	}
	m := loc.Mapping
	if m == nil {
		return name
	}
	if file := base(m.File); file != "" {
		name += " in " + file
	}
	if id := shortID(m.BuildID); id != "" && loc.Address != 0 {
		name += " (build ID " + id + ")"
	}
	return name
}

// fileOffset returns the offset of a location in the file that is mapped there, or its address if no file is.
func fileOffset(loc *profile.Location) uint64 {
	m := loc.Mapping
	if m == nil || loc.Address < m.Start || m.Limit > 0 && loc.Address >= m.Limit {
		return loc.Address
	}
	return loc.Address - m.Start + m.Offset
}

// shortID returns the first eight characters of a build ID, which are enough to identify a build.
func shortID(id string) string {
	n := 0
	for i := range id {
		if n++; n > 8 {
			return id[:i]
		}
	}
	return id
}

var unnamedFunction = regexp.MustCompile(`(?s)^(?:unknown|0x[0-9a-f]+)(?: in (.+?))?(?: \(build ID (.{1,8})\))?$`)

// Unnamed reports whether a function's name only says where the function is, and returns the file and the
// start of the build ID that it mentions. Each is "" if the profile does not say.
func Unnamed(name string) (file, buildID string, ok bool) {
	if !strings.HasPrefix(name, "0x") && !strings.HasPrefix(name, Nameless) {
		return "", "", false
	}
	found := unnamedFunction.FindStringSubmatch(name)
	if found == nil {
		return "", "", false
	}
	return found[1], found[2], true
}
