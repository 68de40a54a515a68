package pprofui

import (
	"errors"
	"fmt"
	"net/url"
	"regexp/syntax"

	"github.com/google/pprof/profile"

	"heaplab/profiler/heap"
)

// maxGzip is the size of the largest profile that is shown, in bytes.
const maxGzip = 200 << 10

// limits bound a profile that is shown. What pprof makes of one grows much faster than it: of
// 0.8 MB it makes a page of 38 MB.
var limits = heap.Limits{
	Raw: 4 << 20, Samples: 5000, Locations: 20_000, Mappings: 256, Depth: 1024, Inlined: 1024, String: 4 << 10,
}

const (
	maxTypes = 8        // sample types: a heap profile has four
	maxWork  = 64 << 20 // see weigh
)

// TooLarge says why a profile of that many bytes of gzip and samples is not shown, as a Refusal
// does, or "". Few profiles that it lets through are refused all the same.
func TooLarge(gzip int64, samples int) string {
	switch {
	case gzip > maxGzip:
		return fmt.Sprintf("is larger than %d KiB", maxGzip>>10)
	case samples > limits.Samples:
		return fmt.Sprintf("has %d samples, over the limit of %d", samples, limits.Samples)
	}
	return ""
}

// read parses a profile that is small enough, and takes out of it what pprof would act on
// without any need here. The error is a Refusal.
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
	prof.DropFrames, prof.KeepFrames = "", "" // regular expressions, of any cost
	prof.DocURL, prof.Comments = "", nil      // links and text of any length
	for _, m := range prof.Mapping {
		m.BuildID = "" // by it pprof looks through folders
	}
	for _, s := range prof.Sample {
		s.Label, s.NumLabel, s.NumUnit = nil, nil, nil // none of the views shows them
	}
	return prof, nil
}

func refusal(err error) error {
	var fault heap.Fault
	if errors.As(err, &fault) {
		return Refusal(fault)
	}
	return err
}

// weigh estimates the text that pprof makes of a profile or searches, in bytes: a frame of every
// stack with its names; of every name all of its ends, for boxes that are too narrow for it; and
// all locations for each of several regular expressions.
func weigh(prof *profile.Profile) int {
	const (
		number   = 64 // the text of a frame beside its names
		searched = 8
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

// Parameters of pprof's pages: the type of sample, and the regular expressions of its Refine
// menu. Its others would change its cost.
const sampleIndex = "si"

var expressions = []string{"f", "i", "h", "s", "sf"}

// Bounds of a regular expression: of its text, and of the program that it is made into.
const (
	maxExpression  = 4 << 10
	maxExpressions = 1000
)

// checkQuery takes from a query what pprof may see of it. The error is a Mistake.
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

func checkExpression(text string) error {
	const long = Mistake("The regular expression is too long: choose fewer functions, or a shorter expression for them.")
	if len(text) > maxExpression {
		return long
	}
	parsed, err := syntax.Parse(text, syntax.Perl)
	if err != nil {
		return Mistake("That is no regular expression: " + err.Error() + ".")
	}
	program, err := syntax.Compile(parsed.Simplify())
	if err != nil {
		return Mistake("That is no regular expression: " + err.Error() + ".")
	}
	if len(program.Inst) > maxExpressions {
		return long
	}
	return nil
}
