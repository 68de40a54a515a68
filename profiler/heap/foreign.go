package heap

import (
	"bytes"
	"fmt"
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"
)

// What to do instead of uploading a file that is no heap profile. Every command exists.
const (
	formatsRead     = "heaplab reads heap profiles in pprof's format, the text of gperftools, jemalloc and Go's debug=1, V8's .heapprofile, DHAT's and memray's JSON"
	goInstead       = "download /debug/pprof/heap with curl -o before.pb.gz, or run go test with -memprofile"
	jfrInstead      = "convert it with async-profiler's jfrconv --alloc --total FILE.jfr before.pb.gz; --live instead of --alloc keeps what is still in use"
	javaInstead     = "record allocations with asprof -e alloc -d 60 -f FILE.jfr PID of async-profiler, then run jfrconv --alloc --total FILE.jfr before.pb.gz"
	v8Instead       = "run node --heap-prof, or choose Allocation sampling in the DevTools of Chrome, and upload the .heapprofile"
	memrayInstead   = "run memray transform gprof2dot CAPTURE and upload the JSON that it writes"
	pythonInstead   = "run memray run -o CAPTURE PROGRAM.py, then memray transform gprof2dot CAPTURE, and upload the JSON that it writes"
	nativeInstead   = "run the program with tcmalloc's HEAPPROFILE or jemalloc's MALLOC_CONF=prof:true, and upload that heap profile"
	jemallocInstead = "run the program with MALLOC_CONF=prof:true,prof_final:true and upload the .heap file"
	printedInstead  = "run go tool pprof -proto SOURCE > before.pb.gz and upload that"
)

// A foreignFormat is one that heaplab knows but does not read.
type foreignFormat struct {
	prefix  string // of the content
	what    string
	instead string
}

// foreignFormats lists binary formats.
var foreignFormats = []foreignFormat{
	{"\xfd7zXZ\x00", "compressed with xz", "decompress it with unxz, or compress it with gzip or zstd"},
	{"BZh", "compressed with bzip2", "decompress it with bunzip2, or compress it with gzip or zstd"},
	{"\x04\x22\x4d\x18", "compressed with lz4", "decompress it with lz4 -d, or compress it with gzip or zstd"},
	{"PK\x03\x04", "a zip archive", "unzip it and upload the profile in it"},
	{"FLR\x00", "a recording of the JDK Flight Recorder", jfrInstead},
	{"JAVA PROFILE 1.", "a heap dump of Java, which lists objects but not what allocated them", javaInstead},
	{"memray\x00", "a capture file of memray", memrayInstead},
	{"\x80\x03", "a file of Python's pickle, such as one of tracemalloc", pythonInstead},
	{"\x80\x04", "a file of Python's pickle, such as one of tracemalloc", pythonInstead},
	{"\x80\x05", "a file of Python's pickle, such as one of tracemalloc", pythonInstead},
	{"go 1.", "an execution trace of Go", goInstead},
	{"PERFILE2", "a recording of perf, which does not record allocations", nativeInstead},
	{"Nettrace", "a trace of .NET, which pprof does not read", formatsRead},
	{"SQLite format 3\x00", "an SQLite database", formatsRead},
	{"MZ", "a program of Windows, not a profile", formatsRead},
	{"\xfe\xed\xfa", "a program of macOS, not a profile", formatsRead},
	{"\xcf\xfa\xed\xfe", "a program of macOS, not a profile", formatsRead},
	{"\xff\xfe", "text in UTF-16, as PowerShell writes the output of a command", "write the file with curl -o FILE instead of >"},
	{"\xfe\xff", "text in UTF-16", formatsRead},
}

// foreign returns the Fault of a content in a binary format that is known but not read.
func foreign(content []byte) error {
	const coreFile = 4 // e_type of ELF
	switch {
	case bytes.HasPrefix(content, []byte("\x7fELF")) && len(content) > 17 && (content[16] == coreFile || content[17] == coreFile):
		return Fault("is a core dump, which does not say what allocated its memory: take a heap profile of the running program. " + formatsRead)
	case bytes.HasPrefix(content, []byte("\x7fELF")):
		return Fault("is a program or a library (ELF), not a profile. " + formatsRead)
	case len(content) > 262 && string(content[257:262]) == "ustar":
		return Fault("is a tar archive: unpack it with tar -xf and upload the profile in it")
	case bytes.Contains(content[:min(len(content), 64)], []byte("!FastSerialization.1")):
		return Fault("is a dump of the heap of .NET, which lists objects but not what allocated them. " + formatsRead)
	}
	for _, f := range foreignFormats {
		if bytes.HasPrefix(content, []byte(f.prefix)) {
			return f.fault()
		}
	}
	return nil
}

func (f foreignFormat) fault() error { return Fault("is " + f.what + ": " + f.instead) }

// foreignTexts lists formats that are text, by what their first lines match.
var foreignTexts = []struct {
	first *regexp.Regexp
	foreignFormat
}{
	{regexp.MustCompile(`(?i)^\s*(<!doctype html|<html)`), foreignFormat{what: "a web page, such as a login page or a flame graph", instead: "upload the profile itself. From Go, " + goInstead + ". From memray, " + memrayInstead}},
	{regexp.MustCompile(`^HTTP/[0-9.]+ `), foreignFormat{what: "a response of HTTP with its headers", instead: "use curl without -i"}},
	{regexp.MustCompile(`^\s*(<\?xml|<svg)`), foreignFormat{what: "a picture or XML", instead: printedInstead}},
	{regexp.MustCompile(`^(goroutine profile: total|goroutine \d+ \[)`), foreignFormat{what: "a goroutine profile of Go in text", instead: goInstead}},
	{regexp.MustCompile(`^threadcreate profile: total`), foreignFormat{what: "a threadcreate profile of Go in text", instead: goInstead}},
	{regexp.MustCompile(`^--- (mutex|contention|contentionz)\b`), foreignFormat{what: "a contention profile in text", instead: goInstead}},
	{regexp.MustCompile(`^(File: |Main binary filename|Type: |Showing nodes|Total: |flat  flat%|\s*flat +flat%|digraph )`), foreignFormat{what: "a table or a graph that pprof printed", instead: printedInstead}},
	{regexp.MustCompile(`^PeriodType: `), foreignFormat{what: "what go tool pprof -raw printed", instead: printedInstead}},
	{regexp.MustCompile(`^desc: .*\ncmd: `), foreignFormat{what: "a file of Massif", instead: nativeInstead}},
	{regexp.MustCompile(`^(version: \d+|events: |# callgrind format)`), foreignFormat{what: "a file of Callgrind", instead: nativeInstead}},
	{regexp.MustCompile(`^v [0-9a-f]+ [0-9a-f]+\n`), foreignFormat{what: "a file of heaptrack", instead: nativeInstead}},
	{regexp.MustCompile(`^allocator,num_allocations,size,`), foreignFormat{what: "memray's CSV", instead: memrayInstead}},
	{regexp.MustCompile(`^___ Begin jemalloc statistics ___`), foreignFormat{what: "the statistics of jemalloc, which have no stacks", instead: jemallocInstead}},
	{regexp.MustCompile(`^version https://git-lfs`), foreignFormat{what: "a pointer of Git LFS", instead: "run git lfs pull and upload the file itself"}},
	{regexp.MustCompile(`^[^\n]*[^\s;][^\n]*;[^\n]* \d+\r?(\n|$)`), foreignFormat{what: "collapsed stacks, which do not say whether they count bytes, objects or time", instead: "save the profile in pprof's format. From Java, " + javaInstead}},
}

// foreignText returns the Fault of a text that is no heap profile.
func foreignText(text []byte) error {
	first := text[:min(len(text), 4<<10)]
	for _, f := range foreignTexts {
		if f.first.Match(first) {
			return f.fault()
		}
	}
	line, _, _ := strings.Cut(strings.TrimSpace(string(first)), "\n")
	return Fault(fmt.Sprintf("is text that begins with %q, not a heap profile. %s", shorten(strings.ToValidUTF8(strings.TrimSpace(line), "\ufffd")), formatsRead))
}

// isText reports whether a content begins like text. A protobuf has control characters.
func isText(content []byte) bool {
	const looked = 512
	first := content[:min(len(content), looked)]
	for len(first) > 0 {
		r, n := utf8.DecodeRune(first)
		switch {
		case r == utf8.RuneError && n == 1 && (len(first) >= utf8.UTFMax || len(content) <= looked): // not a rune cut off
			return false
		case unicode.IsControl(r) && r != '\n' && r != '\r' && r != '\t':
			return false
		}
		first = first[n:]
	}
	return true
}
