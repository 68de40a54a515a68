package heap

import (
	"fmt"
	"slices"
	"strings"

	"github.com/google/pprof/profile"
)

// everyAllocation is the period of a profile that was not sampled.
const everyAllocation = 1

// readGprof2dot reads what memray transform gprof2dot writes: functions, and stacks with the bytes that they
// had in use when the process used most. The error is a Fault.
func readGprof2dot(content []byte, l Limits) (*profile.Profile, error) {
	c := newConverter(l, everyAllocation)
	var frames []*profile.Location
	unit := ""
	d := newJSON(content)
	err := d.object(func(member string) error {
		switch member {
		case "costs":
			return d.array(func() (err error) { unit, err = d.member("unit"); return err })
		case "functions": // after the events that refer to them
			return d.array(func() error {
				var name, file string
				err := d.object(func(member string) (err error) {
					switch member {
					case "name":
						name, err = d.text()
					case "module":
						file, err = d.text()
					default:
						err = d.SkipValue()
					}
					return err
				})
				return c.frame(&frames, name, file, 0, err)
			})
		}
		return d.SkipValue()
	})
	switch {
	case err != nil:
		return nil, jsonFault(err)
	case unit != "bytes":
		return nil, Fault(fmt.Sprintf("is a file for gprof2dot with costs in %q, not in bytes: %s", shorten(unit), memrayInstead))
	}
	d = newJSON(content)
	err = d.object(func(member string) error {
		if member != "events" {
			return d.SkipValue()
		}
		return d.array(func() error {
			var stack []*profile.Location
			var size int64
			err := d.object(func(member string) (err error) {
				switch member {
				case "callchain":
					stack, err = d.stack(frames, l)
				case "cost":
					err = d.array(func() (err error) { size, err = d.size(); return err })
				default:
					err = d.SkipValue()
				}
				return err
			})
			if err != nil {
				return err
			}
			return c.add(stack, size)
		})
	})
	if err != nil {
		return nil, jsonFault(err)
	}
	return c.Profile, nil
}

// readSpeedscope reads the profiles of a speedscope file that have weights in bytes, as memray transform
// speedscope writes it. The error is a Fault.
func readSpeedscope(content []byte, l Limits) (*profile.Profile, error) {
	c := newConverter(l, 0)
	var frames []*profile.Location
	d := newJSON(content)
	err := d.object(func(member string) error {
		switch member {
		case "exporter":
			exporter, err := d.text()
			if strings.HasPrefix(exporter, "memray@") {
				c.Period = everyAllocation
			}
			return err
		case "shared":
			return d.object(func(member string) error {
				if member != "frames" {
					return d.SkipValue()
				}
				return d.array(func() error { return c.speedscopeFrame(&frames, d) })
			})
		}
		return d.SkipValue()
	})
	if err != nil {
		return nil, jsonFault(err)
	}
	found := false
	d = newJSON(content)
	err = d.object(func(member string) error {
		if member != "profiles" {
			return d.SkipValue()
		}
		return d.array(func() error {
			stacks, weights, err := speedscopeProfile(d, frames, l)
			if err != nil || weights == nil {
				return err
			}
			found = true
			for i, stack := range stacks[:min(len(stacks), len(weights))] {
				slices.Reverse(stack) // it begins with the outermost call
				if err := c.add(stack, weights[i]); err != nil {
					return err
				}
			}
			return nil
		})
	})
	switch {
	case err != nil:
		return nil, jsonFault(err)
	case !found:
		return nil, Fault("is a speedscope file without samples in bytes, so it is no heap profile. " + formatsRead)
	}
	return c.Profile, nil
}

// speedscopeFrame reads an element of shared.frames.
func (c *converter) speedscopeFrame(frames *[]*profile.Location, d jsonReader) error {
	var name, file string
	var line int64
	err := d.object(func(member string) (err error) {
		switch member {
		case "name":
			name, err = d.text()
		case "file":
			file, err = d.text()
		case "line":
			line, err = d.number()
		default:
			err = d.SkipValue()
		}
		return err
	})
	return c.frame(frames, name, file, line, err)
}

// speedscopeProfile reads the stacks of a profile, and their weights. weights is nil if they are not bytes.
func speedscopeProfile(d jsonReader, frames []*profile.Location, l Limits) (stacks [][]*profile.Location, weights []int64, err error) {
	var kind, unit string
	weights = []int64{}
	depth := 0
	err = d.object(func(member string) (err error) {
		switch member {
		case "type":
			kind, err = d.text()
		case "unit":
			unit, err = d.text()
		case "samples":
			err = d.array(func() error {
				stack, err := d.stack(frames, l)
				stacks, depth = append(stacks, stack), depth+len(stack)
				switch {
				case len(stacks) > l.Samples:
					return overLimit(len(stacks), "samples", l.Samples)
				case depth > maxPathFrames(l):
					return errPaths
				}
				return err
			})
		case "weights":
			err = d.array(func() error {
				w, err := d.size()
				if weights = append(weights, w); len(weights) > l.Samples {
					return overLimit(len(weights), "weights", l.Samples)
				}
				return err
			})
		default:
			err = d.SkipValue()
		}
		return err
	})
	if kind != "sampled" || unit != "bytes" {
		weights = nil
	}
	return stacks, weights, err
}

// frame adds a location to a list of frames, unless reading it failed.
func (c *converter) frame(frames *[]*profile.Location, name, file string, line int64, err error) error {
	if err != nil {
		return err
	}
	if len(*frames) >= c.limits.Locations {
		return overLimit(len(*frames)+1, "frames", c.limits.Locations)
	}
	loc, err := c.location(name, file, max(line, 0))
	*frames = append(*frames, loc)
	return err
}

// stack reads an array of indices in frames.
func (d jsonReader) stack(frames []*profile.Location, l Limits) ([]*profile.Location, error) {
	var stack []*profile.Location
	err := d.array(func() error {
		i, err := d.number()
		switch {
		case err != nil:
			return err
		case i < 0 || i >= int64(len(frames)):
			return Fault(fmt.Sprintf("refers to frame %d, but has only %d frames", i, len(frames)))
		case len(stack) >= l.Depth:
			return Fault(fmt.Sprintf("has a stack of more than %d frames, the limit", l.Depth))
		}
		stack = append(stack, frames[i])
		return nil
	})
	return stack, err
}

// member reads an object and returns the text of one member.
func (d jsonReader) member(name string) (text string, err error) {
	err = d.object(func(member string) (err error) {
		if member != name {
			return d.SkipValue()
		}
		text, err = d.text()
		return err
	})
	return text, err
}
