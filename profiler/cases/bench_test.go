package cases

import (
	"flag"
	"strings"
	"testing"

	"heaplab/profiler"
	"heaplab/profiler/subject/builtin"
)

var benchParams = flag.String("params", "", "set the case's params to `NAME=VALUE,…`")

// BenchmarkCases runs every variant of every case under go test, with sub-benchmarks named
// CASE/VARIANT. Params that a case does not have fail that case's benchmark alone.
func BenchmarkCases(b *testing.B) {
	var pairs []string
	if *benchParams != "" {
		pairs = strings.Split(*benchParams, ",")
	}
	raw, err := profiler.ParseAssignments(pairs)
	if err != nil {
		b.Fatal(err)
	}
	for _, c := range All {
		b.Run(c.Name, func(b *testing.B) {
			p, faults := c.Resolve(raw)
			if len(faults) > 0 {
				b.Fatal(faults)
			}
			in, err := c.PrepareIn(b.TempDir(), builtin.Input{Params: p})
			if err != nil {
				b.Fatal(err)
			}
			for _, v := range c.Variants {
				b.Run(v.Name, v.Bench(in))
			}
		})
	}
}
