package report

import (
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"heaplab/profiler"
)

func TestEnvironmentChanges(t *testing.T) {
	env := func(pairs ...string) profiler.Environment {
		e := profiler.Environment{
			"goos": "linux", "goarch": "amd64", "cpu": "A", "cpu-count": "2", "mem-total": "100", "kernel": "6.1", "toolchain": "go1.26",
			"heaplab": "v1", "commit": "0123456789abcdef", "code": "c", "thp-enabled": "madvise", "machine": "m", "gogc": "100",
		}
		for i := 0; i < len(pairs); i += 2 {
			if e[pairs[i]] = pairs[i+1]; pairs[i+1] == "" {
				delete(e, pairs[i])
			}
		}
		return e
	}
	for _, test := range []struct {
		name string
		now  profiler.Environment
		want []string
	}{
		{"the same", env(), nil},
		{"keys that do not matter", env("gogc", "50", "other", "x"), nil},
		{"kernel", env("kernel", "6.2", "machine", "n"), []string{"the kernel was 6.1 and is 6.2 now"}},
		{"Go", env("toolchain", "go1.27"), []string{"the Go version was go1.26 and is go1.27 now"}},
		{"commit", env("commit", "fedcba9876543210"), []string{"the commit of heaplab was 0123456789ab and is fedcba987654 now"}},
		{"two", env("goarch", "arm64", "cpu-count", "4"), []string{"the architecture was amd64 and is arm64 now", "the number of CPUs was 2 and is 4 now"}},
		{"huge pages", env("thp-enabled", "always"), []string{"the huge-page setting thp-enabled was madvise and is always now"}},
		{"new huge-page setting", env("thp-defrag", "always"), []string{"the huge-page setting thp-defrag was not recorded"}},
		{"no code", env("code", ""), []string{"the code of the cases was c and is not known now"}},
		{"only the machine", env("machine", "n"), []string{"the machine is a different one"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			if got := EnvironmentChanges(env(), test.now); !slices.Equal(got, test.want) {
				t.Errorf("changes = %q, want %q", got, test.want)
			}
		})
	}
}

func TestAddedText(t *testing.T) {
	day := time.Date(2026, 11, 28, 9, 0, 0, 0, time.UTC)
	for _, test := range []struct {
		name  string
		count int
		added []profiler.Addition
		want  string
	}{
		{"never", 6, nil, ""},
		{"once", 6, []profiler.Addition{{At: day, Rounds: 4}}, "Rounds were added on 28 Nov 2026: 2, then 4 more."},
		{"the plan was finished", 6, []profiler.Addition{{At: day}}, ""},
		{"twice on a day", 12, []profiler.Addition{{At: day, Rounds: 4}, {At: day, Rounds: 0}, {At: day, Rounds: 6}}, "Rounds were added on 28 Nov 2026: 2, then 4 more, then 6 more."},
		{"on two days", 12, []profiler.Addition{{At: day, Rounds: 4}, {At: day.AddDate(0, 0, 1), Rounds: 6}}, "Rounds were added on 28 Nov 2026 and 29 Nov 2026: 2, then 4 more, then 6 more."},
	} {
		t.Run(test.name, func(t *testing.T) {
			r := Report{Config: profiler.Config{Count: test.count}, Added: test.added, Kind: profiler.KindComparison}
			if got := AddedText(r); got != test.want {
				t.Errorf("text = %q, want %q", got, test.want)
			}
			if got := AddedWarning(r) != ""; got != (test.want != "") {
				t.Errorf("has a warning: %t", got)
			}
		})
	}
}

func TestLackingRounds(t *testing.T) {
	comparison := Report{Config: profiler.Config{Count: 2}, Comparisons: []Comparison{{NeedsRounds: 4}, {NeedsRounds: 5}, {}}}
	early := comparison
	early.Config.Count = 6 // planned: most of them have not run
	sweep := Report{Config: profiler.Config{Count: 3}, Rows: []RowReport{{}, {Along: []Comparison{{NeedsRounds: 4}}}}}
	for name, test := range map[string]struct {
		report Report
		want   int
	}{"comparison": {comparison, 3}, "enough is planned": {early, 0}, "sweep": {sweep, 1}, "nothing": {Report{}, 0}} {
		if got := LackingRounds(test.report); got != test.want {
			t.Errorf("%s: %d rounds, want %d", name, got, test.want)
		}
	}
}

// Looking at the verdict before rounds are added causes more wrong verdicts. With -v, the test prints how
// many of 1000 comparisons of a variant with itself are decided.
func TestErrorRateOfAddedRounds(t *testing.T) {
	const comparisons = 1000
	random := rand.New(rand.NewPCG(1, 2))
	e := profiler.Experiment{
		Kind: profiler.KindComparison, State: profiler.Done,
		Design: profiler.Design{Variants: []profiler.VariantInfo{{Name: "a"}, {Name: "b"}}, Primary: []string{profiler.NsPerOp}},
	}
	for _, test := range []struct {
		looks       []int // rounds at which somebody looks, and stops if the verdict is decided
		least, most float64
	}{
		{[]int{6}, 0, 0.05},
		{[]int{12}, 0, 0.06},
		{[]int{6, 12}, 0.05, 0.09},
		{[]int{6, 12, 18, 24}, 0.08, 0.15},
	} {
		wrong := 0
		for range comparisons {
			var runs []profiler.Run
			for _, n := range test.looks {
				for len(runs) < 2*n {
					for _, v := range []string{"a", "b"} {
						runs = append(runs, profiler.Run{
							Task:         profiler.Task{Kind: profiler.Measure, Variant: v},
							Measurements: []profiler.Measurement{{Unit: profiler.NsPerOp, Value: 1e6 * (1 + random.NormFloat64()/4)}},
						})
					}
				}
				e.Config.Count = n
				r := NewReport(e, runs, nil)
				if c := r.Comparison("b", profiler.NsPerOp); c.Verdict.Decided() {
					wrong++
					break
				}
			}
		}
		rate := float64(wrong) / comparisons
		t.Logf("looks at %v rounds: %.1f%% of %d comparisons of a variant with itself are decided", test.looks, 100*rate, comparisons)
		if rate < test.least || rate > test.most {
			t.Errorf("looks at %v rounds: %.1f%% are decided, want %.0f%% to %.0f%%", test.looks, 100*rate, 100*test.least, 100*test.most)
		}
	}
}
