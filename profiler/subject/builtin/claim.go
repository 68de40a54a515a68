package builtin

import "heaplab/profiler"

// A Claim is a statement about a technique in an article on the memory optimisation of large models,
// with the tests of it. The built-in cases come from this article; docs/cases.md names it.
type Claim struct {
	Family  string // family of techniques, with its translation
	Chinese string // name of the technique or example in the article
	English string // the same in English
	Says    string // the claim
	Code    string // what the code in the article really does; "" if it has none
	Tests   []Test // empty if no case measures it
}

// A Test compares one variant of a case with its baseline in one unit. The claim is that the variant is
// better.
type Test struct {
	Case, Variant, Unit string
	Params              profiler.Params // that an experiment must have; nil allows all

	// Former holds params that the case no longer has. An old experiment with other values of them
	// does not match.
	Former profiler.Params
}

// Matches reports whether e ran with the params that t requires. An old experiment that lacks one of
// them matches, because the default of a new param keeps the old behaviour.
func (t Test) Matches(e profiler.Experiment) bool {
	for _, params := range []profiler.Params{t.Params, t.Former} {
		for name, value := range params {
			if got, ok := e.Design.Params[name]; ok && got != value {
				return false
			}
		}
	}
	return true
}

// FitLive is the unit of a Test of the bytes in use at the peak of a training step, see
// profiler.Fit.LiveHeap.
const FitLive = "fit-live-heap-bytes"
