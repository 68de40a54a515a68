package heap

import (
	"fmt"
	"math"

	"github.com/google/pprof/profile"
)

// A v8Reader reads V8's sampling heap profile, which node --heap-prof and Chrome's DevTools write to a
// .heapprofile file (SamplingHeapProfile of the Chrome DevTools Protocol): a tree of calls, with the bytes in
// use that each allocated itself, already scaled by the sampling rate. The file does not have the rate. Its
// list of samples does not say how many objects a sample stands for, so objects are not counted.
type v8Reader struct {
	*converter
	json  jsonReader
	nodes []v8Node // parents before children
}

type v8Node struct {
	parent int // index; -1 for the root
	depth  int // of its stack
	loc    *profile.Location
	self   int64 // bytes
}

// readV8 reads a .heapprofile file. The error is a Fault.
func readV8(content []byte, l Limits) (*profile.Profile, error) {
	r := &v8Reader{converter: newConverter(l, 0), json: newJSON(content)}
	err := r.json.object(func(name string) error {
		if name == "head" && len(r.nodes) == 0 {
			return r.node(-1, 0)
		}
		return r.json.SkipValue()
	})
	if err != nil {
		return nil, jsonFault(err)
	}
	for _, n := range r.nodes {
		if n.self == 0 {
			continue
		}
		stack := make([]*profile.Location, 0, n.depth)
		for n := n; n.parent >= 0; n = r.nodes[n.parent] {
			stack = append(stack, n.loc)
		}
		if err := r.add(stack, n.self); err != nil {
			return nil, err
		}
	}
	return r.Profile, nil
}

// node reads a node and those below it. Its members may come in any order.
func (r *v8Reader) node(parent, depth int) error {
	switch {
	case depth > r.limits.Depth:
		return Fault(fmt.Sprintf("has a stack of more than %d frames, the limit", r.limits.Depth))
	case len(r.nodes) > r.limits.Samples:
		return overLimit(len(r.nodes), "nodes", r.limits.Samples)
	}
	at := len(r.nodes)
	r.nodes = append(r.nodes, v8Node{parent: parent, depth: depth})
	err := r.json.object(func(name string) (err error) {
		switch name {
		case "callFrame":
			if parent < 0 { // "(root)", the node above all stacks
				return r.json.SkipValue()
			}
			r.nodes[at].loc, err = r.callFrame()
		case "selfSize":
			r.nodes[at].self, err = r.json.size()
		case "children":
			err = r.json.array(func() error { return r.node(at, depth+1) })
		default:
			err = r.json.SkipValue()
		}
		return err
	})
	if err == nil && r.nodes[at].loc == nil && parent >= 0 {
		r.nodes[at].loc, err = r.location("(anonymous)", "", 0)
	}
	return err
}

// callFrame reads the function of a node. Lines and columns count from 0.
func (r *v8Reader) callFrame() (*profile.Location, error) {
	var name, url string
	line, column := int64(-1), int64(-1)
	err := r.json.object(func(member string) (err error) {
		switch member {
		case "functionName":
			name, err = r.json.text()
		case "url":
			url, err = r.json.text()
		case "lineNumber":
			line, err = r.json.number()
		case "columnNumber":
			column, err = r.json.number()
		default:
			err = r.json.SkipValue()
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	if line < 0 || line >= math.MaxInt32 {
		line = -1
	}
	if name == "" {
		name = "(anonymous)"
		if url != "" && line >= 0 && column >= 0 { // as the package pprof of Node names it
			name = fmt.Sprintf("(anonymous:L#%d:C#%d)", line+1, uint64(column)+1)
		}
	}
	return r.location(name, url, line+1)
}
