package heap

import (
	"fmt"
	"slices"

	"github.com/google/pprof/profile"
)

// sampleTypes lists the sample types that Values hold, in the order of their fields.
var sampleTypes = [4]Type{AllocObjects, AllocSpace, InuseObjects, InuseSpace}

// typeNames lists the names that producers give to sample types, see columns. The names of a row are parts of
// one value. If a profile has several rows of a type, the first counts.
//
// Sources: runtime/pprof; tcmalloc, jemalloc and Node.js (objects, space); libdatadog (Python, PHP, Ruby, .NET);
// OpenTelemetry's semantic conventions for profiles; the JFR parser of Grafana Pyroscope (Java); heapprofd of
// Perfetto (Android, C++).
var typeNames = []struct {
	typ   Type
	names []string
}{
	{AllocObjects, []string{"alloc_objects"}},
	{AllocObjects, []string{"alloc-objects"}},
	{AllocObjects, []string{"alloc-samples"}},
	{AllocObjects, []string{"allocated_objects"}},
	{AllocObjects, []string{"alloc_in_new_tlab_objects", "alloc_outside_tlab_objects"}},
	{AllocObjects, []string{"alloc_sample_objects"}},
	{AllocObjects, []string{"allocations"}},
	{AllocObjects, []string{"malloc_objects"}},
	{AllocObjects, []string{"Total malloc count"}},

	{AllocSpace, []string{"alloc_space"}},
	{AllocSpace, []string{"alloc-space"}},
	{AllocSpace, []string{"alloc-size"}},
	{AllocSpace, []string{"allocated_space"}},
	{AllocSpace, []string{"alloc_in_new_tlab_bytes", "alloc_outside_tlab_bytes"}},
	{AllocSpace, []string{"alloc_sample_bytes"}},
	{AllocSpace, []string{"allocations"}},
	{AllocSpace, []string{"malloc_bytes"}},
	{AllocSpace, []string{"Total malloc size"}},

	{InuseObjects, []string{"inuse_objects"}},
	{InuseObjects, []string{"inuse-objects"}},
	{InuseObjects, []string{"objects"}},
	{InuseObjects, []string{"heap-live-samples"}},
	{InuseObjects, []string{"live"}},
	{InuseObjects, []string{"live_objects"}},
	{InuseObjects, []string{"Unreleased malloc count"}},

	{InuseSpace, []string{"inuse_space"}},
	{InuseSpace, []string{"inuse-space"}},
	{InuseSpace, []string{"space"}},
	{InuseSpace, []string{"heap-space"}},
	{InuseSpace, []string{"heap-live-size"}},
	{InuseSpace, []string{"live"}},
	{InuseSpace, []string{"live_bytes"}},
	{InuseSpace, []string{"Unreleased malloc size"}},
}

// A column is a sample type of a profile.
type column struct {
	index int   // in the values of a sample
	unit  int64 // bytes or objects in a value of 1
}

// columns says which sample types of a profile make up each of the Values, in the order of sampleTypes.
type columns struct {
	of    [4][]column
	names TypeNames // in the file, if they are not those of Go; nil if all are
}

// newColumns finds the sample types of a heap profile. The error is a Fault.
func newColumns(prof *profile.Profile) (columns, error) {
	var c columns
	for i, typ := range sampleTypes {
		var err error
		if c.of[i], err = findColumns(prof, typ); err != nil {
			return c, err
		}
	}
	switch {
	case c.empty() && !c.takeOther(prof):
		return c, Fault("is " + kindOf(prof) + ", not a heap profile: none of its sample types is of memory, as alloc_space and inuse_space are")
	case isTotal(prof):
		c.of[0], c.of[1], c.of[2], c.of[3] = c.of[2], c.of[3], nil, nil
	}
	for i, typ := range sampleTypes {
		if len(c.of[i]) == 0 {
			continue
		}
		if name := prof.SampleType[c.of[i][0].index].Type; name != string(typ) {
			if c.names == nil {
				c.names = TypeNames{}
			}
			c.names[typ] = shorten(name)
		}
	}
	return c, nil
}

// findColumns returns the sample types of a profile that make up typ.
func findColumns(prof *profile.Profile, typ Type) ([]column, error) {
	units, other, otherUnits := sizeUnits, typ.Objects(), countUnits
	if typ.CountsObjects() {
		units, other, otherUnits = countUnits, typ.Space(), sizeUnits
	}
	for _, row := range typeNames {
		if row.typ != typ {
			continue
		}
		var found []column
		for i, t := range prof.SampleType {
			if !slices.Contains(row.names, t.Type) {
				continue
			}
			unit, known := units[unitName(t.Unit)]
			switch _, counts := otherUnits[unitName(t.Unit)]; {
			case known:
				found = append(found, column{i, unit})
			case !counts || !named(other, t.Type):
				return nil, Fault(fmt.Sprintf("gives %s in %q, which heaplab does not know: known units are bytes, kilobytes and the like, and count", shorten(t.Type), shorten(t.Unit)))
			}
		}
		if len(found) > 0 {
			return found, nil
		}
	}
	return nil, nil
}

// named reports whether typeNames has a name for typ.
func named(typ Type, name string) bool {
	for _, row := range typeNames {
		if row.typ == typ && slices.Contains(row.names, name) {
			return true
		}
	}
	return false
}

// A TypeNames holds the names of types in a file, if they are not those of Go.
type TypeNames map[Type]string

// Own returns the name of a type if it is not known to mean that type, or "".
func (n TypeNames) Own(t Type) string {
	name := n[t]
	if name == "objects" || name == "space" || named(t, name) { // the first two mean both what is in use and all, see isTotal
		return ""
	}
	return name
}

// takeOther takes a sample type that is not in typeNames but counts bytes as memory in use, under its own name: the
// producer's choice if it is one of them, or else the first. It reports whether there is one.
func (c *columns) takeOther(prof *profile.Profile) bool {
	found := -1
	for i, t := range prof.SampleType {
		_, size := sizeUnits[unitName(t.Unit)]
		if size && t.Unit != "" && (found < 0 || t.Type == prof.DefaultSampleType) {
			found = i
		}
	}
	if found < 0 {
		return false
	}
	t := prof.SampleType[found]
	c.of[3] = []column{{found, sizeUnits[unitName(t.Unit)]}}
	return true
}

// isTotal reports whether objects and space count all allocations of a period instead of those in use, as in the
// profiles of allocations that tcmalloc writes: they have a duration and show objects first.
func isTotal(prof *profile.Profile) bool {
	has := func(name string) bool {
		return slices.ContainsFunc(prof.SampleType, func(t *profile.ValueType) bool { return t.Type == name })
	}
	return prof.DurationNanos > 0 && prof.DefaultSampleType == "objects" && len(prof.SampleType) == 2 && has("objects") && has("space")
}

func (c *columns) empty() bool {
	return len(c.of[0])+len(c.of[1])+len(c.of[2])+len(c.of[3]) == 0
}

// maxTotal limits the sum of a type. A larger sum is a mistake, and could overflow.
const maxTotal = 1e18

// values returns a sample's values. The error is a Fault.
func (c *columns) values(sample *profile.Sample) (Values, error) {
	var v [4]int64
	for i, columns := range c.of {
		for _, column := range columns {
			value := sample.Value[column.index]
			if value > maxTotal/column.unit || value < -maxTotal/column.unit {
				return Values{}, Fault(fmt.Sprintf("has the value %d, which is larger than any memory", value))
			}
			v[i] += value * column.unit
		}
	}
	return Values{v[0], v[1], v[2], v[3]}, nil
}

// standard returns the type that the producer shows first (default_sample_type), or "".
func (c *columns) standard(prof *profile.Profile) Type {
	for i, t := range sampleTypes {
		for _, column := range c.of[i] {
			if prof.SampleType[column.index].Type == prof.DefaultSampleType {
				return t
			}
		}
	}
	return ""
}

// present returns the types that the profile has.
func (c *columns) present() []Type {
	has := map[Type]bool{}
	for i, t := range sampleTypes {
		has[t] = len(c.of[i]) > 0
	}
	has[ChurnSpace] = has[AllocSpace] && has[InuseSpace]
	has[ChurnObjects] = has[AllocObjects] && has[InuseObjects]
	var types []Type
	for _, t := range Types {
		if has[t] {
			types = append(types, t)
		}
	}
	return types
}
