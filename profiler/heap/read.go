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

// A column says where the values of a sample type are.
type column struct {
	index int   // in the values of a sample; -1 if the profile lacks the type
	unit  int64 // bytes or objects in a value of 1
}

// columns holds the columns of the sample types, in the order of typeNames.
type columns [4]column

// newColumns finds the sample types of a heap profile. The error is a Fault.
func newColumns(prof *profile.Profile) (columns, error) {
	var c columns
	for i, names := range typeNames {
		c[i].index = slices.IndexFunc(prof.SampleType, func(t *profile.ValueType) bool { return slices.Contains(names, t.Type) })
	}
	if c[1].index < 0 && c[3].index < 0 {
		return c, Fault("is " + kindOf(prof) + ", not a heap profile: it has neither alloc_space nor inuse_space")
	}
	for i := range c {
		if c[i].index < 0 {
			continue
		}
		t := prof.SampleType[c[i].index]
		units, kind := countUnits, "count"
		if i == 1 || i == 3 {
			units, kind = sizeUnits, "size"
		}
		unit, ok := units[unitName(t.Unit)]
		if !ok {
			return c, Fault(fmt.Sprintf("gives %s in %q, which is no unit of %s that heaplab knows, such as %s", t.Type, shorten(t.Unit), kind, map[string]string{"count": "count", "size": "bytes or kilobytes"}[kind]))
		}
		c[i].unit = unit
	}
	return c, nil
}

// sizeUnits and countUnits hold the units of sample types, see unitName. Multiples are those of pprof
// (internal/measurement), in which a kilobyte has 1024 bytes. A profile without units has bytes.
var (
	sizeUnits = map[string]int64{
		"": 1, "b": 1, "byte": 1,
		"kb": 1 << 10, "kib": 1 << 10, "kbyte": 1 << 10, "kilobyte": 1 << 10, "kibibyte": 1 << 10,
		"mb": 1 << 20, "mib": 1 << 20, "mbyte": 1 << 20, "megabyte": 1 << 20, "mebibyte": 1 << 20,
		"gb": 1 << 30, "gib": 1 << 30, "gbyte": 1 << 30, "gigabyte": 1 << 30, "gibibyte": 1 << 30,
		"tb": 1 << 40, "tib": 1 << 40, "tbyte": 1 << 40, "terabyte": 1 << 40, "tebibyte": 1 << 40,
	}
	countUnits = map[string]int64{"": 1, "count": 1, "object": 1, "allocation": 1, "unit": 1}
)

// unitName returns the key of a unit: in lower case and in the singular.
func unitName(unit string) string {
	name := strings.ToLower(unit)
	if len(name) > 2 {
		name = strings.TrimSuffix(name, "s")
	}
	return name
}

// shorten cuts a text from outside.
func shorten(text string) string {
	const most = 40
	if len(text) <= most {
		return text
	}
	return strings.ToValidUTF8(text[:most], "") + "…"
}

// samplingPeriod returns the mean number of bytes between two samples. It is 0 if the profile does not
// say, or if its period is of something else, such as processor time.
func samplingPeriod(prof *profile.Profile) int64 {
	t := prof.PeriodType
	if t == nil || prof.Period <= 0 || !slices.Contains(periodTypes, t.Type) {
		return 0
	}
	unit, ok := sizeUnits[unitName(t.Unit)]
	if !ok || prof.Period > maxTotal/unit {
		return 0
	}
	return prof.Period * unit
}

// periodTypes lists the period types that sample by allocated bytes.
var periodTypes = []string{"space", "alloc_space", "inuse_space"}

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
		if column.index < 0 {
			continue
		}
		value := sample.Value[column.index]
		if value < 0 {
			return Values{}, Fault("has negative values, like the difference of two profiles; use the two profiles instead")
		}
		if value > maxTotal/column.unit {
			return Values{}, Fault(fmt.Sprintf("has the value %d, which is larger than any memory", value))
		}
		v[i] = value * column.unit
	}
	return Values{v[0], v[1], v[2], v[3]}, nil
}

// present returns the types that the profile has.
func (c columns) present() []Type {
	has := func(t Type) bool {
		switch t {
		case AllocObjects:
			return c[0].index >= 0
		case AllocSpace:
			return c[1].index >= 0
		case InuseObjects:
			return c[2].index >= 0
		case InuseSpace:
			return c[3].index >= 0
		case ChurnObjects:
			return c[0].index >= 0 && c[2].index >= 0
		}
		return c[1].index >= 0 && c[3].index >= 0
	}
	var types []Type
	for _, t := range Types {
		if has(t) {
			types = append(types, t)
		}
	}
	return types
}
