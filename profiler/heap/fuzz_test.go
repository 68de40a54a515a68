package heap

import (
	"bytes"
	"strings"
	"testing"

	"github.com/google/pprof/profile"
)

// fuzzLimits are those of a fuzz target. They are low, so that inputs reach them.
var fuzzLimits = Limits{Raw: 1 << 20, Samples: 1000, Locations: 500, Mappings: 16, Depth: 64, Inlined: 8, String: 1 << 20}

// checkUpload checks that a file either is refused with a Fault, or gives a profile that pprof reads and a
// digest that adds up to its totals and can be stored.
func checkUpload(t *testing.T, file []byte) {
	raw, _, err := Protobuf(file, fuzzLimits)
	if err == nil {
		_, err = profile.ParseUncompressed(raw)
		if err != nil && !isFault(fuzzRead(raw)) {
			t.Fatalf("pprof does not read the profile: %v", err)
		}
	}
	d, err := read(file, fuzzLimits)
	if err != nil {
		if !isFault(err) || err.Error() == "" {
			t.Fatalf("got %v, want a Fault", err)
		}
		return
	}
	checkTree(t, d)
	stored, err := d.Encode()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Decode(stored); err != nil {
		t.Fatal(err)
	}
}

func fuzzRead(raw []byte) error {
	_, err := Read(raw, fuzzLimits)
	return err
}

// FuzzLegacy reads text. What pprof's own parser reads too has the same values, addresses and mapped files.
func FuzzLegacy(f *testing.F) {
	f.Add(readFile(f, "testdata/gperftools.heap")[:500])
	f.Add(readFile(f, "testdata/jemalloc.heap")[:500])
	f.Add([]byte("heap profile: 1: 2 [3: 4] @ heap_v2/524288\n1: 2 [3: 4] @ 0x1 0x2\nMAPPED_LIBRARIES:\n0-5 r-xp 0 0:0 1 /a\n"))
	f.Add([]byte("heap profile: 1: 2 [3: 4] @ heap_v2/524288\n1: 2 [3: 4] @ 0x1 0x2\nMAPPED_LIBRARIES:\n0-5 r-xp 0 0:04] "))
	f.Add([]byte("heap profile: 1: 2 [1: 2] @ growthz\n1: 2 [1: 2] @ 0x1\n--- Memory map: ---\n 0x0-0x5 /a (@0) ab\n"))
	f.Add([]byte("--- symbol\nbinary=a\n0x1 f--g\n---\n--- heap\nheap_v2/1\n t*: 1: 2 [0: 0]\n@ 0x2\n t*: 1: 2 [0: 0]\n"))
	f.Add([]byte(php(1024, 1, 1, 512, 2, 1, 1)))
	f.Fuzz(func(t *testing.T, file []byte) {
		checkUpload(t, file)
		// pprof's parser replaces variables, and takes a text that is also a protobuf for one.
		if len(file) > 1<<15 || bytes.ContainsAny(file, "=#") || !isHeapText(file) || !isText(file) {
			return
		}
		if _, err := profile.ParseUncompressed(file); err == nil {
			return
		}
		want, err := profile.ParseData(file)
		if err != nil {
			return
		}
		got, err := readHeapText(file, fuzzLimits)
		if err != nil {
			return
		}
		if got, want := describe(got), describe(want); got != want {
			t.Errorf("got\n%s\nwant\n%s", got, want)
		}
	})
}

// FuzzDebug1 reads Go's text, with names and numbers in comments.
func FuzzDebug1(f *testing.F) {
	text := readFile(f, "testdata/go-debug1.txt") // long inputs take most of the time to minimise
	f.Add(text[:700])
	f.Add(append(text[:200:200], text[bytes.Index(text, []byte("\n# runtime.MemStats")):][:600]...))
	f.Add([]byte("heap profile: 1: 80 [2: 160] @ heap/2\n1: 80 [2: 160] @ 0x2 0x3\n#\t0x1\tf+0x1\ta.go:1\n#\t0x1\tg+0x1\ta.go:1\n\n# runtime.MemStats\n# Sys = 5\n# Stack = 1 / 2\n"))
	f.Fuzz(func(t *testing.T, file []byte) { checkUpload(t, file) })
}

func FuzzV8(f *testing.F) {
	f.Add(readFile(f, "testdata/node.heapprofile"))
	f.Add([]byte(v8(3)))
	f.Add([]byte(v8Comb(3, 3)))
	f.Fuzz(func(t *testing.T, file []byte) { checkUpload(t, file) })
}

func FuzzMemray(f *testing.F) {
	f.Add([]byte(`{"costs":[{"unit":"bytes"}],"events":[{"callchain":[0,1],"cost":[1024]}],"functions":[{"name":"f","module":"a.py"},{"name":"g"}]}`))
	f.Add([]byte(`{"shared":{"frames":[{"name":"f","file":"a.py","line":7}]},"profiles":[{"type":"sampled","unit":"bytes","samples":[[0,0]],"weights":[5]}],"exporter":"memray@1"}`))
	f.Fuzz(func(t *testing.T, file []byte) { checkUpload(t, file) })
}

func FuzzZstd(f *testing.F) {
	good := encode(f, newProfile(stack{[]string{"f", "g", "main"}, 200}))
	f.Add(zstandard(f, good))
	f.Add(zstandard(f, good[:20], good[20:]))
	f.Add(zstandard(f, []byte(strings.Repeat("heap profile: 1: 2 [1: 2] @ heapprofile\n", 20))))
	f.Add([]byte{0x28, 0xb5, 0x2f, 0xfd, 0x00, 0xff, 1, 0, 0})
	f.Fuzz(func(t *testing.T, file []byte) { checkUpload(t, file) })
}
