package gobench_test

import (
	"flag"
	"fmt"
	"strings"
	"testing"

	"heaplab/profiler"
)

var toolchains = flag.String("toolchains", "", "versions of Go that measure the shapes of benchmarks, such as go1.24.11,go1.25.5; they must have been downloaded")

// Versions of Go measure each shape alike: all as it is, and so each other.
func TestToolchains(t *testing.T) {
	if *toolchains == "" {
		t.Skip("takes several minutes and needs other versions of Go: run make toolchains")
	}
	versions := strings.Split(*toolchains, ",")
	rows := map[string]string{}
	for _, version := range versions {
		t.Run(version, func(t *testing.T) {
			t.Setenv("GOTOOLCHAIN", version)
			m := shapes(t)
			for _, s := range allShapes {
				t.Run(s.name, func(t *testing.T) {
					measured, profile := s.measure(t, m)
					if used := measured.Environment["toolchain"]; used != version {
						t.Errorf("measured with %s", used)
					}
					bytes, _ := measured.Value(profiler.BytesPerOp)
					allocs, _ := measured.Value(profiler.AllocsPerOp)
					rows[s.name] += fmt.Sprintf(" %.2f, %.2f, %d |", bytes, allocs, profile.SelfCheck.Difference())
				})
			}
			t.Run("Peak", func(t *testing.T) {
				rows["Peak"] += fmt.Sprintf(" %.1f MiB live |", measureLiveHeap(t, m)/(1<<20))
			})
		})
	}
	var table strings.Builder
	fmt.Fprintf(&table, "| shape | %s |\n|---|%s\n", strings.Join(versions, " | "), strings.Repeat("---|", len(versions)))
	for _, s := range append(allShapes, shape{name: "Peak"}) {
		fmt.Fprintf(&table, "| %s |%s\n", s.name, rows[s.name])
	}
	t.Logf("B/op, allocs/op, bytes of the profile less those counted\n\n%s", table.String())
}
