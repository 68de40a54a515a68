package heap

import (
	"fmt"
	"io"
	"slices"

	"github.com/google/pprof/profile"
)

// Symbols says what a program named in a profile.
type Symbols struct {
	Named   int    // locations that have names now
	Left    int    // locations in the program that still have none
	BuildID string // of the program; "" if it has none
	Checked bool   // the profile is of the same build
}

// Unchecked is a comment of a profile.
const Unchecked = "The names come from a program that may be another build: there was no build ID to compare."

// Limits of the names that a program adds to a profile.
const (
	maxInlined = 256       // frames of a location
	maxNamed   = 2_000_000 // frames of all locations
)

// Symbolize names the locations of a profile that have only addresses. The names come from the program that
// was profiled, or from a library of it: an ELF file. Locations with names keep them. The error is a Fault
// about the program.
func Symbolize(prof *profile.Profile, file io.ReaderAt) (s Symbols, err error) {
	defer func() {
		if v := recover(); v != nil { // debug/dwarf and debug/gosym trust what they read
			s, err = Symbols{}, Fault(fmt.Sprint("is a damaged ELF file: ", v))
		}
	}()
	nameless := namelessLocations(prof)
	p, err := openProgram(file)
	if err != nil || len(nameless) == 0 {
		return Symbols{}, err
	}
	mappings, err := p.mappings(prof, nameless)
	if err != nil {
		return Symbols{}, err
	}
	s = Symbols{BuildID: p.buildID, Checked: p.buildID != "" && mappings[0].BuildID == p.buildID}
	locations := map[uint64][]*profile.Location{} // by address in the program
	for _, m := range mappings {
		for _, loc := range nameless[m] {
			if address, ok := p.address(loc); ok {
				locations[address] = append(locations[address], loc)
			} else {
				s.Left++
			}
		}
	}
	frames, err := p.frames(sortedKeys(locations))
	if err != nil {
		return Symbols{}, err
	}
	add := newFunctions(prof)
	for _, address := range sortedKeys(locations) {
		for _, loc := range locations[address] {
			if len(frames[address]) == 0 {
				s.Left++
				continue
			}
			s.Named++
			loc.Line, loc.IsFolded = nil, false
			for _, f := range frames[address] {
				loc.Line = append(loc.Line, profile.Line{Function: add(f.function, f.file), Line: f.line})
			}
		}
	}
	if s.Named == 0 && s.Left > 0 {
		return Symbols{}, Fault("has no names for the addresses of the profile: it may be stripped; use the program as its linker wrote it")
	}
	if s.Named > 0 && !s.Checked {
		prof.Comments = append(prof.Comments, Unchecked)
	}
	for _, m := range mappings {
		m.HasFunctions, m.HasFilenames, m.HasLineNumbers, m.HasInlineFrames = true, true, true, true // or pprof would look for names again
	}
	return s, nil
}

// namelessLocations returns the locations that have an address but no name, by their mapping.
func namelessLocations(prof *profile.Profile) map[*profile.Mapping][]*profile.Location {
	nameless := map[*profile.Mapping][]*profile.Location{}
	for _, loc := range prof.Location {
		named := slices.ContainsFunc(loc.Line, func(l profile.Line) bool { return l.Function != nil && l.Function.Name != "" })
		if !named && loc.Address != 0 {
			nameless[loc.Mapping] = append(nameless[loc.Mapping], loc)
		}
	}
	return nameless
}

// mappings returns the mappings of the program, at least one: those with its build ID, or else those of the
// first file without a build ID that has nameless locations. For a library, this file must have its name.
func (p *program) mappings(prof *profile.Profile, nameless map[*profile.Mapping][]*profile.Location) (found []*profile.Mapping, err error) {
	library, other := p.library(), ""
	var unknown []*profile.Mapping
	for _, m := range prof.Mapping {
		switch {
		case m.BuildID != "" && m.BuildID == p.buildID:
			found = append(found, m)
		case len(nameless[m]) == 0:
		case m.BuildID != "":
			other = m.BuildID
		case library != "" && base(m.File) != library:
		case len(unknown) == 0 || m.File == unknown[0].File:
			unknown = append(unknown, m)
		}
	}
	switch {
	case len(found) > 0:
		return found, nil
	case len(unknown) > 0:
		return unknown, nil
	case other == "" && library != "":
		return nil, Fault(fmt.Sprintf("is the library %s, in which the profile has no addresses without a name", shorten(library)))
	case other == "":
		return nil, Fault("cannot name the addresses of the profile, which does not say where the program was in memory: it has no mappings")
	case p.buildID == "":
		return nil, Fault(fmt.Sprintf("has no build ID, and the profile is of the build %s: use the program that was profiled", shorten(other)))
	}
	return nil, Fault(fmt.Sprintf("has the build ID %s, and the profile is of the build %s: use the program that was profiled", shorten(p.buildID), shorten(other)))
}

// newFunctions returns a function that returns the function of a profile with a name and a file. It adds the
// function if the profile has none.
func newFunctions(prof *profile.Profile) func(name, file string) *profile.Function {
	type key struct{ name, file string }
	known := map[key]*profile.Function{}
	var last uint64
	for _, f := range prof.Function {
		last = max(last, f.ID)
	}
	return func(name, file string) *profile.Function {
		f := known[key{name, file}]
		if f == nil {
			last++
			f = &profile.Function{ID: last, Name: name, SystemName: name, Filename: file}
			known[key{name, file}] = f
			prof.Function = append(prof.Function, f)
		}
		return f
	}
}
