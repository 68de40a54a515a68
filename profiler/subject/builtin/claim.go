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
	Params              profiler.Params // that differ from their defaults
}

// FitLive is the unit of a Test of the bytes in use at the peak of a training step, see
// profiler.Fit.LiveHeap.
const FitLive = "fit-live-heap-bytes"
