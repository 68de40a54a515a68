package builtin

import "testing"

// Bench returns a Go benchmark of the variant: set-up outside the timer, then one op per iteration.
// Measure children run it, and so does go test -bench.
func (v *Variant) Bench(in Input) func(*testing.B) {
	return v.bench(in, func(error) {})
}

// bench is Bench that also reports an error to failed.
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

// unmarked is the mark func of operations whose peak is not measured.
func unmarked() {}
