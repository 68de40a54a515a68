package report

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/pprof/profile"

	"heaplab/profiler/heap"
)

// allocsOf returns the digest of an allocs profile of ten operations. Each stack begins with the outermost function, as in
// "m.Bench m.F net.ParseIP=16" for 16 bytes per operation.
func allocsOf(t *testing.T, stacks ...string) *heap.Digest {
	t.Helper()
	p := &profile.Profile{PeriodType: &profile.ValueType{Type: "space", Unit: "bytes"}, Period: 1}
	for _, name := range []string{"alloc_objects", "alloc_space", "inuse_objects", "inuse_space"} {
		p.SampleType = append(p.SampleType, &profile.ValueType{Type: name, Unit: "count"})
	}
	p.SampleType[1].Unit, p.SampleType[3].Unit = "bytes", "bytes"
	known := map[string]*profile.Location{}
	for _, stack := range stacks {
		names, bytes, _ := strings.Cut(stack, "=")
		s := &profile.Sample{Value: []int64{10, 0, 0, 0}}
		if _, err := fmt.Sscan(bytes, &s.Value[1]); err != nil {
			t.Fatal(err)
		}
		s.Value[1] *= 10
		for _, name := range strings.Fields(names) {
			if known[name] == nil {
				id := uint64(len(known) + 1)
				f := &profile.Function{ID: id, Name: "example.com/" + name, Filename: "f.go"}
				if !strings.HasPrefix(name, "m") {
					f.Name = name
				}
				p.Function = append(p.Function, f)
				known[name] = &profile.Location{ID: id, Line: []profile.Line{{Function: f, Line: int64(id)}}}
				p.Location = append(p.Location, known[name])
			}
			s.Location = append([]*profile.Location{known[name]}, s.Location...)
		}
		p.Sample = append(p.Sample, s)
	}
	d, err := heap.NewDigest(p)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// Code that moved is one cause with both changes. Other changes stay apart, and none is lost.
func TestMoved(t *testing.T) {
	for _, test := range []struct {
		name          string
		before, after []string
		want          []string
	}{
		{
			"into a function that it calls", // as in gin
			[]string{"m.Bench m.ClientIP net.ParseIP=48"},
			[]string{"m.Bench m.ClientIP m.RemoteIP net.ParseIP=32"},
			[]string{"m.ClientIP -48 moved to m.RemoteIP +32"},
		},
		{
			"out of a function that it calls",
			[]string{"m.Bench m.F m.G=100"},
			[]string{"m.Bench m.F=110", "m.Bench m.F m.G m.H=1"},
			[]string{"m.F +110 moved from m.G -100", "m.H +1"},
		},
		{
			"to a function of another name",
			[]string{"m.Bench m.old strings.Repeat=500"},
			[]string{"m.Bench m.new strings.Repeat=600"},
			[]string{"m.new +600 moved from m.old -500"},
		},
		{
			"between closures of one function",
			[]string{"m.Bench m.F.func1 x.make=48", "m.Bench m.F.func2=1"},
			[]string{"m.Bench m.F.func2=1", "m.Bench m.F.func3 x.make=48"},
			[]string{"m.F.func3 +48 moved from m.F.func1 -48"}, // heap.NewDiff joins no closure if another keeps its number
		},
		{
			"not into another package",
			[]string{"m.Bench m.F net.ParseIP=48"},
			[]string{"m.Bench m.F m/p.G net.ParseIP=48"},
			[]string{"m/p.G +48", "m.F -48"},
		},
		{
			"not to a function that has nothing to do with it",
			[]string{"m.Bench m.F net.ParseIP=48", "m.Bench m.A m.G=1"},
			[]string{"m.Bench m.F=1", "m.Bench m.A m.G net.ParseIP=48"},
			[]string{"m.G +47", "m.F -47"},
		},
		{
			"not by other callees", // a saving and a regression of one size
			[]string{"m.Bench m.F net.ParseIP=1000", "m.Bench m.F m.G=1"},
			[]string{"m.Bench m.F=1", "m.Bench m.F m.G strings.Repeat=1000"},
			[]string{"m.G +999", "m.F -999"},
		},
		{
			"not of another size",
			[]string{"m.Bench m.F net.ParseIP=1000"},
			[]string{"m.Bench m.F m.G net.ParseIP=100"},
			[]string{"m.F -1000", "m.G +100"},
		},
		{
			"not in the same direction",
			[]string{"m.Bench m.F net.ParseIP=10", "m.Bench m.F m.G net.ParseIP=10"},
			[]string{"m.Bench m.F net.ParseIP=20", "m.Bench m.F m.G net.ParseIP=30"},
			[]string{"m.G +20", "m.F +10"},
		},
	} {
		var got []string
		for _, c := range NewCauses(allocsOf(t, test.before...), allocsOf(t, test.after...), "example.com/m", [2]int64{10, 10}) {
			text := func(c Cause) string {
				return fmt.Sprintf("%s %+.0f", strings.TrimPrefix(c.Function, "example.com/"), c.change())
			}
			line := text(c)
			if c.Moved != nil {
				line += " " + MovedWords(c) + " " + text(*c.Moved)
			}
			got = append(got, line)
		}
		if diff := cmp.Diff(test.want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", test.name, diff)
		}
	}
}

// The line of a cause is one that allocates for it, not one that calls another function of the module.
func TestCauseLine(t *testing.T) {
	causes := NewCauses(
		allocsOf(t, "m.Bench m.F m.G=5000"),
		allocsOf(t, "m.Bench m.F m.G=5000", "m.Bench m.F strings.Repeat=100"),
		"example.com/m", [2]int64{10, 10})
	if len(causes) != 1 || causes[0].Line != 2 {
		t.Errorf("causes = %+v", causes)
	}
}
