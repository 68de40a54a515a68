package heap

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"github.com/google/pprof/profile"
)

// A dhatReader reads a heap profile of DHAT, which Valgrind and the Rust crate dhat write (dhat/dh_view.js of
// Valgrind): a table of frames, and the stacks with all that they allocated and what was left at the end.
type dhatReader struct {
	*converter
	json      jsonReader
	frames    []*profile.Location
	mode      string
	lifetimes bool // what was left is counted
}

// readDHAT reads a file of DHAT. The error is a Fault.
func readDHAT(content []byte, l Limits) (*profile.Profile, error) {
	r := &dhatReader{converter: newConverter(l, everyAllocation), json: newJSON(content)}
	if err := r.json.object(r.member); err != nil {
		return nil, jsonFault(err)
	}
	if r.mode != "heap" && r.mode != "rust-heap" {
		return nil, Fault(fmt.Sprintf("is a file of DHAT in the mode %q, which is not that of heap profiles: use the mode heap", shorten(r.mode)))
	}
	r.SampleType = []*profile.ValueType{{Type: "alloc_objects", Unit: "count"}, {Type: "alloc_space", Unit: "bytes"}}
	if r.lifetimes {
		r.SampleType = append(r.SampleType, &profile.ValueType{Type: "inuse_objects", Unit: "count"}, &profile.ValueType{Type: "inuse_space", Unit: "bytes"})
	}
	r.DropFrames, r.KeepFrames = allocatorFrames() // Valgrind has them on each stack
	r.json = newJSON(content)
	err := r.json.object(func(name string) error {
		if name != "pps" {
			return r.json.SkipValue()
		}
		return r.json.array(r.point)
	})
	if err != nil {
		return nil, jsonFault(err)
	}
	return r.Profile, nil
}

// member reads a member of the document, except the stacks, which refer to others.
func (r *dhatReader) member(name string) (err error) {
	switch name {
	case "mode":
		r.mode, err = r.json.text()
	case "bklt":
		r.lifetimes = r.json.PeekKind() == 't'
		err = r.json.SkipValue()
	case "ftbl":
		err = r.json.array(func() error {
			text, err := r.json.text()
			name, file, line := dhatFrame(text)
			return r.frame(&r.frames, name, file, line, err)
		})
	default:
		err = r.json.SkipValue()
	}
	return err
}

// point reads a stack.
func (r *dhatReader) point() error {
	var stack []*profile.Location
	values := make([]int64, 4)
	field := map[string]*int64{"tbk": &values[0], "tb": &values[1], "ebk": &values[2], "eb": &values[3]}
	err := r.json.object(func(name string) (err error) {
		switch {
		case name == "fs":
			stack, err = r.json.stack(r.frames, r.limits)
		case field[name] != nil:
			*field[name], err = r.json.size()
		default:
			err = r.json.SkipValue()
		}
		return err
	})
	if err != nil {
		return err
	}
	return r.add(stack, values[:len(r.SampleType)]...)
}

var dhatPlace = regexp.MustCompile(`^(.*?) \((?:in )?([^()]+?)(?::(\d+))?(?::\d+)?\)$`)

// dhatFrame splits a frame such as "0x4C31B0F: main (a.c:12)" or "0x1: f::g (src/a.rs:12:5)".
func dhatFrame(text string) (name, file string, line int64) {
	if address, rest, ok := strings.Cut(text, ": "); ok && strings.HasPrefix(address, "0x") {
		text = rest
	}
	found := dhatPlace.FindStringSubmatch(text)
	if found == nil {
		return text, "", 0
	}
	line, err := strconv.ParseInt(found[3], 10, 32)
	if err != nil {
		line = 0
	}
	return found[1], found[2], line
}
