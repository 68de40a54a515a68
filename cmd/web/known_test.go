package main

import (
	"fmt"
	"path"
	"slices"
	"strings"
	"testing"

	"heaplab/profiler"
	"heaplab/profiler/report"
)

// A memoryFix is a change of a public module that allocates less, as its release note or commit says.
type memoryFix struct {
	module, before, after, pkg, bench, time string

	// cause has the functions that the note or the commit changes. They were written down before any profile of the
	// benchmark was looked at.
	cause []string
	note  string
}

var memoryFixes = []memoryFix{
	{"github.com/gabriel-vasile/mimetype", "v1.4.3", "v1.4.4", ".", "^BenchmarkSliceRand$", "2000x",
		[]string{"ftyp"}, "pull request 517: ftyp returns as soon as possible"},
	{"github.com/gofrs/uuid/v5", "v5.3.2", "v5.4.0", ".", "^BenchmarkGenerator$/^NewV5$", "2000x",
		[]string{"(*Gen).NewV5", "newFromHash"}, "pull request 221: fewer allocations in NewV3 and NewV5"},
	{"github.com/lithammer/shortuuid/v4", "v4.0.0", "v4.1.0", ".", "^BenchmarkEncoding$", "2000x",
		[]string{"base57.Encode", "(*base57).numToString"}, "pull request 58: no big.Int"},
	{"github.com/shopspring/decimal", "v1.2.0", "v1.3.0", ".", "^BenchmarkNewFromStringFloat$", "2000x",
		[]string{"NewFromString"}, "CHANGELOG: performance optimization of NewFromString (pull request 198)"},
	{"github.com/PuerkitoBio/goquery", "v1.0.1", "v1.0.2", ".", "^BenchmarkText$", "500x",
		[]string{"(*Selection).Text", "getNodeText"}, "README: optimize allocations for Selection.Text"},
	{"github.com/PuerkitoBio/goquery", "v1.9.0", "v1.9.1", ".", "^BenchmarkMap$", "500x",
		[]string{"Map"}, "README: improve allocation of the Map function"},
	{"github.com/klauspost/compress", "v1.10.3", "v1.10.4", "./zstd", "^BenchmarkDecoder_DecoderSmall$/^html.zst$", "100x",
		[]string{"(*Decoder).Reset"}, "pull request 249: fewer allocations when decoding from a bytes.Buffer"},
	{"github.com/klauspost/compress", "v1.7.4", "v1.7.5", "./zstd", "^BenchmarkDecoder_DecodeAll$/^html.zst$", "100x",
		[]string{"(*Decoder).DecodeAll"}, "pull request 142: remove the last allocation of DecodeAll"},
	{"github.com/fxamacker/cbor/v2", "v2.5.0", "v2.6.0", ".", `^BenchmarkMarshal$/^Go_map\[string\]interface\{\}_to_CBOR_map$`, "2000x",
		[]string{"mapEncodeFunc.encode", "(*mapKeyValueEncodeFunc).encodeKeyValues"}, "go-bond/bond issue 129: the largest optimization of v2.6.0 was for encoding maps; the functions are from the diff"},
	{"go.uber.org/zap", "v1.20.0", "v1.21.0", ".", "^BenchmarkAddCallerHook$", "2000x",
		[]string{"(*Logger).check", "getCallerFrame"}, "CHANGELOG: faster AddCaller and AddStacktrace (pull request 1052)"},
}

// Of ten public memory fixes, the first three causes of the report have the function that was changed in at least nine.
func TestKnownFixes(t *testing.T) {
	skipWithoutModules(t)
	var table strings.Builder
	tried, found := 0, 0
	for _, f := range memoryFixes {
		t.Run(f.name(), func(t *testing.T) {
			r := newProxyModule(t, f.module, f.pkg, f.before, f.after).compare(f.pkg, f.bench, f.time)
			tried++
			causes := report.CausesOf(r, "after")
			at := slices.IndexFunc(causes, f.explains)
			if at >= 0 && at < 3 {
				found++
			}
			c := r.Comparison("after", profiler.BytesPerOp)
			if c == nil || c.Value.Center >= c.Baseline.Center {
				t.Fatalf("comparison of B/op: %+v", c)
			}
			allocs := r.Comparison("after", profiler.AllocsPerOp)
			fmt.Fprintf(&table, "| %s %s → %s | %s | %s | %.0f → %.0f, %s | %.0f → %.0f, %s | `%s` | %d |\n",
				f.module, f.before, f.after, f.note, nameOf(f.bench), c.Baseline.Center, c.Value.Center, c.Verdict,
				allocs.Baseline.Center, allocs.Value.Center, allocs.Verdict, strings.Join(f.cause, "`, `"), at+1)
			for _, c := range causes {
				t.Logf("%s (%s): %.1f → %.1f B/op", c.Function, c.Was, c.Before, c.After)
			}
		})
	}
	t.Logf("place of the function among the causes; 0 if it is not there\n\n| module | fix | benchmark | B/op | allocs/op | function | place |\n|---|---|---|---|---|---|---|\n%s", table.String())
	if missed := tried - found; missed > 1 {
		t.Errorf("the first three causes lack the function that was changed in %d of %d", missed, tried)
	}
}

func (f *memoryFix) name() string { return path.Base(f.module) + "@" + f.after }

// explains reports whether a cause is one of the functions that were changed, or a closure in one.
func (f *memoryFix) explains(c report.Cause) bool {
	return slices.ContainsFunc(f.cause, func(want string) bool { return isFunction(c.Function, want) || isFunction(c.Was, want) })
}

// isFunction reports whether a symbol is a function of that name without its package, or a closure in it.
func isFunction(symbol, name string) bool {
	symbol = symbol[strings.LastIndexByte(symbol, '/')+1:]
	if i := strings.IndexByte(symbol, '['); i >= 0 { // type arguments
		symbol = symbol[:i]
	}
	return strings.Contains(symbol+".", "."+name+".")
}
