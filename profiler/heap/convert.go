package heap

import (
	"bytes"

	"github.com/google/pprof/profile"
)

// Protobuf returns the content of an uploaded heap profile as an uncompressed protobuf, which Read parses.
// It reads pprof's format, compressed or not, and converts other formats: see docs/formats.md. If converted
// is false, pprof opens the file itself. The error is a Fault, which says what was found and what would serve.
func Protobuf(file []byte, l Limits) (raw []byte, converted bool, err error) {
	content, err := Decompress(file, l)
	if err != nil {
		return nil, false, err
	}
	prof, err := convert(content, l)
	if err != nil {
		return nil, false, err
	}
	if prof == nil {
		return content, isZstd(file), nil
	}
	var out bytes.Buffer
	if err := prof.WriteUncompressed(&out); err != nil {
		return nil, false, Fault("cannot be converted to pprof's format: " + err.Error())
	}
	if out.Len() > l.Raw {
		return nil, false, tooLarge(l)
	}
	return out.Bytes(), true, nil
}

// convert reads a profile in another format than pprof's. It returns nil if the content may be a protobuf.
func convert(content []byte, l Limits) (*profile.Profile, error) {
	if err := foreign(content); err != nil {
		return nil, err
	}
	text := content
	if isText(content) {
		text = bytes.TrimLeft(content, "\ufeff \t\r\n")
	}
	switch {
	case isHeapText(text):
		return readHeapText(text, l)
	case isJSON(text):
		return readJSON(text, l)
	case isText(text):
		return nil, foreignText(text)
	}
	return nil, nil
}

// A converter makes a profile from the stacks of another format, within limits. Its functions and locations
// are distinct.
type converter struct {
	*profile.Profile
	limits    Limits
	functions map[functionKey]*profile.Function
	locations map[locationKey]*profile.Location
	frames    int // of all samples
}

type functionKey struct{ name, file string }

type locationKey struct {
	function *profile.Function
	line     int64
}

// newConverter returns a converter for a profile of memory in use, in bytes. period is 1 if every allocation is
// recorded, and 0 if it is not known.
func newConverter(l Limits, period int64) *converter {
	space := &profile.ValueType{Type: "inuse_space", Unit: "bytes"}
	return &converter{
		Profile:   &profile.Profile{SampleType: []*profile.ValueType{space}, PeriodType: &profile.ValueType{Type: "space", Unit: "bytes"}, Period: period},
		limits:    l,
		functions: map[functionKey]*profile.Function{},
		locations: map[locationKey]*profile.Location{},
	}
}

// function returns the function of that name and file.
func (c *converter) function(name, file string) (*profile.Function, error) {
	key := functionKey{name, file}
	f := c.functions[key]
	if f == nil {
		if len(c.Function) >= c.limits.Locations {
			return nil, overLimit(len(c.Function)+1, "functions", c.limits.Locations)
		}
		f = &profile.Function{ID: uint64(len(c.Function) + 1), Name: name, SystemName: name, Filename: file}
		c.functions[key] = f
		c.Function = append(c.Function, f)
	}
	return f, nil
}

// location returns the location of a line of a function. line is 0 if it is not known.
func (c *converter) location(name, file string, line int64) (*profile.Location, error) {
	f, err := c.function(name, file)
	if err != nil {
		return nil, err
	}
	key := locationKey{f, line}
	if loc := c.locations[key]; loc != nil {
		return loc, nil
	}
	loc := &profile.Location{Line: []profile.Line{{Function: f, Line: line}}}
	c.locations[key] = loc
	return loc, c.newLocation(loc)
}

// newLocation adds a location to the profile.
func (c *converter) newLocation(loc *profile.Location) error {
	if len(c.Location) >= c.limits.Locations {
		return overLimit(len(c.Location)+1, "locations", c.limits.Locations)
	}
	c.Location = append(c.Location, loc)
	loc.ID = uint64(len(c.Location))
	return nil
}

// add adds a sample. The stack begins with the innermost call.
func (c *converter) add(stack []*profile.Location, values ...int64) error {
	if len(c.Sample) >= c.limits.Samples {
		return overLimit(len(c.Sample)+1, "samples", c.limits.Samples)
	}
	if len(stack) > c.limits.Depth {
		return tooDeep(len(stack), c.limits)
	}
	if c.frames += len(stack); c.frames > maxPathFrames(c.limits) {
		return errPaths
	}
	c.Sample = append(c.Sample, &profile.Sample{Location: stack, Value: values})
	return nil
}

// maxPathFrames returns the limit of the frames of all stacks together. In pprof's format, a frame takes one to
// three bytes; a tree can have more frames than bytes, because each leaf repeats its path.
func maxPathFrames(l Limits) int { return l.Raw / 4 }

const errPaths = Fault("has too many deep call paths: it would be too large in pprof's format")
