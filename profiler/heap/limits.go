package heap

import (
	"fmt"

	"google.golang.org/protobuf/encoding/protowire"
)

// Limits limit the size of a profile, so that a small file cannot take much memory: 16 KB of gzip
// can hold a profile that takes gigabytes once it is parsed.
type Limits struct {
	Raw       int // bytes of the uncompressed protobuf
	Samples   int
	Locations int // also the limit of functions and of strings
	Mappings  int
	Depth     int // locations per sample
	Inlined   int // lines per location
	String    int // bytes per string
}

// DefaultLimits allow a profile of the Go compiler that records every allocation. They do not limit names,
// which package child shortens.
var DefaultLimits = Limits{
	Raw: 64 << 20, Samples: 1_000_000, Locations: 200_000, Mappings: 4096, Depth: maxFrames, Inlined: 1024, String: 64 << 20,
}

// A Fault says why a file cannot be read as a heap profile. Its text completes a sentence that
// begins with the name of the file.
type Fault string

func (f Fault) Error() string { return string(f) }

// Fields of the protobuf (https://github.com/google/pprof/blob/main/proto/profile.proto).
const (
	fieldSample   = 2
	fieldMapping  = 3
	fieldLocation = 4
	fieldFunction = 5
	fieldString   = 6

	fieldSampleLocation = 1
	fieldSampleLabel    = 3
	fieldLocationLine   = 4
)

// Check walks the wire format of a profile and keeps nothing. It refuses a profile that exceeds a
// limit or is not a protobuf. The error is a Fault.
func (l Limits) Check(raw []byte) error {
	counts := map[protowire.Number]int{}
	labels := 0
	broken := walk(raw, func(field protowire.Number, kind protowire.Type, value []byte) error {
		counts[field]++
		switch {
		case kind != protowire.BytesType:
			return nil
		case field == fieldSample:
			depth, n, err := countSample(value)
			if labels += n; depth > l.Depth && err == nil {
				return tooDeep(depth, l)
			}
			return err
		case field == fieldLocation:
			lines, err := countField(value, fieldLocationLine)
			if lines > l.Inlined && err == nil {
				return Fault(fmt.Sprintf("has a location of %d lines, over the limit of %d", lines, l.Inlined))
			}
			return err
		case field == fieldString && len(value) > l.String:
			return Fault(fmt.Sprintf("has a name of %d bytes, over the limit of %d", len(value), l.String))
		}
		return nil
	})
	if broken != nil {
		return broken
	}
	for _, c := range []struct {
		what       string
		got, limit int
	}{
		{"samples", counts[fieldSample], l.Samples},
		{"locations", counts[fieldLocation], l.Locations},
		{"functions", counts[fieldFunction], l.Locations},
		{"strings", counts[fieldString], l.Locations},
		{"mappings", counts[fieldMapping], l.Mappings},
		{"labels", labels, l.Samples + l.Locations}, // Go writes one label per sample: the object size
	} {
		if c.got > c.limit {
			return overLimit(c.got, c.what, c.limit)
		}
	}
	return nil
}

func overLimit(got int, what string, limit int) error {
	return Fault(fmt.Sprintf("has %d %s, over the limit of %d", got, what, limit))
}

func tooDeep(depth int, l Limits) error {
	return Fault(fmt.Sprintf("has a stack of %d frames, over the limit of %d", depth, l.Depth))
}

// notProtobuf is the Fault of a file that is not a protobuf.
const notProtobuf = Fault("is not a pprof profile: its content is not a protobuf")

// walk calls visit with each field of a message. value is set only for fields of bytes.
func walk(message []byte, visit func(field protowire.Number, kind protowire.Type, value []byte) error) error {
	for len(message) > 0 {
		field, kind, n := protowire.ConsumeTag(message)
		if n < 0 {
			return notProtobuf
		}
		message = message[n:]
		var value []byte
		if kind == protowire.BytesType {
			value, n = protowire.ConsumeBytes(message)
		} else {
			n = protowire.ConsumeFieldValue(field, kind, message)
		}
		if n < 0 {
			return notProtobuf
		}
		if err := visit(field, kind, value); err != nil {
			return err
		}
		message = message[n:]
	}
	return nil
}

// countSample counts the locations and labels of a sample.
func countSample(message []byte) (depth, labels int, err error) {
	err = walk(message, func(field protowire.Number, kind protowire.Type, value []byte) error {
		switch {
		case field == fieldSampleLabel:
			labels++
		case field == fieldSampleLocation && kind == protowire.BytesType: // packed
			for _, b := range value {
				if b < 0x80 { // the last byte of a number
					depth++
				}
			}
		case field == fieldSampleLocation:
			depth++
		}
		return nil
	})
	return depth, labels, err
}

func countField(message []byte, which protowire.Number) (n int, err error) {
	err = walk(message, func(field protowire.Number, _ protowire.Type, _ []byte) error {
		if field == which {
			n++
		}
		return nil
	})
	return n, err
}
