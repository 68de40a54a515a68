package heap

import (
	"bytes"
	"errors"
	"strings"
	"testing"

	"github.com/google/pprof/profile"
	"github.com/klauspost/compress/gzip"
)

// zip compresses each argument as a gzip member.
func zip(t testing.TB, members ...[]byte) []byte {
	t.Helper()
	var b bytes.Buffer
	for _, m := range members {
		w := gzip.NewWriter(&b)
		if _, err := w.Write(m); err != nil {
			t.Fatal(err)
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
	}
	return b.Bytes()
}

func encode(t testing.TB, p *profile.Profile) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := p.WriteUncompressed(&b); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// read reads a file from outside, in all steps.
func read(file []byte, l Limits) (*Digest, error) {
	raw, _, err := Protobuf(file, l)
	if err != nil {
		return nil, err
	}
	prof, err := Read(raw, l)
	if err != nil {
		return nil, err
	}
	Demangle(prof)
	return NewDigest(prof)
}

func TestFaults(t *testing.T) {
	good := encode(t, newProfile(stack{[]string{"f", "main"}, 10}))
	limits := Limits{Raw: 1 << 20, Samples: 10, Locations: 50, Mappings: 2, Depth: 8, Inlined: 3, String: 40}
	withType := func(types ...string) []byte {
		p := newProfile(stack{[]string{"f"}, 10})
		p.SampleType = nil
		for _, name := range types {
			unit := "count"
			if strings.HasSuffix(name, "space") {
				unit = "bytes"
			}
			p.SampleType = append(p.SampleType, &profile.ValueType{Type: name, Unit: unit})
		}
		for _, s := range p.Sample {
			s.Value = s.Value[:len(types)]
		}
		return encode(t, p)
	}
	valued := func(v ...int64) []byte {
		p := newProfile(stack{[]string{"f"}, 10}, stack{[]string{"f"}, 20})
		for _, s := range p.Sample {
			s.Value = v
		}
		return encode(t, p)
	}
	many := func(n int) (stacks []stack) {
		for range n {
			stacks = append(stacks, stack{[]string{"f"}, 1})
		}
		return stacks
	}
	inlined := newProfile(stack{[]string{"f"}, 1})
	for range 4 {
		inlined.Location[0].Line = append(inlined.Location[0].Line, inlined.Location[0].Line[0])
	}
	for _, test := range []struct {
		name string
		file []byte
		want string // in the fault; "" expects no fault
	}{
		{"good", zip(t, good), ""},
		{"not compressed", good, ""},
		{"empty", nil, "is empty"},
		{"gzip of nothing", zip(t, nil), "is empty"},
		{"not a protobuf", []byte("\x0a\x05\x08\x01"), "not a protobuf"},
		{"corrupt gzip", append([]byte{0x1f, 0x8b}, "nonsense"...), "gzip"},
		{"damaged gzip", flip(zip(t, good)), "damaged"},
		{"truncated", zip(t, good)[:40], "ends early"},
		{"gzip of a truncated profile", zip(t, good[:len(good)-9]), "not a protobuf"},
		{"two members", zip(t, good[:len(good)/2], good[len(good)/2:]), ""},
		{"bytes after the end", append(zip(t, good), "more than a header"...), "after its end"},
		{"bomb in the second member", zip(t, good, make([]byte, 2<<20)), "larger than 1 MiB"},
		{"bomb", zip(t, make([]byte, 2<<20)), "larger than 1 MiB"},
		{"many samples", encode(t, newProfile(many(11)...)), "11 samples, over the limit of 10"},
		{"deep", encode(t, newProfile(stack{strings.Split("abcdefghi", ""), 1})), "stack of 9 frames"},
		{"long name", encode(t, newProfile(stack{[]string{strings.Repeat("x", 41)}, 1})), "name of 41 bytes"},
		{"inlined", encode(t, inlined), "location of 5 lines"},
		{"CPU", withType("samples", "cpu"), "is a CPU profile, not a heap profile"},
		{"goroutines", withType("goroutine"), "is a goroutine profile"},
		{"no types", withType(), "missing sample type"},
		{"only in use", withType("objects", "space"), ""},
		{"negative", valued(1, -5, 1, 1), "negative values"},
		{"huge", valued(1, 2e18, 1, 1), "larger than any memory"},
		{"huge sum", valued(1, 1e18, 1, 1), "more than any memory"},
		{"no samples", encode(t, newProfile()), ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			_, err := read(test.file, limits)
			var fault Fault
			switch {
			case test.want == "" && err != nil:
				t.Errorf("refused: %v", err)
			case test.want != "" && (!errors.As(err, &fault) || !strings.Contains(err.Error(), test.want)):
				t.Errorf("got %v, want a Fault with %q", err, test.want)
			}
		})
	}
}

// Values are in the unit that the profile names, as pprof reads them.
func TestUnits(t *testing.T) {
	for _, test := range []struct {
		unit, want string // a fault; "" for none
		bytes      int64  // of 8192 units
	}{
		{"bytes", "", 8192},
		{"", "", 8192},
		{"kilobytes", "", 8 << 20},
		{"KB", "", 8 << 20},
		{"MB", "", 8 << 30},
		{"GiB", "", 8 << 40},
		{"furlongs", `gives inuse_space in "furlongs"`, 0},
		{"count", `gives inuse_space in "count"`, 0},
		{strings.Repeat("x", 999), "x…", 0},
	} {
		p := newProfile(stack{[]string{"f"}, 1})
		p.SampleType[3].Unit, p.Sample[0].Value = test.unit, []int64{1, 5, 1, 8192}
		d, err := NewDigest(p)
		switch {
		case test.want != "":
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("%.20q: %v, want %q", test.unit, err, test.want)
			}
		case err != nil || d.Totals != Values{1, 5, 1, test.bytes}:
			t.Errorf("%q: totals %+v, %v; want %d bytes in use", test.unit, d, err, test.bytes)
		}
	}
	p := newProfile(stack{[]string{"f"}, 1})
	p.SampleType[3].Unit, p.Sample[0].Value = "terabytes", []int64{1, 5, 1, 1 << 30}
	if _, err := NewDigest(p); err == nil || !strings.Contains(err.Error(), "larger than any memory") {
		t.Errorf("2⁷⁰ bytes: %v", err)
	}
}

// Only a period of allocated bytes says how a heap profile was sampled.
func TestPeriod(t *testing.T) {
	for _, test := range []struct {
		kind   *profile.ValueType
		period int64
		want   int64
	}{
		{&profile.ValueType{Type: "space", Unit: "bytes"}, 512 << 10, 512 << 10},
		{&profile.ValueType{Type: "space", Unit: "kilobytes"}, 512, 512 << 10},
		{&profile.ValueType{Type: "inuse_space", Unit: "bytes"}, 1, 1},
		{&profile.ValueType{Type: "cpu", Unit: "nanoseconds"}, 10_000_000, 0},
		{&profile.ValueType{Type: "space", Unit: "nanoseconds"}, 100, 0},
		{&profile.ValueType{Type: "space", Unit: "bytes"}, 0, 0},
		{&profile.ValueType{Type: "space", Unit: "bytes"}, -5, 0},
		{nil, 512 << 10, 0},
	} {
		p := newProfile(stack{[]string{"f"}, 1})
		p.PeriodType, p.Period = test.kind, test.period
		if d, err := NewDigest(p); err != nil || d.Period != test.want {
			t.Errorf("%+v of %d: %+v, %v; want %d", test.kind, test.period, d, err, test.want)
		}
	}
}

// Frames of an allocator belong to their callers if the profile says so, as in pprof.
func TestDropFrames(t *testing.T) {
	stacks := []stack{{[]string{"tcmalloc::slow_alloc", "operator new", "Cache::insert", "main"}, 80}, {[]string{"tcmalloc::slow_alloc", "Index::load", "main"}, 40}}
	p := newProfile(stacks...)
	p.DropFrames = "tcmalloc::.*|operator new"
	d, err := NewDigest(p)
	if err != nil {
		t.Fatal(err)
	}
	flat := map[string]int64{}
	for _, f := range d.Functions {
		flat[f.Name] = f.Flat.AllocSpace
	}
	if len(flat) != 3 || flat["Cache::insert"] != 80 || flat["Index::load"] != 40 || d.Totals.AllocSpace != 120 {
		t.Errorf("functions %v, totals %+v", flat, d.Totals)
	}
	p = newProfile(stacks...)
	p.DropFrames = "("
	if d, err := NewDigest(p); err != nil || len(d.Functions) != 5 {
		t.Errorf("invalid pattern: %+v, %v", d, err)
	}
}

// A recursion of as many frames as other profilers record is read, and so are long names.
func TestDeepStacksAndLongNames(t *testing.T) {
	deep := make([]string, 4096)
	for i := range deep {
		deep[i] = "f"
	}
	file := encode(t, newProfile(stack{deep, 10}, stack{[]string{strings.Repeat("x", 18_000)}, 5}))
	d, err := read(file, DefaultLimits)
	if err != nil || d.Totals.AllocSpace != 15 || len(d.Functions) != 2 {
		t.Errorf("digest %+v, %v", d, err)
	}
}

// flip changes a byte in the middle of b.
func flip(b []byte) []byte {
	b[len(b)/2] ^= 0xff
	return b
}

// FuzzRead checks that any file either is refused with a Fault or gives a digest that adds up to
// its totals and can be stored.
func FuzzRead(f *testing.F) {
	f.Add(encode(f, newProfile(stack{[]string{"f", "g", "main"}, 200}, stack{[]string{"g", "g"}, 10})))
	f.Add(encode(f, newProfile()))
	f.Add(zip(f, encode(f, newProfile(stack{nil, 7}))))
	limits := DefaultLimits
	limits.Raw = 1 << 20
	f.Fuzz(func(t *testing.T, file []byte) {
		d, err := read(file, limits)
		if err != nil {
			var fault Fault
			if !errors.As(err, &fault) || fault == "" {
				t.Fatalf("got %v, want a Fault", err)
			}
			return
		}
		checkTree(t, d)
		stored, err := d.Encode()
		if err != nil {
			t.Fatal(err)
		}
		if d, err = Decode(stored); err != nil {
			t.Fatal(err)
		}
		diff := NewDiff(&Digest{}, d)
		for _, typ := range d.Types {
			if g := diff.Graph(Selection{Type: typ, Focus: "g"}); !g.Conserved(diff) {
				t.Errorf("%s: values do not add up to the profile", typ)
			}
		}
	})
}
