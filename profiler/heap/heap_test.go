package heap

import (
	"flag"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/google/pprof/profile"
)

// A stack is a sample of one allocated object: its functions, innermost first, and its bytes. If it
// has more than 100 bytes, half of them are in use.
type stack struct {
	functions []string
	bytes     int64
}

// newProfile returns a heap profile of stacks.
func newProfile(stacks ...stack) *profile.Profile {
	p := &profile.Profile{SampleType: []*profile.ValueType{
		{Type: "alloc_objects", Unit: "count"}, {Type: "alloc_space", Unit: "bytes"},
		{Type: "inuse_objects", Unit: "count"}, {Type: "inuse_space", Unit: "bytes"},
	}}
	locations := map[string]*profile.Location{}
	for _, s := range stacks {
		sample := &profile.Sample{Value: []int64{1, s.bytes, 0, 0}}
		if s.bytes > 100 {
			sample.Value = []int64{1, s.bytes, 1, s.bytes / 2}
		}
		for _, name := range s.functions {
			if locations[name] == nil {
				id := uint64(len(p.Location) + 1)
				f := &profile.Function{ID: id, Name: name, Filename: "/src/" + name + ".go"}
				p.Function = append(p.Function, f)
				locations[name] = &profile.Location{ID: id, Line: []profile.Line{{Function: f, Line: 7}}}
				p.Location = append(p.Location, locations[name])
			}
			sample.Location = append(sample.Location, locations[name])
		}
		p.Sample = append(p.Sample, sample)
	}
	return p
}

func digest(t *testing.T, stacks ...stack) *Digest {
	t.Helper()
	d, err := NewDigest(newProfile(stacks...))
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func of(objects, bytes int64) Values {
	return Values{AllocObjects: objects, AllocSpace: bytes}
}

func TestDigest(t *testing.T) {
	d := digest(t,
		stack{[]string{"leaf", "middle", "main"}, 100},
		stack{[]string{"leaf", "main"}, 20},
		stack{[]string{"recursive", "recursive", "main"}, 3},
	)
	functions := []Function{
		{Name: "leaf", File: "/src/leaf.go", Flat: of(2, 120), Cum: of(2, 120)},
		{Name: "recursive", File: "/src/recursive.go", Flat: of(1, 3), Cum: of(1, 3)},
		{Name: "main", File: "/src/main.go", Cum: of(3, 123)},
		{Name: "middle", File: "/src/middle.go", Cum: of(1, 100)},
	}
	if diff := cmp.Diff(functions, d.Functions); diff != "" {
		t.Errorf("functions (-want +got):\n%s", diff)
	}
	nodes := []Node{
		{-1, Root, of(3, 123)},
		{0, 2, of(3, 123)}, // main
		{1, 3, of(1, 100)}, // main, middle
		{1, 0, of(1, 20)},  // main, leaf
		{1, 1, of(1, 3)},   // main, recursive
		{2, 0, of(1, 100)}, // main, middle, leaf
		{4, 1, of(1, 3)},   // main, recursive, recursive
	}
	if diff := cmp.Diff(nodes, d.Nodes); diff != "" {
		t.Errorf("nodes (-want +got):\n%s", diff)
	}
	if want := (Line{Function: 0, File: "leaf.go", Line: 7, Flat: of(2, 120), Cum: of(2, 120)}); d.Lines[0] != want {
		t.Errorf("first line %+v, want %+v", d.Lines[0], want)
	}
}

func TestSmallPathsBecomeOther(t *testing.T) {
	p := newProfile(stack{[]string{"large", "main"}, 1_000_000}, stack{[]string{"tiny", "main"}, 9}, stack{[]string{"small", "main"}, 5})
	for _, s := range p.Sample { // without objects: only bytes count
		s.Value[0], s.Value[2] = 0, 0
	}
	d, err := NewDigest(p)
	if err != nil {
		t.Fatal(err)
	}
	last := d.Nodes[len(d.Nodes)-1]
	if want := (Node{1, Other, of(0, 14)}); last != want {
		t.Errorf("the last node is %+v, want %+v", last, want)
	}
	checkTree(t, d)
}

// checkTree checks that no node has less than its children, and that own values and flat values
// sum to the totals.
func checkTree(t *testing.T, d *Digest) {
	t.Helper()
	own := make([]Values, len(d.Nodes))
	for i, n := range d.Nodes {
		own[i].Add(n.Values)
		if i > 0 {
			own[n.Parent].sub(n.Values)
		}
	}
	var sum Values
	for i, v := range own {
		if v.AllocObjects < 0 || v.AllocSpace < 0 || v.InuseObjects < 0 || v.InuseSpace < 0 {
			t.Errorf("node %d has less than its children: %+v", i, v)
		}
		sum.Add(v)
	}
	if sum != d.Totals {
		t.Errorf("the tree sums to %+v, the profile to %+v", sum, d.Totals)
	}
	var flat Values
	for _, f := range d.Functions {
		flat.Add(f.Flat)
	}
	if flat != d.Totals {
		t.Errorf("the functions sum to %+v, the profile to %+v", flat, d.Totals)
	}
}

var profilesDir = flag.String("profiles", "", "also test with all real profiles in `DIR`")

// encodingJSON is a real profile, taken from the benchmarks of encoding/json.
const encodingJSON = "testdata/encodingjson.pb.gz"

func readFile(t testing.TB, name string) []byte {
	t.Helper()
	b, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func readDigest(t testing.TB, file []byte) *Digest {
	t.Helper()
	raw, err := Gunzip(file, DefaultLimits)
	if err != nil {
		t.Fatal(err)
	}
	prof, err := Read(raw, DefaultLimits)
	if err != nil {
		t.Fatal(err)
	}
	d, err := NewDigest(prof)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// The digest of a real profile is equal to a simple sum over all samples.
func TestDigestOfRealProfile(t *testing.T) {
	file := readFile(t, encodingJSON)
	d := readDigest(t, file)
	checkTree(t, d)
	raw, _ := Gunzip(file, DefaultLimits)
	prof, err := Read(raw, DefaultLimits)
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]*Function{}
	paths := map[string]int64{}
	for _, s := range prof.Sample {
		v := Values{s.Value[0], s.Value[1], s.Value[2], s.Value[3]}
		seen := map[string]bool{}
		path, innermost := "", ""
		for i := len(s.Location) - 1; i >= 0; i-- {
			for j := len(s.Location[i].Line) - 1; j >= 0; j-- {
				innermost = s.Location[i].Line[j].Function.Name
				path += "\n" + innermost
				paths[path] += v.AllocSpace
				if want[innermost] == nil {
					want[innermost] = &Function{Name: innermost}
				}
				if !seen[innermost] {
					seen[innermost] = true
					want[innermost].Cum.Add(v)
				}
			}
		}
		want[innermost].Flat.Add(v)
	}
	if len(want) != len(d.Functions) {
		t.Errorf("%d functions, want %d", len(d.Functions), len(want))
	}
	for _, f := range d.Functions {
		if !strings.HasPrefix(f.File, "/usr/local/go/src/") && f.File != "_testmain.go" {
			t.Errorf("%s is in %q", f.Name, f.File)
		}
		f.File = ""
		if diff := cmp.Diff(*want[f.Name], f); diff != "" {
			t.Errorf("%s (-want +got):\n%s", f.Name, diff)
		}
	}
	names := make([]string, len(d.Nodes))
	for i, n := range d.Nodes[1:] {
		if n.Function == Other {
			continue
		}
		path := names[n.Parent] + "\n" + d.Functions[n.Function].Name
		names[i+1] = path
		if n.Values.AllocSpace != paths[path] {
			t.Errorf("path%s has %d bytes, want %d", path, n.Values.AllocSpace, paths[path])
		}
	}
}

func TestEncodeAndDecode(t *testing.T) {
	d := readDigest(t, readFile(t, encodingJSON))
	b, err := d.Encode()
	if err != nil {
		t.Fatal(err)
	}
	got, err := Decode(b)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(d, got, cmpopts.EquateEmpty()); diff != "" {
		t.Errorf("decoded digest (-want +got):\n%s", diff)
	}
	b[len(b)/2] ^= 1
	if _, err := Decode(b); err == nil {
		t.Error("a damaged digest was decoded")
	}
}

var (
	beforeStacks = []stack{
		{[]string{"append", "decode", "handle", "main"}, 60},
		{[]string{"append", "encode", "handle", "main"}, 30},
		{[]string{"append", "append", "main"}, 10},
	}
	afterStacks = []stack{
		{[]string{"append", "encode", "handle", "main"}, 30},
		{[]string{"pool", "decode", "handle", "main"}, 5},
	}
)

// A path that is small in bytes allocated and in use is kept for its churn.
func TestKeepPathsWithChurn(t *testing.T) {
	p := newProfile(stack{[]string{"keep"}, 1_000_000_000}, stack{[]string{"temp"}, 900_000}, stack{[]string{"tiny"}, 100})
	for i, s := range p.Sample {
		s.Value = [][]int64{{0, 1_000_000_000, 0, 1_000_000_000}, {0, 900_000, 0, 0}, {0, 100, 0, 0}}[i]
	}
	d, err := NewDigest(p)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, n := range d.Nodes {
		if n.Function >= 0 {
			names = append(names, d.Functions[n.Function].Name)
		}
	}
	if got := strings.Join(names, " "); got != "keep temp" {
		t.Errorf("kept %s, want keep and temp", got)
	}
}

func TestTypes(t *testing.T) {
	d := NewDiff(digest(t, stack{[]string{"f"}, 300}), digest(t, stack{[]string{"f"}, 200}))
	for typ, want := range map[Type]string{
		AllocSpace: "all 300 → 200", InuseSpace: "all 150 → 100", ChurnSpace: "all 150 → 100",
		AllocObjects: "all 1 → 1", InuseObjects: "all 1 → 1",
	} {
		g := d.Graph(Selection{Type: typ})
		if got := outline(d, g.Callees)[0]; got != want || !g.Conserved(d) {
			t.Errorf("%s: %s, want %s; conserved: %v", typ, got, want, g.Conserved(d))
		}
	}
}
