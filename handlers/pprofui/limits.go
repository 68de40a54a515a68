package pprofui

import (
	"errors"
	"fmt"
	"net/url"
	"regexp/syntax"

	"github.com/google/pprof/profile"

	"heaplab/profiler/heap"
)

// maxGzip limits the size of a profile, in bytes.
const maxGzip = 200 << 10

// limits are the limits of a profile. pprof's pages grow much faster than the profile: one of
// 0.8 MB gives a page of 38 MB.
var limits = heap.Limits{
	Raw: 4 << 20, Samples: 5000, Locations: 20_000, Mappings: 256, Depth: 1024, Inlined: 1024, String: 4 << 10,
}

const (
	maxTypes = 8        // sample types: a heap profile has four
	maxWork  = 64 << 20 // see weigh
)

// TooLarge returns the text of the Refusal of a profile with that many compressed bytes and samples, or ""
// if these are within the limits. Few profiles that pass are refused later for other reasons.
func TooLarge(gzip int64, samples int) string {
	switch {
	case gzip > maxGzip:
		return fmt.Sprintf("is larger than %d KiB", maxGzip>>10)
	case samples > limits.Samples:
		return fmt.Sprintf("has %d samples, over the limit of %d", samples, limits.Samples)
	}
	return ""
}

// read checks the limits of a profile and parses it. It removes parts that pprof would act on and that
// the views do not need. The error is a Refusal.
func read(gzip []byte) (*profile.Profile, error) {
	if reason := TooLarge(int64(len(gzip)), 0); reason != "" {
		return nil, Refusal(reason)
	}
	raw, err := heap.Gunzip(gzip, limits)
	if err != nil {
		return nil, refusal(err)
	}
	prof, err := heap.Read(raw, limits)
	if err != nil {
		return nil, refusal(err)
	}
	if len(prof.SampleType) > maxTypes {
		return nil, Refusal(fmt.Sprintf("has %d sample types, over the limit of %d", len(prof.SampleType), maxTypes))
	}
	if weigh(prof) > maxWork {
		return nil, Refusal("has stacks too deep, or names too long, for pprof's pages")
	}
	prof.DropFrames, prof.KeepFrames = "", "" // regular expressions, which can be expensive
	prof.DocURL, prof.Comments = "", nil      // unlimited links and text
	for _, m := range prof.Mapping {
		m.BuildID = "" // pprof searches folders for it
	}
	for _, s := range prof.Sample {
		s.Label, s.NumLabel, s.NumUnit = nil, nil, nil // no view shows them
	}
	return prof, nil
}

// refusal turns a heap.Fault into a Refusal, and returns any other error.
func refusal(err error) error {
	var fault heap.Fault
	if errors.As(err, &fault) {
		return Refusal(fault)
	}
	return err
}

// weigh estimates how much text pprof writes or searches for a profile, in bytes. It counts each frame of
// each stack with its names, all suffixes of each name (for boxes that are too narrow for the name), and
// all locations once for each of several regular expressions.
func weigh(prof *profile.Profile) int {
	const (
		number   = 64 // text of a frame without its names
		searched = 8  // regular expressions
	)
	work := 0
	for _, f := range prof.Function {
		work += len(f.Name) * len(f.Name)
	}
	weights := make(map[*profile.Location]int, len(prof.Location))
	for _, loc := range prof.Location {
		weight := number
		for _, line := range loc.Line {
			if f := line.Function; f != nil {
				weight += number + len(f.Name) + len(f.Filename)
			}
		}
		weights[loc] = weight
		if loc.Mapping != nil {
			weight += len(loc.Mapping.File)
		}
		work += searched * weight
	}
	for _, sample := range prof.Sample {
		for _, loc := range sample.Location {
			work += weights[loc]
		}
	}
	return work
}

// Parameters of pprof's pages: the sample type, and the regular expressions of the Refine menu.
// Other parameters are dropped, because they can make a page expensive.
const sampleIndex = "si"

var expressions = []string{"f", "i", "h", "s", "sf"}

// Limits of a regular expression: bytes of its text, and instructions of its compiled program.
const (
	maxExpression  = 4 << 10
	maxExpressions = 1000
)

// checkQuery returns the parameters of a query that are passed to pprof. The error is a Mistake.
func checkQuery(query url.Values) (url.Values, error) {
	checked := url.Values{}
	if value := query.Get(sampleIndex); value != "" {
		checked.Set(sampleIndex, value)
	}
	for _, name := range expressions {
		value := query.Get(name)
		if value == "" {
			continue
		}
		if err := checkExpression(value); err != nil {
			return nil, err
		}
		checked.Set(name, value)
	}
	return checked, nil
}

// checkExpression returns a Mistake if the regular expression is invalid or too expensive.
func checkExpression(text string) error {
	const long = Mistake("The regular expression is too long: choose fewer functions, or a shorter expression for them.")
	if len(text) > maxExpression {
		return long
	}
	parsed, err := syntax.Parse(text, syntax.Perl)
	if err != nil {
		return Mistake("This is not a valid regular expression: " + err.Error() + ".")
	}
	program, err := syntax.Compile(parsed.Simplify())
	if err != nil {
		return Mistake("This is not a valid regular expression: " + err.Error() + ".")
	}
	if len(program.Inst) > maxExpressions {
		return long
	}
	return nil
}
