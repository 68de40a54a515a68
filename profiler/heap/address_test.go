package heap

import (
	"slices"
	"testing"

	"github.com/google/pprof/profile"
)

// addressed returns a profile without names: stacks of addresses in one mapping, innermost first.
func addressed(m *profile.Mapping, stacks ...[]uint64) *profile.Profile {
	p := newProfile()
	p.Mapping = []*profile.Mapping{m}
	locations := map[uint64]*profile.Location{}
	for _, addresses := range stacks {
		s := &profile.Sample{Value: []int64{1, 10, 1, 10}}
		for _, a := range addresses {
			if locations[a] == nil {
				locations[a] = &profile.Location{ID: uint64(len(locations) + 1), Mapping: m, Address: a}
				p.Location = append(p.Location, locations[a])
			}
			s.Location = append(s.Location, locations[a])
		}
		p.Sample = append(p.Sample, s)
	}
	return p
}

func functionNames(d *Digest) (out []string) {
	for _, f := range d.Functions {
		out = append(out, f.Name)
	}
	slices.Sort(out)
	return out
}

func TestUnnamed(t *testing.T) {
	app := func(change func(*profile.Mapping)) *profile.Mapping {
		m := &profile.Mapping{ID: 1, Start: 0x400000, Limit: 0x900000, Offset: 0x1000, File: "/srv/app", BuildID: "abcdef0123456789"}
		change(m)
		return m
	}
	for _, test := range []struct {
		name          string
		mapping       *profile.Mapping
		address       uint64
		want          string
		file, buildID string
	}{
		{"in a file", app(func(*profile.Mapping) {}), 0x400010, "0x1010 in app (build ID abcdef01)", "app", "abcdef01"},
		{"loaded elsewhere", app(func(m *profile.Mapping) { m.Start, m.Limit = 0x7f0000000000, 0x7f0000500000 }), 0x7f0000000010, "0x1010 in app (build ID abcdef01)", "app", "abcdef01"},
		{"without a build ID", app(func(m *profile.Mapping) { m.BuildID = "" }), 0x400010, "0x1010 in app", "app", ""},
		{"short build ID", app(func(m *profile.Mapping) { m.BuildID = "ab" }), 0x400010, "0x1010 in app (build ID ab)", "app", "ab"},
		{"build ID that is no number", app(func(m *profile.Mapping) { m.BuildID = "größe-größe" }), 0x400010, "0x1010 in app (build ID größe-gr)", "app", "größe-gr"},
		{"without a file", app(func(m *profile.Mapping) { m.File = "" }), 0x400010, "0x1010 (build ID abcdef01)", "", "abcdef01"},
		{"name with parts of the form", app(func(m *profile.Mapping) { m.File = "a in b (build ID x)" }), 0x400010, "0x1010 in a in b (build ID x) (build ID abcdef01)", "a in b (build ID x)", "abcdef01"},
		{"outside of the mapping", app(func(*profile.Mapping) {}), 0xa00000, "0xa00000 in app (build ID abcdef01)", "app", "abcdef01"},
		{"below the mapping", app(func(*profile.Mapping) {}), 0x10, "0x10 in app (build ID abcdef01)", "app", "abcdef01"},
		{"mapping of everything", &profile.Mapping{ID: 1, File: "app"}, 0x400010, "0x400010 in app", "app", ""},
		{"overflow", app(func(m *profile.Mapping) { m.Start, m.Limit, m.Offset = 0, 0, 1<<64-1 }), 0x10, "0xf in app (build ID abcdef01)", "app", "abcdef01"},
		{"without an address", app(func(*profile.Mapping) {}), 0, "unknown in app", "app", ""},
		{"without anything", nil, 0, "unknown", "", ""},
		{"only an address", nil, 0x400010, "0x400010", "", ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			got := unnamed(&profile.Location{Address: test.address, Mapping: test.mapping})
			if got != test.want {
				t.Errorf("got %q, want %q", got, test.want)
			}
			if file, id, ok := Unnamed(got); file != test.file || id != test.buildID || !ok {
				t.Errorf("Unnamed: %q, %q, %v", file, id, ok)
			}
		})
	}
	for _, name := range []string{"unknownParser.read", "main.f", "0xcafe.f", "", "f in app", "unknown.f"} {
		if _, _, ok := Unnamed(name); ok {
			t.Errorf("%q passes for an address", name)
		}
	}
}

// Profiles without names join by address if they are of one build, and by nothing if they are not.
func TestJoinAddresses(t *testing.T) {
	at := func(start uint64, build string) *Digest {
		m := &profile.Mapping{ID: 1, Start: start, Limit: start + 0x1000, File: "/srv/app", BuildID: build}
		d, err := NewDigest(addressed(m, []uint64{start + 0x10, start + 0x20}, []uint64{start + 0x30, start + 0x20}))
		if err != nil {
			t.Fatal(err)
		}
		return d
	}
	one := at(0x400000, "abcdef0123")
	if got, want := functionNames(one), []string{"0x10 in app (build ID abcdef01)", "0x20 in app (build ID abcdef01)", "0x30 in app (build ID abcdef01)"}; !slices.Equal(got, want) {
		t.Errorf("functions %q, want %q", got, want)
	}
	if d := NewDiff(one, at(0x7f0000, "abcdef0123")); len(d.Functions) != 3 || len(d.Nodes) != len(one.Nodes) {
		t.Errorf("one build: %d functions on %d paths", len(d.Functions), len(d.Nodes))
	}
	if d := NewDiff(one, at(0x400000, "0123456789")); len(d.Functions) != 6 {
		t.Errorf("two builds: %d functions", len(d.Functions))
	}
}
