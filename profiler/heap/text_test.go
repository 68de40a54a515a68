package heap

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math"
	"regexp"
	"runtime"
	"runtime/debug"
	"runtime/pprof"
	"slices"
	"strings"
	"testing"

	"github.com/google/pprof/profile"
)

// readText reads a heap profile in text as an upload.
func readText(t *testing.T, text string) *profile.Profile {
	t.Helper()
	raw, converted, err := Protobuf([]byte(text), DefaultLimits)
	if err != nil {
		t.Fatal(err)
	}
	if !converted {
		t.Fatal("not converted")
	}
	prof, err := Read(raw, DefaultLimits)
	if err != nil {
		t.Fatal(err)
	}
	return prof
}

// describe writes what pprof's parser finds in a profile: types, period, and each sample with its addresses and
// mapped files.
func describe(p *profile.Profile) string {
	var b strings.Builder
	for _, t := range p.SampleType {
		fmt.Fprintf(&b, "%s/%s ", t.Type, t.Unit)
	}
	fmt.Fprintf(&b, "every %d %s/%s\ndrop %s\nkeep %s\n", p.Period, p.PeriodType.Type, p.PeriodType.Unit, p.DropFrames, p.KeepFrames)
	for _, s := range p.Sample {
		size := int64(0)
		if sizes := s.NumLabel["bytes"]; len(sizes) > 0 {
			size = sizes[0]
		}
		fmt.Fprintf(&b, "%d of %d:", s.Value, size)
		for _, l := range s.Location {
			fmt.Fprintf(&b, " %#x", l.Address)
			if m := l.Mapping; m != nil {
				fmt.Fprintf(&b, "(%s %s %#x-%#x@%#x)", m.File, m.BuildID, m.Start, m.Limit, m.Offset)
			}
		}
		b.WriteString("\n")
	}
	return b.String()
}

// Text without names gives the same profile as pprof's own parser.
func TestTextMatchesPprof(t *testing.T) {
	maps := "\nMAPPED_LIBRARIES:\n00400000-00500000 r-xp 00001000 00:00 9986561     /src/app\n00500000-00600000 rw-p 00000000 00:00 0 \n" +
		"7f0000000000-7f0000100000 r-xp 00000000 00:00 1 /usr/lib/libc.so.6\n7f0000100000-7f0000200000 r-xp 00100000 00:00 1 /usr/lib/libc.so.6\n"
	stacks := " 50: 480000 [ 300: 945000] @ 0x004019eb 0x7f0000045305\n 1: 4096 [1: 4096] @ 0x401 0x004019eb 0x004019eb\n0: 0 [7: 70] @\n0: 0 [0: 0] @ 0x1\n"
	for _, test := range []struct{ name, text string }{
		{"gperftools", string(readFile(t, "testdata/gperftools.heap"))},
		{"only in use", "heap profile: 51: 484096 [51: 484096] @ heapprofile\n" + stacks + maps},
		{"nothing allocated", "heap profile: 51: 484096 [0: 0] @ heapprofile\n" + stacks + maps},
		{"sampled", "heap profile: 51: 484096 [308: 949096] @ heap_v2/524288\n" + stacks + maps},
		{"sampled, at twice the rate", "heap profile: 51: 484096 [308: 949096] @ heap/1048576\n" + stacks},
		{"without a rate", "heap profile: 51: 484096 [308: 949096] @ heap\n" + stacks},
		{"every allocation", "heap profile: 51: 484096 [308: 949096] @ heap/2\n" + stacks},
		{"growth", "heap profile: 51: 484096 [51: 484096] @ growthz\n" + stacks + maps},
		{"fragmentation", "heap profile: 51: 484096 [51: 484096] @ fragmentationz\n" + stacks + maps},
		{"negative", "heap profile: 51: 484096 [308: 949096] @ heap/1048576\n-5: -500 [3: 300] @ 0x1234\n-5: 500 [3: 300] @ 0x1234\n"},
		{"short list of files", "heap profile: 1: 2 [1: 2] @ heapprofile\n1: 2 [1: 2] @ 0x401234 0x501234\n--- Memory map: ---\n  0x400000-0x500000 /src/app (@1000) abcd\n  I0715 12:00:00 file.cc:12] 0x500000-0x600000: /src/lib\n"},
		{"Windows line ends", strings.ReplaceAll("heap profile: 51: 484096 [308: 949096] @ heap/1048576\n"+stacks+maps, "\n", "\r\n")},
	} {
		t.Run(test.name, func(t *testing.T) {
			want, err := profile.ParseData([]byte(test.text))
			if err != nil {
				t.Fatal(err)
			}
			if got, want := describe(readText(t, test.text)), describe(want); got != want {
				t.Errorf("got\n%s\nwant\n%s", got, want)
			}
		})
	}
}

// Go's text gives the functions and values of the protobuf that Go writes at the same time.
func TestGoTextMatchesProtobuf(t *testing.T) {
	defer func(rate int) { runtime.MemProfileRate = rate }(runtime.MemProfileRate)
	runtime.MemProfileRate = 4 << 10
	for range 20 {
		grow(10)
		kept = append(kept, func() []byte { return inlined(100_000) }())
	}
	runtime.GC() // publishes the allocations
	runtime.GC()
	defer debug.SetGCPercent(debug.SetGCPercent(-1)) // the profile does not change
	var binary, text bytes.Buffer
	heap := pprof.Lookup("heap")
	if err := heap.WriteTo(&binary, 0); err != nil {
		t.Fatal(err)
	}
	if err := heap.WriteTo(&text, 1); err != nil {
		t.Fatal(err)
	}
	want, err := read(binary.Bytes(), DefaultLimits)
	if err != nil {
		t.Fatal(err)
	}
	got, err := read(text.Bytes(), DefaultLimits)
	if err != nil {
		t.Fatal(err)
	}
	if got.Totals != want.Totals || got.Period != want.Period {
		t.Errorf("totals %+v, period %d; want %+v, %d", got.Totals, got.Period, want.Totals, want.Period)
	}
	a, b := byName(got), byName(want)
	for name, f := range b {
		own := strings.HasPrefix(name, "heaplab/profiler/heap.")
		if a[name].Cum != f.Cum || own && a[name].Flat != f.Flat { // where the runtime allocates, Go may show a frame more in text
			t.Errorf("%s: %+v, want %+v", name, a[name], f)
		}
	}
	for name := range a {
		if _, ok := b[name]; !ok && strings.HasPrefix(name, "heaplab/") { // the text may have a frame more at the end of a stack
			t.Errorf("%s: only in the text", name)
		}
	}
	if a["heaplab/profiler/heap.inlined"].Flat.AllocSpace == 0 {
		t.Error("no function is inlined")
	}
	if line := got.Lines[0]; line.Line == 0 || !strings.HasSuffix(line.File, ".go") {
		t.Errorf("line %+v", line)
	}
}

var kept [][]byte

// grow recurs, and allocates on the way.
func grow(n int) {
	if n > 0 {
		kept = append(kept, make([]byte, 5000))
		grow(n - 1)
	}
}

func inlined(n int) []byte { return make([]byte, n) }

// byName sums the functions of a digest that have values by name. Go's text leaves out type arguments.
func byName(d *Digest) map[string]Function {
	all := map[string]Function{}
	for _, f := range d.Functions {
		if f.Cum == (Values{}) {
			continue
		}
		name := typeArguments.ReplaceAllString(f.Name, "[...]")
		sum := all[name]
		sum.Flat.Add(f.Flat)
		sum.Cum.Add(f.Cum)
		all[name] = sum
	}
	return all
}

var typeArguments = regexp.MustCompile(`\[.*\]`)

// Inlined functions at one address, and names at other addresses, are no reason to fail.
func TestGoTextNames(t *testing.T) {
	prof := readText(t, "heap profile: 1: 80 [2: 160] @ heap/2\n"+
		"1: 80 [2: 160] @ 0x11 0x22 0x33 0x44 0x55\n#\t0x21\tmain.inner+0x7\t/src/a b.go:7\n#\t0x21\tmain.outer+0x7\t/src/a.go:8\n#\t0x99\tmain.other+0x1\t/src/a.go:9\n#\t0x43\tmain.main+0x1\t/src/a.go:10\n\n"+
		"1: 80 [2: 160] @ 0x22\n#\t0x21\tmain.again+0x7\t/src/a.go:1\n")
	var names []string
	for _, loc := range prof.Sample[0].Location {
		if len(loc.Line) == 0 {
			names = append(names, "?")
		}
		for _, l := range loc.Line {
			names = append(names, fmt.Sprint(l.Function.Name, " ", l.Function.Filename, ":", l.Line))
		}
	}
	want := []string{"main.inner /src/a b.go:7", "main.outer /src/a.go:8", "?", "main.main /src/a.go:10"}
	if !slices.Equal(names, want) || len(prof.Sample[1].Location[0].Line) != 2 {
		t.Errorf("frames %q, want %q", names, want)
	}
}

func TestMemStats(t *testing.T) {
	prof := readText(t, string(readFile(t, "testdata/go-debug1.txt")))
	want := MemStats{Sys: 17144072, HeapAlloc: 3206768, HeapSys: 12288000, HeapIdle: 8495104, HeapInuse: 3792896, HeapReleased: 6701056, Stack: 294912, MaxRSS: 11087872}
	if got := ProcessMemory(prof); got == nil || *got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
	if got := ProcessMemory(readText(t, string(readFile(t, "testdata/gperftools.heap")))); got != nil {
		t.Errorf("gperftools: %+v", got)
	}
	prof = readText(t, "heap profile: 0: 0 [0: 0] @ heap/2\n# runtime.MemStats\n# Sys = 5\n# HeapSys = -1\n# HeapIdle = 99999999999999999999\n# Stack = x\n"+strings.Repeat("# A = 1\n", 100))
	if got := ProcessMemory(prof); got == nil || *got != (MemStats{Sys: 5}) || len(prof.Comments) != 1 || len(prof.Comments[0]) > 1000 {
		t.Errorf("hostile: %+v, comments %q", got, prof.Comments)
	}
}

// Totals are those that jeprof --text prints, whose counts of objects are not rounded for each stack.
func TestJemalloc(t *testing.T) {
	text := string(readFile(t, "testdata/jemalloc.heap"))
	want := Values{AllocObjects: 2915, AllocSpace: 17499811, InuseObjects: 2410, InuseSpace: 7016814}
	d, err := NewDigest(readText(t, text))
	if err != nil || d.Totals != want || d.Period != 32768 {
		t.Errorf("digest %+v, %v; want %+v", d, err, want)
	}
	symbols := "--- symbol\nbinary=./app\n0x0000564b7cbaa20c churn<00000000000011f0>\n0x0000564b7cbaa1d6 fill--cache\n0x00007fade5822044 malloc\n---\n--- heap\n"
	d, err = NewDigest(readText(t, symbols+text))
	if err != nil || d.Totals != want {
		t.Fatalf("with symbols: %+v, %v", d, err)
	}
	sums := byName(d)
	if sums["fill"].Cum != sums["cache"].Cum || sums["fill"].Cum.InuseSpace != 2733773 || sums["churn"].Cum.AllocSpace != 10482997 {
		t.Errorf("functions %+v", sums)
	}
	d, err = NewDigest(readText(t, "heap_v2/524288\n  t*: 2: 100 [0: 0]\n  t0: 1: 50 [0: 0]\n@ 0x11 0x22\n  t*: 2: 100 [0: 0]\n  t0: 1: 50 [0: 0]\n\nMAPPED_LIBRARIES:\n"))
	if err != nil || d.Totals.AllocSpace != 0 || d.Totals.InuseSpace < 1000_000 || slices.Contains(d.Types, AllocSpace) {
		t.Errorf("only in use: %+v, %v", d, err)
	}
}

// php returns a profile of php-memprof with one symbol, f at the address 1, and these words.
func php(words ...uint64) string {
	text := []byte("--- symbol\nbinary=todo.php\n0x0000000000000001 f\n---\n--- profile\n")
	for _, word := range append([]uint64{0, 3, 0, 0, 0}, words...) {
		text = binary.LittleEndian.AppendUint64(text, word)
	}
	return string(text)
}

func TestPHP(t *testing.T) {
	d, err := NewDigest(readText(t, php(1024, 1, 1, 512, 2, 1, 1, 7, 0)))
	if err != nil || d.Totals != (Values{InuseSpace: 1543}) || d.Functions[0].Name != "f" || d.Functions[0].Flat.InuseSpace != 1536 || d.Period != 1 {
		t.Errorf("digest %+v, %v", d, err)
	}
}

// A hostile or damaged text is refused with a sentence, and takes no more memory than its limits allow.
func TestTextFaults(t *testing.T) {
	const header = "heap profile: 1: 2 [3: 4] @ heap/1048576\n"
	limits := Limits{Raw: 1 << 20, Samples: 10, Locations: 50, Mappings: 2, Depth: 8, Inlined: 3, String: 1 << 20}
	addresses := func(n int) (text string) {
		for i := range n {
			text += fmt.Sprintf(" %#x", i+1)
		}
		return text
	}
	for _, test := range []struct{ name, text, want string }{
		{"cut in the header", "heap profile: 1: 2", "line 1 is wrong"},
		{"cut before the first stack", "--- symbol\n", "ends before its first stack"},
		{"symbols alone", "--- symbol\n0x1 f\n---\n--- heap\n", "upload the .heap file"},
		{"symbols of another profile", "--- symbol\n0x1 f\n---\n--- contention\n", `a section "--- contention"`},
		{"of PHP, cut", "--- symbol\n0x1 f\n---\n--- profile\n\x00\x00", "ends early"},
		{"of PHP, cut in a stack", php(5, 2, 1), "ends early"},
		{"of PHP, huge depth", php(5, 1<<63, 1), "ends early"},
		{"of PHP, deep", php(append([]uint64{5, 9}, make([]uint64, 9)...)...), "stack of 9 frames"},
		{"of PHP, huge size", php(1<<63, 1, 1), "larger than any memory"},
		{"of PHP, without a name", php(5, 1, 2), "without a name"},
		{"a CPU profile", "--- symbol\n0x1 f\n---\n--- profile\n" + strings.Repeat("\x01\x00\x00\x00\x00\x00\x00\x00", 5), "CPU profile"},
		{"symbols of nothing", "--- symbol\nf\n", "line of symbols"},
		{"many symbols", "--- symbol\n" + strings.Join(strings.Split(strings.TrimSpace(strings.ReplaceAll(addresses(51), " ", "\n")), "\n"), " f\n") + " f\n", "51 symbols"},
		{"another kind", "heap profile: 1: 2 [3: 4] @ contention/1\n", `profile of "contention"`},
		{"huge rate", "heap profile: 1: 2 [3: 4] @ heap/99999999999999999999\n", "rate is too large"},
		{"no stack", header + "hello\n", "line 2 is wrong: it is no stack"},
		{"cut in a line", header + "1: 1 [1: 1", "line 2 is wrong: it is no stack"},
		{"huge number", header + "1: 99999999999999999999 [1: 1] @ 0x1\n", "larger than any memory"},
		{"huge when scaled", header + "1: 1 [1: 1] @ 0x1\n99999999999999: 99999999999999 [1: 1] @ 0x1\n", "once they are scaled"},
		{"bytes without objects", header + "1: 1 [0: 5] @ 0x1\n", "5 bytes in 0 objects"},
		{"huge address", header + "1: 1 [1: 1] @ 0x11111111111111111\n", "address is too large"},
		{"huge sum", "heap profile: 1: 2 [3: 4] @ heapprofile\n1: 1 [1: 900000000000000000] @ 0x1\n1: 1 [1: 900000000000000000] @ 0x2\n", "more than any memory"},
		{"deep", header + "1: 1 [1: 1] @" + addresses(9) + "\n", "stack of 9 frames, over the limit of 8"},
		{"many locations", header + strings.Repeat("1: 1 [1: 1] @"+addresses(51)+"\n", 1), "51 locations, over the limit of 50"},
		{"many samples", header + strings.Repeat("1: 1 [1: 1] @ 0x1\n", 11), "11 samples, over the limit of 10"},
		{"many files", header + "MAPPED_LIBRARIES:\n" + strings.Repeat("1-2 r-xp 0 0:0 1 /a\n", 3), "3 mappings, over the limit of 2"},
		{"many lines of files", header + "MAPPED_LIBRARIES:\n" + strings.Repeat("\n", 65), "65 lines of mapped files"},
		{"long line of files", header + "MAPPED_LIBRARIES:\n" + strings.Repeat("x", 70_000), "too long"},
		{"cut after the header", header, "ends before its first stack"},
		{"cut after the totals", "heap_v2/1\n t*: 1: 2 [0: 0]\n", "ends before its first stack"},
		{"after blank lines", "\ufeff\r\n\n" + header + "1: 1 [1: 1] @ 0x1\n", ""},
		{"blank lines", "\n \n", "is text that begins with"},
		{"without stacks", "heap profile: 0: 0 [0: 0] @ heap/1048576\n", ""},
		{"bomb of variables", header + "1: 1 [1: 1] @ 0x1\nMAPPED_LIBRARIES:\n" + bomb(40), ""},
		{"comments in vain", header + "1: 1 [1: 1] @ 0x1\n" + strings.Repeat("#\t0x99\tf+0x1\ta.go:1\n", 10_000), ""},
		{"many inlined functions", header + "1: 1 [1: 1] @ 0x2\n" + strings.Repeat("#\t0x1\tf+0x1\ta.go:1\n", 10_000), ""},
		{"strange names", header + "1: 1 [1: 1] @ 0x2\n#\t0x1\t\u202e\xff<script>+0x1\t\u202e\xff:9223372036854775807\n", ""},
		{"jemalloc without a stack", "heap_v2/1\nt*: 1: 1 [0: 0]\nhello\n", "neither a stack nor its numbers"},
		{"jemalloc without a rate", "heap_v2/x\n", "line 1 is wrong"},
		{"jemalloc, deep", "heap_v2/1\n@" + addresses(9) + "\nt*: 1: 1 [0: 0]\n", "stack of 9 frames"},
	} {
		t.Run(test.name, func(t *testing.T) { checkFault(t, []byte(test.text), limits, test.want) })
	}
	if _, _, ok := unsample(math.MaxInt64, 1, 1<<40); ok {
		t.Error("estimate returns a number that is too large")
	}
}

// bomb returns variables for which pprof's parser would need 2ⁿ bytes.
func bomb(n int) string {
	text := "v0=xx\n"
	for i := range n {
		text += fmt.Sprintf("v%d=$v%d$v%d\n", i+1, i, i)
	}
	return text
}

// checkFault checks that a file is refused with a readable Fault, or not at all if want is "".
func checkFault(t *testing.T, file []byte, l Limits, want string) {
	t.Helper()
	_, err := read(file, l)
	switch {
	case want == "" && err != nil:
		t.Errorf("refused: %v", err)
	case want != "" && (err == nil || !isFault(err) || !strings.Contains(err.Error(), want)):
		t.Errorf("got %v, want a Fault with %q", err, want)
	case err != nil && (len(err.Error()) > 400 || strings.Contains(err.Error(), "0xc0")):
		t.Errorf("the fault is long, or has a pointer: %v", err)
	}
}
