package report

import (
	"slices"
	"testing"

	"heaplab/profiler"
)

func TestEnvironmentLines(t *testing.T) {
	r := Report{
		Environment: profiler.Environment{
			"toolchain": "go1.26.8", "goos": "linux", "goarch": "amd64", "mem-total": "8329363456", "commit": "d27ab83c11f0f3e09dd2f6b2",
			"gogc": "100", "thp": "madvise", "zone": "b", "area": "a\x1b",
		},
		Config: profiler.DefaultConfig(8 << 30), Sweep: &profiler.Sweep{Over: "gogc", Values: []string{"50", "200"}},
	}
	lines := EnvironmentLines(r)
	want := []EnvironmentLine{
		{"Go", "go1.26.8 linux/amd64"}, {"Memory", "7.76 GiB"}, {"Transparent huge pages", "madvise"}, {"GOGC", "50, 200"}, {"Commit", "d27ab83c11f0"}, {"area", `a\x1b`}, {"zone", "b"},
		{"Rounds", "6 of each variant, interleaved"},
	}
	if len(lines) != len(want)+3 || !slices.Equal(lines[:len(want)], want) {
		t.Errorf("lines %+v, want %+v", lines, want)
	}
	if r.Environment["goos"] != "linux" || r.Environment["gogc"] != "100" {
		t.Error("the report's own environment changed")
	}
	if lines := EnvironmentLines(Report{}); lines[0].Name != "Rounds" {
		t.Errorf("without an environment: %+v", lines)
	}
}
