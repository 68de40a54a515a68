package heap

import (
	"bytes"
	"encoding/gob"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/klauspost/compress/gzip"
)

// joined lists how functions were joined although their names differ or may mean another function.
func joined(d *Diff) (lines []string) {
	for _, f := range d.Functions {
		if f.JoinedBy != "" || f.Was != "" {
			lines = append(lines, fmt.Sprintf("%s ← %s: %s", f.Name, f.Was, f.JoinedBy))
		}
	}
	slices.Sort(lines)
	return lines
}

func TestJoinByName(t *testing.T) {
	for _, test := range []struct {
		name          string
		before, after string // functions, separated by spaces
		want          []string
	}{
		{"hash of Rust", "a::f::h0123456789abcdef", "a::f::hfedcba9876543210", []string{"a::f::hfedcba9876543210 ← a::f::h0123456789abcdef: compiler suffix"}},
		{"clone", "parse.isra.0 scan.llvm.12", "parse.isra.1 scan.llvm.34", []string{"parse.isra.1 ← parse.isra.0: compiler suffix", "scan.llvm.34 ← scan.llvm.12: compiler suffix"}},
		{"module version", "github.com/x/y@v1.2.3/p.F", "github.com/x/y@v1.10.0-rc.1/p.F", []string{"github.com/x/y@v1.10.0-rc.1/p.F ← github.com/x/y@v1.2.3/p.F: version"}},
		{"version of a root package", "x.org/y@v0.0.0-20250417193237-f615e6bd150b.F", "x.org/y@v1.0.0.F", []string{"x.org/y@v1.0.0.F ← x.org/y@v0.0.0-20250417193237-f615e6bd150b.F: version"}},
		{"vendor", "a.org/app/vendor/github.com/x/y.(*T).F", "github.com/x/y.(*T).F", []string{"github.com/x/y.(*T).F ← a.org/app/vendor/github.com/x/y.(*T).F: version"}},
		{"vendor of the standard library", "vendor/golang.org/x/net/idna.F", "golang.org/x/net/idna.F", []string{"golang.org/x/net/idna.F ← vendor/golang.org/x/net/idna.F: version"}},
		{"major version", "a.org/y/v2/p.F math/rand.G gopkg.in/yaml%2ev2.H", "a.org/y/v3/p.F math/rand/v2.G gopkg.in/yaml%2ev3.H",
			[]string{"a.org/y/v3/p.F ← a.org/y/v2/p.F: version", "gopkg.in/yaml%2ev3.H ← gopkg.in/yaml%2ev2.H: version", "math/rand/v2.G ← math/rand.G: version"}},
		{"ambiguous major version", "a.org/y/v2.F a.org/y/v3.F", "a.org/y/v4.F", nil},
		{"same major version on both sides", "a.org/y/v2.F", "a.org/y/v2.F a.org/y/v3.F", nil},
		{"type arguments", "main.grow[go.shape.float64] main.(*T[go.shape.[]int]).M", "main.grow[go.shape.float32] main.(*T[go.shape.[]uint8]).M",
			[]string{"main.(*T[go.shape.[]uint8]).M ← main.(*T[go.shape.[]int]).M: type arguments", "main.grow[go.shape.float32] ← main.grow[go.shape.float64]: type arguments"}},
		{"made generic", "main.grow", "main.grow[go.shape.int]", []string{"main.grow[go.shape.int] ← main.grow: type arguments"}},
		{"template arguments", "ns::Map<int>::get", "ns::Map<long>::get", []string{"ns::Map<long>::get ← ns::Map<int>::get: type arguments"}},
		{"arguments of Rust", "a::f::<u8>", "a::f::<u16>", []string{"a::f::<u16> ← a::f::<u8>: type arguments"}},
		{"one of several instances", "main.f[int] main.f[float64]", "main.f[int] main.f[float32]", []string{"main.f[float32] ← main.f[float64]: type arguments"}},
		{"ambiguous type arguments", "main.f[int] main.f[string]", "main.f[float64]", nil},
		{"nearest type arguments", "main.f[float64,int] main.f[float64,string] main.f[[]float64,int]", "main.f[float32,int] main.f[[]float32,int] main.f[float32,string]",
			[]string{"main.f[[]float32,int] ← main.f[[]float64,int]: type arguments", "main.f[float32,int] ← main.f[float64,int]: type arguments", "main.f[float32,string] ← main.f[float64,string]: type arguments"}},
		{"two as near", "main.f[int,int]", "main.f[int,string] main.f[string,int]", nil},
		{"built from words in other ways", "main.f[int] main.f[[]int]", "main.f[map[int]int]", nil},
		{"one nearer than the others", "main.f[int,a.T] main.f[string,a.T]", "main.f[int,b.T]", []string{"main.f[int,b.T] ← main.f[int,a.T]: type arguments"}},
		{"operators", "a::T::operator<", "a::T::operator<<", nil},
		{"moved", "a.org/app/util.(*Pool).get", "a.org/app/internal/util.(*Pool).get", []string{"a.org/app/internal/util.(*Pool).get ← a.org/app/util.(*Pool).get: moved"}},
		{"moved in C++", "a::b::Cache::insert", "c::Cache::insert", []string{"c::Cache::insert ← a::b::Cache::insert: moved"}},
		{"moved in Java", "com.old.app.Store.put", "com.new.app.core.Store.put", []string{"com.new.app.core.Store.put ← com.old.app.Store.put: moved"}},
		{"moved file", "/srv/old/models.py:load", "/srv/new/models.py:load", []string{"/srv/new/models.py:load ← /srv/old/models.py:load: moved"}},
		{"ambiguous move", "a/util.New b/util.New", "c/util.New", nil},
		{"ambiguous move to two", "a/util.New", "b/util.New c/util.New", nil},
		{"another receiver", "a/util.(*A).New", "b/util.(*B).New", nil},
		{"another package", "a/util.New", "a/tools.New", nil},
		{"two classes", "com.Store.put", "org.Store.put", nil},
		{"moved, other version and type arguments", "a/x@v1.0.0/p.F[int]", "b/x@v2.0.0/p.F[string]", []string{"b/x@v2.0.0/p.F[string] ← a/x@v1.0.0/p.F[int]: moved"}},
		{"closure of a moved function", "a/p.F.func1 a/p.F", "b/p.F.func1 b/p.F", []string{"b/p.F ← a/p.F: moved", "b/p.F.func1 ← a/p.F.func1: moved"}},
		{"closure of an absent function", "a/p.F[int].func1", "a/p.F[string].func1", []string{"a/p.F[string].func1 ← a/p.F[int].func1: type arguments"}},
		{"as many closures", "main.f.func2 main.f.func3", "main.f.func1 main.f.func4", []string{"main.f.func1 ← main.f.func2: closure order", "main.f.func4 ← main.f.func3: closure order"}},
		{"another function's closure", "main.f.func2", "main.g.func2", nil},
		{"closure in a renumbered closure", "main.f.func1 main.f.func1.1 main.f.func1.gowrap2", "main.f.func2 main.f.func2.1 main.f.func2.gowrap3",
			[]string{"main.f.func2 ← main.f.func1: closure order", "main.f.func2.1 ← main.f.func1.1: closure order", "main.f.func2.gowrap3 ← main.f.func1.gowrap2: closure order"}},
		{"kinds of closures", "main.glob..func1 main.f.f2.func3 main.f-range1 a::b::{closure#0} A.lambda$run$0 a::b::{lambda()#1}::operator()", "main.glob..func2 main.f.f2.func4 main.f-range2 a::b::{closure#1} A.lambda$run$1 a::b::{lambda()#2}::operator()",
			[]string{"A.lambda$run$1 ← A.lambda$run$0: closure order", "a::b::{closure#1} ← a::b::{closure#0}: closure order", "a::b::{lambda()#2}::operator() ← a::b::{lambda()#1}::operator(): closure order",
				"main.f-range2 ← main.f-range1: closure order", "main.f.f2.func4 ← main.f.f2.func3: closure order", "main.glob..func2 ← main.glob..func1: closure order"}},
		{"no closures", "main.func1 main.init.0 main.f2 x.1", "main.func2 main.init.1 main.f3 x.2", nil},
	} {
		t.Run(test.name, func(t *testing.T) {
			profile := func(names string, bytes int64) *Digest {
				stacks := []stack{{[]string{"same"}, 1000}}
				for i, name := range strings.Fields(names) {
					stacks = append(stacks, stack{[]string{name, "main.main"}, bytes + int64(i)})
				}
				return digest(t, stacks...)
			}
			d := NewDiff(profile(test.before, 200), profile(test.after, 300))
			if diff := cmp.Diff(test.want, joined(d), cmpopts.EquateEmpty()); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			checkDiff(t, d)
		})
	}
}

// A closure is a sample of a closure of main.serve: the line where it starts, its bytes, the bytes of an
// object, and the function that allocates them, or "" for the closure itself.
type closure struct {
	number, line, bytes, size int
	callee                    string
}

// serve returns a profile of main.serve, which starts at a line, and of its closures.
func serve(t *testing.T, line int, closures ...closure) *Digest {
	t.Helper()
	var stacks []stack
	lines := map[string]int{"main.serve": line}
	for _, c := range closures {
		name := fmt.Sprintf("main.serve.func%d", c.number)
		lines[name] = c.line
		functions := []string{name, "main.serve"}
		if c.callee != "" {
			functions = append([]string{c.callee}, functions...)
		}
		stacks = append(stacks, stack{functions, int64(c.bytes)})
	}
	p := newProfile(stacks...)
	for i, c := range closures {
		p.Sample[i].Value[0] = int64(c.bytes / c.size)
	}
	for _, f := range p.Function {
		f.StartLine = int64(lines[f.Name])
	}
	d, err := NewDigest(p)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// sameCode adds functions of which each starts at its own line.
func sameCode(d *Digest) *Digest {
	for i := range 20 {
		d.Functions = append(d.Functions, Function{Name: fmt.Sprint("main.f", i), StartLine: 100 * i})
	}
	return d
}

func TestJoinClosures(t *testing.T) {
	const kib, mib = 1 << 10, 1 << 20
	for _, test := range []struct {
		name          string
		before, after *Digest
		want          []string
	}{
		{"one before two others",
			serve(t, 3, closure{1, 5, 4 * mib, 400 * kib, ""}, closure{2, 8, 2 * mib, 200 * kib, ""}),
			serve(t, 3, closure{1, 5, mib, 100 * kib, ""}, closure{2, 9, 4 * mib, 400 * kib, ""}, closure{3, 12, 2 * mib, 200 * kib, ""}),
			[]string{"main.serve.func2 ← main.serve.func1: closure order", "main.serve.func3 ← main.serve.func2: closure order"}},
		{"without lines, other amounts",
			serve(t, 0, closure{1, 0, 4 * mib, 400 * kib, ""}, closure{2, 0, 2 * mib, 16, ""}),
			serve(t, 0, closure{1, 0, mib, kib, ""}, closure{2, 0, 5 * mib, 400 * kib, ""}, closure{3, 0, 3 * mib, 16, ""}),
			[]string{"main.serve.func2 ← main.serve.func1: closure order", "main.serve.func3 ← main.serve.func2: closure order"}},
		{"lines that the producer made up",
			serve(t, 3, closure{1, 3, 4 * mib, 400 * kib, ""}, closure{2, 3, 2 * mib, 200 * kib, ""}),
			serve(t, 3, closure{1, 3, mib, 100 * kib, ""}, closure{2, 3, 4 * mib, 400 * kib, ""}, closure{3, 3, 2 * mib, 200 * kib, ""}),
			[]string{"main.serve.func2 ← main.serve.func1: closure order", "main.serve.func3 ← main.serve.func2: closure order"}},
		{"the first removed",
			serve(t, 3, closure{1, 5, mib, 64, ""}, closure{2, 9, 4 * mib, 400 * kib, ""}, closure{3, 12, 2 * mib, 200 * kib, ""}),
			serve(t, 3, closure{1, 5, 4 * mib, 400 * kib, ""}, closure{2, 8, 2 * mib, 200 * kib, ""}),
			[]string{"main.serve.func1 (before) ← main.serve.func1: ", "main.serve.func1 ← main.serve.func2: closure order", "main.serve.func2 ← main.serve.func3: closure order"}},
		{"one between",
			serve(t, 3, closure{1, 5, 4 * mib, 64, ""}, closure{2, 8, 2 * mib, kib, ""}),
			serve(t, 3, closure{1, 5, 4 * mib, 64, ""}, closure{2, 8, mib, 16, ""}, closure{3, 12, 2 * mib, kib, ""}),
			[]string{"main.serve.func3 ← main.serve.func2: closure order"}},
		{"by callees alone",
			serve(t, 0, closure{1, 0, mib, 64, "read"}, closure{2, 0, mib, 64, "write"}),
			serve(t, 0, closure{1, 0, mib, 64, "close"}, closure{2, 0, mib, 64, "read"}, closure{3, 0, mib, 64, "write"}),
			[]string{"main.serve.func2 ← main.serve.func1: closure order", "main.serve.func3 ← main.serve.func2: closure order"}},
		{"one after two others",
			serve(t, 3, closure{1, 5, 4 * mib, 400 * kib, ""}, closure{2, 8, 2 * mib, 200 * kib, ""}),
			serve(t, 9, closure{1, 11, 5 * mib, 400 * kib, ""}, closure{2, 14, mib, 200 * kib, ""}, closure{3, 17, mib, 100 * kib, ""}), nil},
		{"all the same",
			serve(t, 0, closure{1, 0, mib, 64, ""}, closure{2, 0, mib, 64, ""}),
			serve(t, 0, closure{1, 0, mib, 64, ""}, closure{2, 0, mib, 64, ""}, closure{3, 0, mib, 64, ""}),
			[]string{"main.serve.func1 ← : closure number", "main.serve.func2 ← : closure number"}},
		{"all the same, in place",
			serve(t, 3, closure{1, 5, mib, 64, ""}, closure{2, 8, mib, 64, ""}),
			serve(t, 4, closure{1, 6, mib, 64, ""}, closure{2, 9, mib, 64, ""}, closure{3, 20, mib, 64, ""}), nil},
		{"in place, but values shifted",
			serve(t, 3, closure{1, 5, 4 * mib, 400 * kib, ""}, closure{2, 8, 2 * mib, 200 * kib, ""}),
			serve(t, 3, closure{1, 5, mib, 100 * kib, ""}, closure{2, 8, 4 * mib, 400 * kib, ""}, closure{3, 11, 2 * mib, 200 * kib, ""}),
			[]string{"main.serve.func2 ← main.serve.func1: closure order", "main.serve.func3 ← main.serve.func2: closure order"}},
		{"in place, values shifted, in the same code",
			sameCode(serve(t, 3, closure{1, 5, 4 * mib, 400 * kib, ""}, closure{2, 8, 2 * mib, 200 * kib, ""})),
			sameCode(serve(t, 3, closure{1, 5, mib, 100 * kib, ""}, closure{2, 8, 4 * mib, 400 * kib, ""}, closure{3, 11, 2 * mib, 200 * kib, ""})),
			[]string{"main.serve.func1 ← : closure number", "main.serve.func2 ← : closure number"}},
		{"the same numbers, whatever the values",
			serve(t, 3, closure{1, 5, 4 * mib, 64, ""}, closure{2, 8, mib, kib, ""}),
			serve(t, 3, closure{1, 5, mib, kib, ""}, closure{2, 9, 4 * mib, 64, ""}), nil},
		{"nothing alike",
			serve(t, 0, closure{1, 0, mib, 64, ""}),
			serve(t, 0, closure{2, 0, 16, 16, "f"}, closure{3, 0, 32, 32, "f"}), nil},
	} {
		t.Run(test.name, func(t *testing.T) {
			d := NewDiff(test.before, test.after)
			if diff := cmp.Diff(test.want, joined(d), cmpopts.EquateEmpty()); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			checkDiff(t, d)
		})
	}
}

// Values of one or two samples are chance, so they do not show that closures were renumbered.
func TestJoinClosuresOfFewSamples(t *testing.T) {
	const kib = 1 << 10
	before := serve(t, 0, closure{1, 0, 400 * kib, kib, ""}, closure{2, 0, 512 * kib, 64, ""})
	after := serve(t, 0, closure{1, 0, 100 * kib, 16, ""}, closure{2, 0, 400 * kib, kib, ""}, closure{3, 0, 512 * kib, 64, ""})
	before.Period, after.Period = 512*kib, 512*kib
	want := []string{"main.serve.func1 ← : closure number", "main.serve.func2 ← : closure number"}
	if diff := cmp.Diff(want, joined(NewDiff(before, after))); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// A function is found by its name after and by its name before, and a closure by the name that it has now.
func TestFindJoined(t *testing.T) {
	d := NewDiff(
		digest(t, stack{[]string{"old/p.F[int]", "main"}, 100}, stack{[]string{"x.f.func1"}, 100}, stack{[]string{"x.f.func2"}, 2000}),
		digest(t, stack{[]string{"new/p.F[string]", "main"}, 100}, stack{[]string{"x.f.func1"}, 2000}),
	)
	for _, test := range []struct{ name, want string }{
		{"old/p.F[int]", "new/p.F[string]"},
		{"new/p.F[string]", "new/p.F[string]"},
		{"p.F[int]", "new/p.F[string]"},
		{"x.f.func1", "x.f.func1"},
		{"x.f.func2", "x.f.func1"},
		{"x.f.func1 (before)", "x.f.func1 (before)"},
		{"none", ""},
		{"", ""},
	} {
		if got := strings.Join(d.Named(test.name), " "); got != test.want {
			t.Errorf("Named(%q) = %q, want %q", test.name, got, test.want)
		}
	}
	g := d.Graph(Selection{Type: AllocSpace, Focus: "old/p.F[int]"})
	if g.Callees.Before != 100 || g.Callees.After != 100 {
		t.Errorf("focus on the old name: %+v", g.Callees)
	}
}

// Digests that earlier versions stored have no start lines.
func TestDecodeWithoutStartLines(t *testing.T) {
	d := serve(t, 3, closure{1, 5, 400, 4, ""})
	old := struct {
		Types            []Type
		Totals           Values
		Names            []string
		Functions, Nodes table
	}{Types: d.Types, Totals: d.Totals}
	for _, f := range d.Functions {
		old.Names = append(old.Names, f.Name)
		old.Functions.values(f.Flat, f.Cum)
	}
	var b bytes.Buffer
	zip := gzip.NewWriter(&b)
	if err := gob.NewEncoder(zip).Encode(old); err != nil {
		t.Fatal(err)
	}
	if err := zip.Close(); err != nil {
		t.Fatal(err)
	}
	got, err := Decode(b.Bytes())
	if err != nil || len(got.Functions) != 2 || got.Functions[0].StartLine != 0 || got.Functions[0].Name != d.Functions[0].Name {
		t.Errorf("decoded %+v, %v", got, err)
	}
}

// checkDiff checks that a diff has no name twice, and that its functions and calls add up to both profiles.
func checkDiff(t *testing.T, d *Diff) {
	t.Helper()
	names := map[string]bool{}
	for _, f := range d.Functions {
		if names[f.Name] {
			t.Errorf("two functions are named %s", f.Name)
		}
		names[f.Name] = true
		if f.JoinedBy != "" && f.JoinedBy != ByNumber && (f.Was == "" || f.Was == f.Name) {
			t.Errorf("%+v was joined by a rule for other names", f)
		}
	}
	for _, typ := range Types {
		g := d.Graph(Selection{Type: typ})
		if !g.Conserved(d) || g.Callees.Before != d.Before.Of(typ) || g.Callees.After != d.After.Of(typ) {
			t.Errorf("%s: the parts do not add up to the profiles", typ)
		}
	}
}

// For any two profiles, each function of each is in exactly one FunctionDiff with its values, and each byte is
// accounted for.
func TestJoinAccountsForAll(t *testing.T) {
	packages := []string{"main", "a/util", "b/util", "a/v2/util", "a@v1.2.3/util", "x/vendor/a/util"}
	functions := []string{".f", ".g", ".(*T).M", ".(*T[int]).M", ".f[int]", ".f[string]", "::f<int>", "::f::h0123456789abcdef", "::f::hfedcba9876543210", ".glob."}
	closures := []string{"", ".func1", ".func2", ".func3", ".func1.1", ".func1.2", ".func2.1", ".gowrap1", "-range1", "::{closure#0}", "::{closure#1}", strings.Repeat(".func1", 17), strings.Repeat(".func1", 18)}
	r := rand.New(rand.NewPCG(1, 2))
	random := func() *Digest {
		var stacks []stack
		for range 1 + r.IntN(60) {
			var names []string
			for range 1 + r.IntN(5) {
				names = append(names, packages[r.IntN(len(packages))]+functions[r.IntN(len(functions))]+closures[r.IntN(len(closures))])
			}
			stacks = append(stacks, stack{names, int64(r.IntN(1 << r.IntN(20)))})
		}
		p := newProfile(stacks...)
		for _, f := range p.Function {
			f.StartLine = int64(r.IntN(3)) * int64(r.IntN(100))
		}
		d, err := NewDigest(p)
		if err != nil {
			t.Fatal(err)
		}
		return d
	}
	for range 1000 {
		before, after := random(), random()
		d := NewDiff(before, after)
		checkDiff(t, d)
		if !slices.EqualFunc(NewDiff(before, after).Functions, d.Functions, func(a, b FunctionDiff) bool { return a == b }) {
			t.Error("the same profiles were joined in another way")
		}
		was, now := map[string]Side{}, map[string]Side{}
		for _, f := range d.Functions {
			if f.Before != (Side{}) || f.Was != "" || f.JoinedBy != "" {
				name := f.Name
				if f.Was != "" {
					name = f.Was
				}
				if _, twice := was[name]; twice {
					t.Errorf("%s was joined twice", name)
				}
				was[name] = f.Before
			}
			if f.After != (Side{}) {
				now[f.Name] = f.After
			}
		}
		for _, f := range before.Functions {
			if was[f.Name] != f.side() {
				t.Errorf("%s was %+v, want %+v", f.Name, was[f.Name], f)
			}
		}
		for _, f := range after.Functions {
			if now[f.Name] != f.side() {
				t.Errorf("%s is %+v, want %+v", f.Name, now[f.Name], f)
			}
		}
		if t.Failed() {
			return
		}
	}
}

// FuzzJoin checks that profiles of functions with any names are joined without losing a byte.
func FuzzJoin(f *testing.F) {
	f.Add("main.f.func1 main.f.func2 a/p.G[int] a::b::{closure#0}", "main.f.func2 main.f.func3 b/p.G[string] a::b::{closure#1}")
	f.Add("a/vendor/x.org/y/v2.F x@v1.2.3.G f.isra.0 a::f::h0123456789abcdef", "x.org/y/v3.F x@v2.0.0.G f.isra.1 c::a::f")
	f.Fuzz(func(t *testing.T, before, after string) {
		profile := func(names string) *Digest {
			var stacks []stack
			for i, name := range strings.Fields(names) {
				stacks = append(stacks, stack{[]string{name, "main"}, int64(i * 100)})
			}
			return digest(t, stacks...)
		}
		checkDiff(t, NewDiff(profile(before), profile(after)))
	})
}
