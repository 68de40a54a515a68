package builtin

import "heaplab/profiler"

// A Claim is something that the article which the built-in cases come from, 大型模型内存优化
// ("memory optimisation of large models"), says of a technique, and what puts it to the test.
type Claim struct {
	Family  string // of techniques, with its translation
	Chinese string // the technique's or worked case's name in the article
	English string // the same in English
	Says    string // what the article claims of it
	Code    string // what the article's code would really do; "" where it has none
	Tests   []Test // none where nothing here measures it yet
}

// A Test holds one variant of a case against its baseline in one unit. The claim is that it is
// better.
type Test struct {
	Case, Variant, Unit string
	Params              profiler.Params // that an experiment must have; nil for any

	// Former are params that the case once had. An old experiment with other values of them is
	// about something else.
	Former profiler.Params
}

// Matches reports whether e ran with the params that t requires. An experiment from before the
// case had one of them matches: the default of a new param keeps the old behaviour.
func (t Test) Matches(e profiler.Experiment) bool {
	for _, params := range []profiler.Params{t.Params, t.Former} {
		for name, value := range params {
			if has, ok := e.Design.Params[name]; ok && has != value {
				return false
			}
		}
	}
	return true
}

// FitLive is the unit of a Test that is about what a step of a whole fit has in use at its
// peak, see Fit.
const FitLive = "fit-live-heap-bytes"
