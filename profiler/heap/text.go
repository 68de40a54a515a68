package heap

import (
	"bytes"
	"fmt"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/google/pprof/profile"
)

// A textReader reads a heap profile in text. There are three kinds:
//
//   - what pprof calls a legacy profile, of gperftools and others: a first line with "heap profile:", a line
//     for each stack, and a list of mapped files;
//   - the same with comments that hold names, which Go writes with debug=1;
//   - that of jemalloc, whose first line is "heap_v2/RATE", with two lines or more for each stack.
//
// Values, addresses and mappings are those of pprof (profile/legacy_profile.go), which does not read the
// last kind. pprof's own parser is not used: it ignores the names, it reads no line over 64 KiB, and a list of
// mapped files can make it take any amount of memory.
type textReader struct {
	*converter
	byAddress map[uint64]*profile.Location
	symbols   map[uint64]string   // of a section of symbols, by address
	stack     []*profile.Location // of jemalloc: that of the following lines
	inStack   bool                // of jemalloc: after the totals
	goComments

	read    section
	number  int   // of the line
	begun   bool  // the header was read
	counted bool  // by the totals, there are samples
	rate    int64 // mean bytes between two samples
	sampled bool  // values must be scaled, see estimate
	both    bool  // samples have what was allocated, not only what is in use
	maps    int   // lines in the list of mapped files

	raw []byte // the line with the white space around it
}

// A section reads a line of a part of the file. It sets textReader.read if the next line belongs to another.
type section func(line string) error

var (
	pprofHeader    = regexp.MustCompile(`heap profile: *(\d+): *(\d+) *\[ *(\d+): *(\d+) *\] *@ *([a-z][_a-z0-9]*)/?(\d*)`)
	pprofCounts    = regexp.MustCompile(`(-?\d+): *(-?\d+) *\[ *(\d+): *(\d+) *$`)
	jemallocHeader = regexp.MustCompile(`^heap_v2/(\d+)$`)
	jemallocCounts = regexp.MustCompile(`^t(\*|\d+): *(\d+): *(\d+) *\[ *(\d+): *(\d+) *\]$`)
	symbolStart    = regexp.MustCompile(`<[0-9a-f]{8,16}>$`)
)

// symbolSection begins a file of jeprof --raw, which has names before the profile itself.
const symbolSection = "--- symbol"

// isHeapText reports whether a content begins like a heap profile in text.
func isHeapText(content []byte) bool {
	line, _, _ := bytes.Cut(content[:min(len(content), 1<<10)], []byte("\n"))
	line = bytes.TrimSpace(line)
	return bytes.Contains(line, []byte("heap profile:")) && isText(line) || bytes.HasPrefix(line, []byte("heap_v2/")) || string(line) == symbolSection
}

// readHeapText reads a heap profile in text. The error is a Fault.
func readHeapText(content []byte, l Limits) (*profile.Profile, error) {
	r := &textReader{converter: newConverter(l, 0), byAddress: map[uint64]*profile.Location{}, symbols: map[uint64]string{}}
	r.read = r.header
	at := 0
	for line := range bytes.Lines(content) {
		at += len(line)
		r.number++
		r.raw = line
		line := string(bytes.TrimSpace(line))
		if line == phpSection && len(r.symbols) > 0 && !r.begun {
			return r.readPHP(content[at:])
		}
		if err := r.read(line); err != nil {
			return nil, err
		}
	}
	switch {
	case !r.begun && len(r.symbols) > 0:
		return nil, Fault("has symbols but no profile behind them, as jeprof --raw writes a file that it does not fetch itself: upload the .heap file")
	case !r.begun, r.counted && len(r.Sample) == 0:
		return nil, Fault("is a heap profile in text that ends before its first stack: the upload or the copy is incomplete")
	}
	return r.finish()
}

// header reads the line before the samples.
func (r *textReader) header(line string) error {
	if line == symbolSection {
		r.read = r.symbol
		return nil
	}
	if found := jemallocHeader.FindStringSubmatch(line); found != nil {
		r.read, r.sampled = r.jemalloc, true
		return r.setRate(found[1], 1)
	}
	found := pprofHeader.FindStringSubmatch(line)
	if found == nil {
		return r.fault("the line before the samples cannot be read")
	}
	r.read, r.both, r.counted = r.sample, hasAllocated(found[1:5]), found[3] != "0"
	switch found[5] {
	case "heap_v2", "heapz_v2":
		r.sampled = true
		return r.setRate(found[6], 1)
	case "heap": // Go and early versions of gperftools write twice the rate
		r.sampled = true
		return r.setRate(found[6], 2)
	case "heapprofile":
		return r.setRate("1", 1)
	case "growth", "growthz", "fragmentation", "fragmentationz":
		r.both = false
		return r.setRate("1", 1)
	}
	return r.fault(fmt.Sprintf("it is a profile of %q, not of a heap", shorten(found[5])))
}

// hasAllocated reports whether totals, which are those in use and those allocated, say that the samples
// have both. A producer that counts only one repeats it, or writes 0.
func hasAllocated(totals []string) bool {
	return totals[2] != totals[0] && totals[2] != "0" || totals[3] != totals[1] && totals[3] != "0"
}

// setRate sets the sampling rate, which is written as a multiple. It ends the header.
func (r *textReader) setRate(text string, multiple int64) error {
	r.begun = true
	if text != "" {
		rate, err := strconv.ParseInt(text, 10, 64)
		if err != nil {
			return r.fault("its sampling rate is too large")
		}
		r.rate = rate / multiple
	}
	r.Period = r.rate
	return nil
}

// types returns the sample types: with what was allocated before what is in use, as pprof has them.
func (r *textReader) types() []*profile.ValueType {
	if !r.both {
		return []*profile.ValueType{{Type: "objects", Unit: "count"}, {Type: "space", Unit: "bytes"}}
	}
	return []*profile.ValueType{
		{Type: "alloc_objects", Unit: "count"}, {Type: "alloc_space", Unit: "bytes"},
		{Type: "inuse_objects", Unit: "count"}, {Type: "inuse_space", Unit: "bytes"},
	}
}

// symbol reads a line such as "0x00000000004019ea outer--inlined".
func (r *textReader) symbol(line string) error {
	address, names, _ := strings.Cut(line, " ")
	pc, err := strconv.ParseUint(strings.TrimPrefix(address, "0x"), 16, 64)
	switch {
	case line == "" || line == "---" || strings.HasPrefix(line, "binary="):
		return nil
	case strings.HasPrefix(line, "--- heap") || strings.HasPrefix(line, "--- growth"):
		r.read = r.header
		return nil
	case strings.HasPrefix(line, "---"):
		return Fault(fmt.Sprintf("has symbols and a section %q, which is not of a heap profile. %s", shorten(line), formatsRead))
	case err != nil || names == "":
		return r.fault("a line of symbols cannot be read")
	case len(r.symbols) >= r.limits.Locations:
		return overLimit(len(r.symbols)+1, "symbols", r.limits.Locations)
	}
	r.symbols[pc] = names
	return nil
}

// sample reads a line such as "10: 30000 [10: 30000] @ 0x401316 0x40165c".
func (r *textReader) sample(line string) error {
	switch {
	case line == "":
		r.endRecord()
		return nil
	case line[0] == '#':
		return r.comment(line)
	case r.beginMappings(line):
		return nil
	}
	counts, addresses, ok := strings.Cut(line, "] @") // a regular expression is slow on long stacks
	found := pprofCounts.FindStringSubmatch(counts)
	if found == nil || !ok {
		return r.fault("it is no stack with numbers")
	}
	r.endRecord()
	if end := strings.IndexFunc(addresses, notOfStack); end >= 0 {
		addresses = addresses[:end]
	}
	stack, err := r.locations(addresses)
	if err != nil {
		return err
	}
	return r.addCounts(stack, found[1:5])
}

// notOfStack reports whether a character is not part of a list of addresses.
func notOfStack(c rune) bool { return !strings.ContainsRune(" x0123456789abcdef", c) }

// jemalloc reads a line such as "@ 0x401316 0x40165c", which begins a stack, or "t*: 10: 30000 [0: 0]", which
// has its numbers of all threads. The same line before the first stack has the totals.
func (r *textReader) jemalloc(line string) error {
	if line == "" || r.beginMappings(line) {
		return nil
	}
	if addresses, ok := strings.CutPrefix(line, "@"); ok && !strings.ContainsFunc(addresses, notOfStack) {
		stack, err := r.locations(addresses)
		r.stack, r.inStack = stack, true
		return err
	}
	found := jemallocCounts.FindStringSubmatch(line)
	switch {
	case found == nil:
		return r.fault("it is neither a stack nor its numbers")
	case found[1] != "*": // a single thread
		return nil
	case !r.inStack:
		r.both, r.counted = hasAllocated(found[2:6]), found[2] != "0"
		return nil
	}
	return r.addCounts(r.stack, found[2:6])
}

// locations returns the locations of return addresses, innermost first. A location lies within the call:
// one byte before the address to which it returns.
func (r *textReader) locations(text string) ([]*profile.Location, error) {
	var stack []*profile.Location
	for {
		_, rest, found := strings.Cut(text, "0x")
		if !found {
			return stack, nil
		}
		digits := len(rest) - len(strings.TrimLeft(rest, "0123456789abcdef"))
		if text = rest[digits:]; digits == 0 {
			continue
		}
		address, err := strconv.ParseUint(rest[:digits], 16, 64)
		if err != nil {
			return nil, r.fault("an address is too large")
		}
		address--
		loc := r.byAddress[address]
		if loc == nil {
			loc = &profile.Location{Address: address}
			if err := r.newLocation(loc); err != nil {
				return nil, err
			}
			r.byAddress[address] = loc
		}
		stack = append(stack, loc)
	}
}

// addCounts adds a sample of the four numbers on a line: objects and bytes in use, and allocated.
func (r *textReader) addCounts(stack []*profile.Location, counts []string) error {
	var values []int64
	var size int64 // of an object
	pairs := [][]string{counts[2:4], counts[0:2]}
	if !r.both {
		pairs = pairs[1:]
	}
	for _, pair := range pairs {
		objects, err1 := strconv.ParseInt(pair[0], 10, 64)
		bytes, err2 := strconv.ParseInt(pair[1], 10, 64)
		switch {
		case err1 != nil || err2 != nil:
			return r.fault("a number is larger than any memory")
		case objects == 0 && bytes != 0:
			return r.fault(fmt.Sprintf("it has %d bytes in 0 objects", bytes))
		}
		if objects != 0 {
			size = bytes / objects
			if r.sampled {
				var ok bool
				if objects, bytes, ok = unsample(objects, bytes, r.rate); !ok {
					return r.fault("its numbers are larger than any memory once they are scaled by the sampling rate")
				}
			}
		}
		values = append(values, objects, bytes)
	}
	if err := r.add(stack, values...); err != nil {
		return err
	}
	r.Sample[len(r.Sample)-1].NumLabel = map[string][]int64{"bytes": {size}}
	return nil
}

// unsample returns how much was allocated, or is in use, given what was sampled. An object is sampled with a
// probability that depends on its size. ok is false if the result is too large.
func unsample(objects, bytes, rate int64) (scaledObjects, scaledBytes int64, ok bool) {
	if objects == 0 || bytes == 0 {
		return 0, 0, true
	}
	if rate <= 1 { // every object is recorded, or the rate is not known
		return objects, bytes, true
	}
	mean := float64(bytes) / float64(objects)
	scale := 1 / (1 - math.Exp(-mean/float64(rate)))
	o, b := float64(objects)*scale, float64(bytes)*scale
	if !(math.Abs(o) <= maxTotal && math.Abs(b) <= maxTotal) {
		return 0, 0, false
	}
	return int64(o), int64(b), true
}

// beginMappings reports whether a line begins the list of mapped files.
func (r *textReader) beginMappings(line string) bool {
	if !strings.Contains(line, "MAPPED_LIBRARIES:") && !strings.Contains(line, "--- Memory map: ---") {
		return false
	}
	r.endRecord()
	r.read = r.mapping
	return true
}

// mapping reads a line of /proc/PID/maps. pprof reads lines that set a variable as well, for later lines:
// they are ignored here. It takes a line with white space at its end, because what ends in "file:line] " is from a log.
func (r *textReader) mapping(string) error {
	const perMapping = 32 // lines: those of data and of files that are not programs
	if r.maps++; r.maps > perMapping*r.limits.Mappings {
		return overLimit(r.maps, "lines of mapped files", perMapping*r.limits.Mappings)
	}
	found, err := profile.ParseProcMaps(bytes.NewReader(r.raw))
	if err != nil {
		return r.fault("a line of the mapped files is too long")
	}
	if r.Mapping = append(r.Mapping, found...); len(r.Mapping) > r.limits.Mappings {
		return overLimit(len(r.Mapping), "mappings", r.limits.Mappings)
	}
	return nil
}

// finish completes the profile.
func (r *textReader) finish() (*profile.Profile, error) {
	r.endRecord()
	r.SampleType = r.types()
	if len(r.memStats) > 0 {
		r.Comments = []string{memStatsPrefix + strings.Join(r.memStats, ", ")} // one, because pprof -top prints comments
	}
	named := len(r.Function) > 0
	if !named {
		r.DropFrames, r.KeepFrames = allocatorFrames()
	}
	for _, loc := range r.Location {
		names, ok := r.symbols[loc.Address]
		if !ok {
			names, ok = r.symbols[loc.Address+1]
		}
		if !ok || len(loc.Line) > 0 {
			continue
		}
		for _, name := range slices.Backward(strings.Split(names, "--")) { // callers come first
			if err := r.addLine(loc, symbolStart.ReplaceAllString(name, ""), "", 0); err != nil {
				return nil, err
			}
		}
		named = true
	}
	if err := r.ParseMemoryMap(strings.NewReader("")); err != nil { // links locations to mappings
		return nil, Fault("has mapped files that cannot be read")
	}
	named = named || len(r.Sample) == 0
	for _, m := range r.Mapping {
		m.HasFunctions, m.HasFilenames, m.HasLineNumbers = named, named, named // else pprof looks for names in the files
	}
	return r.Profile, nil
}

// addLine adds a line to a location: the caller of the last.
func (r *textReader) addLine(loc *profile.Location, name, file string, line int64) error {
	if len(loc.Line) >= r.limits.Inlined {
		return nil
	}
	f, err := r.function(name, file)
	if err != nil {
		return err
	}
	loc.Line = append(loc.Line, profile.Line{Function: f, Line: line})
	return nil
}

// allocatorFrames returns the patterns of the frames that pprof drops from such profiles, and keeps in them.
func allocatorFrames() (drop, keep string) {
	empty, err := profile.ParseData([]byte("heap profile: 0: 0 [0: 0] @ heapprofile\n"))
	if err != nil {
		return "", ""
	}
	return empty.DropFrames, empty.KeepFrames
}

// fault returns the Fault of the current line.
func (r *textReader) fault(what string) error {
	return Fault(fmt.Sprintf("is a heap profile in text, but line %d is wrong: %s. Take the profile again, if possible in pprof's own format", r.number, what))
}
