package heap

import (
	"fmt"
	"slices"
	"strings"

	"github.com/google/pprof/profile"
)

// Read parses the uncompressed protobuf of a heap profile within limits. The error is a Fault.
func Read(raw []byte, l Limits) (*profile.Profile, error) {
	if err := l.Check(raw); err != nil {
		return nil, err
	}
	prof, err := profile.ParseUncompressed(raw)
	if err == nil {
		err = prof.CheckValid()
	}
	if err != nil {
		return nil, Fault("is not a valid pprof profile: " + err.Error())
	}
	return prof, nil
}

// typeNames lists the names of each sample type: Go's first, then the names that tcmalloc and
// jemalloc use, which record only memory in use.
var typeNames = [4][]string{
	{"alloc_objects"},
	{"alloc_space"},
	{"inuse_objects", "objects"},
	{"inuse_space", "space"},
}

// columns holds the index of each sample type in the values of a sample, or -1 if the profile
// lacks the type.
type columns [4]int

// newColumns finds the sample types of a heap profile. The error is a Fault.
func newColumns(prof *profile.Profile) (columns, error) {
	var c columns
	for i, names := range typeNames {
		c[i] = slices.IndexFunc(prof.SampleType, func(t *profile.ValueType) bool { return slices.Contains(names, t.Type) })
	}
	if c[1] < 0 && c[3] < 0 {
		return c, Fault("is " + kindOf(prof) + ", not a heap profile: it has neither alloc_space nor inuse_space")
	}
	return c, nil
}

// kindOf describes a profile by its sample types.
func kindOf(prof *profile.Profile) string {
	var names []string
	for _, t := range prof.SampleType {
		names = append(names, t.Type)
	}
	switch {
	case len(names) == 0:
		return "a profile without sample types"
	case slices.Contains(names, "cpu"):
		return "a CPU profile"
	case slices.Contains(names, "goroutine"):
		return "a goroutine profile"
	case slices.Contains(names, "contentions"):
		return "a contention profile"
	}
	text := strings.Join(names, ", ")
	if len(text) > 200 {
		text = strings.ToValidUTF8(text[:200], "") + "…"
	}
	return "a profile of " + text
}

// maxTotal limits the sum of a type. A larger sum is a mistake, and could overflow.
const maxTotal = 1e18

// values returns a sample's values. The error is a Fault.
func (c columns) values(sample *profile.Sample) (Values, error) {
	var v [4]int64
	for i, column := range c {
		if column < 0 {
			continue
		}
		v[i] = sample.Value[column]
		if v[i] < 0 {
			return Values{}, Fault("has negative values, like the difference of two profiles; use the two profiles instead")
		}
		if v[i] > maxTotal {
			return Values{}, Fault(fmt.Sprintf("has the value %d, which is larger than any memory", v[i]))
		}
	}
	return Values{v[0], v[1], v[2], v[3]}, nil
}

// present returns the types that the profile has.
func (c columns) present() []Type {
	has := func(t Type) bool {
		switch t {
		case AllocObjects:
			return c[0] >= 0
		case AllocSpace:
			return c[1] >= 0
		case InuseObjects:
			return c[2] >= 0
		case InuseSpace:
			return c[3] >= 0
		case ChurnObjects:
			return c[0] >= 0 && c[2] >= 0
		}
		return c[1] >= 0 && c[3] >= 0
	}
	var types []Type
	for _, t := range Types {
		if has(t) {
			types = append(types, t)
		}
	}
	return types
}
