package builtin

import "testing"

// Bench derives a Go benchmark: set-up outside the timer, then one op per iteration. It is
// what the measuring child runs, and what go test -bench runs of the same case.
func (v *Variant) Bench(in Input) func(*testing.B) {
	return v.bench(in, func(error) {})
}

// bench tells failed, besides b, why the benchmark cannot go on.
func (v *Variant) bench(in Input, failed func(error)) func(*testing.B) {
	return func(b *testing.B) {
		fatal := func(err error) {
			failed(err)
			b.Fatal(err)
		}
		work, err := v.Setup(in)
		if err != nil {
			fatal(err)
		}
		b.ReportAllocs()
		for b.Loop() {
			if err := work.Op(unmarked); err != nil {
				fatal(err)
			}
		}
		if err := work.Close(); err != nil {
			fatal(err)
		}
	}
}

// unmarked is the mark of an operation whose peak nobody looks at.
func unmarked() {}
