package heap

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"strings"
	"testing"
	"unicode/utf16"

	"github.com/klauspost/compress/zstd"
)

// zstandard compresses each argument as a frame of zstd.
func zstandard(t testing.TB, frames ...[]byte) (out []byte) {
	t.Helper()
	w, err := zstd.NewWriter(nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, frame := range frames {
		out = w.EncodeAll(frame, out)
	}
	return out
}

func TestZstd(t *testing.T) {
	good := encode(t, newProfile(stack{[]string{"f", "main"}, 10}))
	limits := DefaultLimits
	limits.Raw = 1 << 20
	window := []byte{0x28, 0xb5, 0x2f, 0xfd, 0x00, 0xff, 1, 0, 0} // a frame with the largest window
	dictionary := []byte{0x28, 0xb5, 0x2f, 0xfd, 0x01, 0x58, 0x77, 1, 0, 0}
	skipped := append([]byte{0x5a, 0x2a, 0x4d, 0x18, 3, 0, 0, 0}, "abc"...)
	for _, test := range []struct {
		name string
		file []byte
		want string
	}{
		{"one frame", zstandard(t, good), ""},
		{"two frames", zstandard(t, good[:len(good)/2], good[len(good)/2:]), ""},
		{"after a frame that is skipped", append(skipped, zstandard(t, good)...), ""},
		{"of text", zstandard(t, []byte("heap profile: 1: 2 [1: 2] @ heapprofile\n1: 2 [1: 2] @ 0x1\n")), ""},
		{"of nothing", zstandard(t, nil), "is empty"},
		{"truncated", zstandard(t, good)[:30], "ends early"},
		{"damaged", flip(zstandard(t, good)), "damaged zstd file"},
		{"bytes after the end", append(zstandard(t, good), "more than a header"...), "after its end"},
		{"bomb", zstandard(t, make([]byte, 2<<20)), "larger than 1 MiB"},
		{"bomb in the second frame", zstandard(t, good, make([]byte, 2<<20)), "larger than 1 MiB"},
		{"huge window", window, "needs more than 128 MiB"},
		{"with a dictionary", dictionary, "zstd -d -D"},
		{"in zstd", zstandard(t, zstandard(t, good)), "compressed twice"},
		{"in gzip", zip(t, zstandard(t, good)), "compressed twice"},
		{"gzip in gzip", zip(t, zip(t, good)), "compressed twice"},
	} {
		t.Run(test.name, func(t *testing.T) { checkFault(t, test.file, limits, test.want) })
	}
	raw, converted, err := Protobuf(zstandard(t, good), limits)
	if err != nil || !converted || !bytes.Equal(raw, good) {
		t.Errorf("%d bytes, converted: %v, %v", len(raw), converted, err)
	}
	if _, converted, err := Protobuf(zip(t, good), limits); err != nil || converted {
		t.Errorf("gzip is converted: %v, %v", converted, err)
	}
}

// A file in another format is refused by its name, with a command or a format that serves.
func TestForeignFiles(t *testing.T) {
	elf := func(kind byte) string {
		return "\x7fELF\x02\x01\x01" + strings.Repeat("\x00", 9) + string(kind) + "\x00"
	}
	utf16le := binary.LittleEndian.AppendUint16(nil, 0xfeff)
	for _, unit := range utf16.Encode([]rune("heap profile: 1: 2")) {
		utf16le = binary.LittleEndian.AppendUint16(utf16le, unit)
	}
	for _, test := range []struct{ name, file, want string }{
		{"xz", "\xfd7zXZ\x00\x00\x04", "unxz"},
		{"bzip2", "BZh91AY&SY", "bunzip2"},
		{"lz4", "\x04\x22\x4d\x18\x64", "lz4 -d"},
		{"zip", "PK\x03\x04\x14\x00", "unzip"},
		{"tar", strings.Repeat("\x00", 257) + "ustar\x0000", "tar -xf"},
		{"JFR", "FLR\x00\x00\x02", "jfrconv --alloc --total"},
		{"hprof", "JAVA PROFILE 1.0.2\x00", "asprof -e alloc"},
		{"memray", "memray\x00\x0c", "memray transform gprof2dot"},
		{"tracemalloc", "\x80\x04\x95\x10", "memray transform"},
		{"Go trace", "go 1.22 trace\x00\x00\x00", "/debug/pprof/heap"},
		{"program", elf(2), "program or a library"},
		{"core", elf(4), "core dump"},
		{"perf", "PERFILE2\x68", "perf"},
		{"gcdump", "\x14\x00\x00\x00!FastSerialization.1", ".NET"},
		{"nettrace", "Nettrace\x14", ".NET"},
		{"UTF-16", string(utf16le), "curl -o"},
		{"page", "\n<!DOCTYPE html>\n<html><title>Sign in</title>", "web page"},
		{"headers", "HTTP/1.1 200 OK\r\nContent-Type: application/octet-stream\r\n", "without -i"},
		{"goroutines", "goroutine profile: total 5\n1 @ 0x1\n", "goroutine profile"},
		{"goroutine stacks", "goroutine 1 [running]:\nmain.main()\n", "goroutine profile"},
		{"mutex", "--- mutex:\ncycles/second=1\n", "contention profile"},
		{"top", "File: app\nType: inuse_space\nShowing nodes accounting for 5MB\n", "go tool pprof -proto"},
		{"raw", "PeriodType: space bytes\nPeriod: 524288\n", "go tool pprof -proto"},
		{"dot", "digraph \"app\" {\n", "go tool pprof -proto"},
		{"collapsed", "java/lang/Thread.run;App.main;App.load 524288\nApp.main;λ.x 12\n", "collapsed stacks"},
		{"collapsed, one line", "a;b 1", "collapsed stacks"},
		{"massif", "desc: --time-unit=B\ncmd: ./app\ntime_unit: B\n", "Massif"},
		{"heaptrack", "v 10400 3\nX ./app\n", "heaptrack"},
		{"memray csv", "allocator,num_allocations,size,tid,thread_name,stack_trace\n", "memray transform"},
		{"jemalloc statistics", "___ Begin jemalloc statistics ___\n", "prof:true"},
		{"LFS", "version https://git-lfs.github.com/spec/v1\noid sha256:1\n", "git lfs pull"},
		{"words", "hello, world\n\u202e", `begins with "hello, world"`},
		{"long words", strings.Repeat("ö", 5000), "is text that begins with"},
		{"snapshot", `{"snapshot":{"meta":{}},"nodes":[1,2],"edges":[]}`, "heap snapshot of V8"},
		{"cpuprofile", `{"nodes":[],"startTime":1,"endTime":2}`, "CPU profile of V8"},
		{"Chrome trace", `{"traceEvents":[]}`, "trace of Chrome"},
		{"memray stats", `{"total_num_allocations":5}`, "memray transform"},
		{"other JSON", `{"a":1,"b":[]}`, `JSON with "a, b"`},
		{"array", ` [1,2]`, "is JSON, but no profile"},
		{"error of an API", `{"error":"not found"}`, `JSON with "error"`},
		{"invalid JSON", `{"head":]`, "not valid from byte"},
		{"JSON cut off", `{"head":{"selfSize":1`, "ends early"},
		{"two documents", `{"head":{}}{}`, "more behind its end"},
		{"deep JSON", strings.Repeat("[", 20_000), "nested too deeply"},
		{"binary", "\x00\x01\x02", "not a protobuf"},
	} {
		t.Run(test.name, func(t *testing.T) {
			checkFault(t, []byte(test.file), DefaultLimits, test.want)
			checkFault(t, zip(t, []byte(test.file)), DefaultLimits, test.want)
		})
	}
}

// v8 returns a .heapprofile of one path of that many calls, the innermost of which allocated.
func v8(depth int) string {
	const frame = `{"callFrame":{"functionName":"f","url":"file:///app.js","lineNumber":4,"columnNumber":0},"selfSize":`
	return `{"head":{"callFrame":{"functionName":"(root)"},"selfSize":0,"children":[` +
		strings.Repeat(frame+`0,"children":[`, depth-1) + frame + `100,"children":[]}` + strings.Repeat("]}", depth-1) + `]},"samples":[]}`
}

func TestV8(t *testing.T) {
	d, err := read(readFile(t, "testdata/node.heapprofile"), DefaultLimits)
	if err != nil {
		t.Fatal(err)
	}
	first := d.Functions[0]
	if first.Name != "(anonymous:L#1:C#1)" || first.Flat != (Values{InuseSpace: 4585896}) || d.Totals != first.Flat || d.Period != 0 || len(d.Functions) != 6 {
		t.Errorf("totals %+v of %d functions, first %+v, period %d", d.Totals, len(d.Functions), first, d.Period)
	}

	// Members may come in any order.
	d, err = read([]byte(`{"samples":[],"head":{"children":[{"children":[{"selfSize":3,"callFrame":{"url":"a.js","lineNumber":1,"columnNumber":2}}],"selfSize":4,"callFrame":{"functionName":"g"}},{}],"selfSize":0}}`), DefaultLimits)
	if err != nil || d.Totals.InuseSpace != 7 || d.Functions[0].Name != "g" || d.Functions[0].Cum.InuseSpace != 7 || d.Functions[1].Name != "(anonymous:L#2:C#3)" {
		t.Errorf("%+v, %v", d, err)
	}
	d, err = read([]byte(v8(4096)), DefaultLimits)
	if err != nil || d.Totals.InuseSpace != 100 || d.Functions[0].Cum.InuseSpace != 100 {
		t.Errorf("deep: %+v, %v", d, err)
	}

	limits := Limits{Raw: 1 << 20, Samples: 10, Locations: 50, Mappings: 2, Depth: 8, Inlined: 3, String: 1 << 20}
	wide := func(n int, node string) string {
		return `{"head":{"children":[` + strings.TrimSuffix(strings.Repeat(node+",", n), ",") + "]}}"
	}
	names := ""
	for i := range 51 {
		names += fmt.Sprintf(`{"callFrame":{"functionName":"f%d"}},`, i)
	}
	many := limits
	many.Samples = 1000
	for _, test := range []struct {
		name, file, want string
		limits           Limits
	}{
		{"no nodes", `{"head":{}}`, "", limits},
		{"deep", v8(9), "more than 8 frames", limits},
		{"many nodes", wide(11, "{}"), "11 nodes, over the limit of 10", limits},
		{"many functions", `{"head":{"children":[` + strings.TrimSuffix(names, ",") + `]}}`, "51 functions, over the limit of 50", many},
		{"paths that multiply", v8Comb(400, 300), "too many deep call paths", Limits{Raw: 1 << 18, Samples: 1e6, Locations: 1000, Depth: 4096}},
		{"negative", wide(1, `{"selfSize":-5}`), "a size of -5 bytes", limits},
		{"huge", wide(1, `{"selfSize":1e300}`), "larger than any memory", limits},
		{"strange lines", wide(1, `{"selfSize":5,"callFrame":{"url":"u","lineNumber":9223372036854775807,"columnNumber":9223372036854775807}}`), "", limits},
		{"strange name", wide(1, "{\"selfSize\":5,\"callFrame\":{\"functionName\":\"\u202e\xff\\u0000<b>\",\"url\":null}}"), "", limits},
		{"text for a number", wide(1, `{"selfSize":"5"}`), "no number", limits},
		{"number for a node", wide(1, `5`), "no object", limits},
		{"head is a list", `{"head":[]}`, "no object", limits},
		{"two heads", `{"head":{"selfSize":5},"head":{"selfSize":6}}`, "", limits},
	} {
		t.Run(test.name, func(t *testing.T) { checkFault(t, []byte(test.file), test.limits, test.want) })
	}
}

// v8Comb returns a .heapprofile of one path, with that many leaves at its end.
func v8Comb(depth, leaves int) string {
	return `{"head":{"children":[` + strings.Repeat(`{"children":[`, depth) + strings.Repeat(`{"selfSize":1},`, leaves) + "{}" + strings.Repeat("]}", depth) + "]}}"
}

func TestMemray(t *testing.T) {
	const (
		gprof2dot = `{"version":0,"costs":[{"description":"Memory","unit":"bytes"}],"events":[{"callchain":[0,1],"cost":[1024]},{"callchain":[1],"cost":[512]}],` +
			`"functions":[{"name":"load","module":"/srv/app/models.py"},{"name":"main","module":"/srv/app/main.py"}]}`
		speedscope = `{"$schema":"https://www.speedscope.app/file-format-schema.json","profiles":[{"type":"sampled","name":"Memory","unit":"bytes","samples":[[1,0],[1]],"weights":[1024,512]},` +
			`{"type":"sampled","name":"Allocations","unit":"none","samples":[[1,0],[1]],"weights":[1,1]}],"shared":{"frames":[{"name":"load","file":"/srv/app/models.py","line":7},{"name":"main"}]},"exporter":"memray@1.19"}`
	)
	for name, file := range map[string]string{"gprof2dot": gprof2dot, "speedscope": speedscope} {
		d, err := read([]byte(file), DefaultLimits)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		sums := byName(d)
		if d.Totals != (Values{InuseSpace: 1536}) || sums["load"].Flat.InuseSpace != 1024 || sums["main"].Cum.InuseSpace != 1536 || d.Period != 1 {
			t.Errorf("%s: %+v, totals %+v, period %d", name, sums, d.Totals, d.Period)
		}
	}
	limits := Limits{Raw: 1 << 20, Samples: 10, Locations: 20, Mappings: 2, Depth: 8, Inlined: 3, String: 1 << 20}
	events := func(n int, event string) string {
		return `{"costs":[{"unit":"bytes"}],"functions":[{"name":"f"}],"events":[` + strings.TrimSuffix(strings.Repeat(event+",", n), ",") + "]}"
	}
	profiles := func(profile string) string {
		return `{"shared":{"frames":[{"name":"f"}]},"profiles":[` + profile + "]}"
	}
	for _, test := range []struct{ name, file, want string }{
		{"no events", events(0, ""), ""},
		{"many events", events(11, `{"callchain":[0],"cost":[1]}`), "11 samples"},
		{"deep", events(1, `{"callchain":[0,0,0,0,0,0,0,0,0],"cost":[1]}`), "more than 8 frames"},
		{"no such function", events(1, `{"callchain":[1],"cost":[1]}`), "refers to frame 1, but has only 1 frames"},
		{"negative function", events(1, `{"callchain":[-1],"cost":[1]}`), "refers to frame -1"},
		{"negative cost", events(1, `{"callchain":[0],"cost":[-1]}`), "a size of -1 bytes"},
		{"huge cost", events(1, `{"callchain":[0],"cost":[1e99]}`), "larger than any memory"},
		{"another unit", `{"costs":[{"unit":"seconds"}],"functions":[],"events":[]}`, `costs in "seconds"`},
		{"many frames", `{"shared":{"frames":[` + strings.Repeat("{},", 20) + `{}]},"profiles":[]}`, "21 frames"},
		{"no samples in bytes", profiles(`{"type":"sampled","unit":"seconds","samples":[[0]],"weights":[1]}`), "without samples in bytes"},
		{"events alone", profiles(`{"type":"evented","unit":"bytes","events":[]}`), "without samples in bytes"},
		{"fewer weights", profiles(`{"type":"sampled","unit":"bytes","samples":[[0],[0]],"weights":[1]}`), ""},
		{"many samples", profiles(`{"type":"sampled","unit":"bytes","samples":[` + strings.Repeat("[0],", 11) + `[0]],"weights":[]}`), "samples, over the limit"},
		{"many weights", profiles(`{"type":"sampled","unit":"bytes","samples":[],"weights":[` + strings.Repeat("1,", 11) + `1]}`), "11 weights"},
		{"negative weight", profiles(`{"type":"sampled","unit":"bytes","samples":[[0]],"weights":[-1]}`), "a size of -1 bytes"},
	} {
		t.Run(test.name, func(t *testing.T) { checkFault(t, []byte(test.file), limits, test.want) })
	}
}

// The frames of all stacks are limited, because each takes more memory than its number in the file.
func TestManyFrames(t *testing.T) {
	limits := Limits{Raw: 2000, Samples: 100, Locations: 10, Depth: 500, Inlined: 1, String: 100}
	stack := strings.TrimSuffix(strings.Repeat("0,", 400), ",")
	for _, stacks := range []string{"[" + stack + "],[" + stack + "]", "[" + stack + "]"} {
		want := "too many deep call paths"
		if !strings.Contains(stacks, "],[") {
			want = ""
		}
		checkFault(t, []byte(`{"shared":{"frames":[{}]},"profiles":[{"type":"sampled","unit":"bytes","samples":[`+stacks+`],"weights":[1,1]}]}`), limits, want)
	}
}

// Faults are sentences that the name of a file begins.
func TestFaultsAreSentences(t *testing.T) {
	for _, f := range foreignFormats {
		checkSentence(t, f.fault())
	}
	for _, f := range foreignTexts {
		checkSentence(t, f.fault())
	}
}

func checkSentence(t *testing.T, err error) {
	t.Helper()
	if text := err.Error(); !strings.HasPrefix(text, "is ") || strings.HasSuffix(text, ".") || len(text) > 400 {
		t.Errorf("%q", text)
	}
}
