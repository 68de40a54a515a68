package report

import (
	"runtime"
	"strings"
	"testing"
	"time"

	"heaplab/profiler"
)

func TestLoadWarnings(t *testing.T) {
	all := time.Duration(runtime.NumCPU()) * time.Second // of a run of one second
	run := func(kind profiler.RunKind, others, steal float64) profiler.Run {
		return profiler.Run{
			Task:     profiler.Task{Kind: kind},
			Duration: time.Second,
			Others:   time.Duration(others * float64(all)),
			Steal:    time.Duration(steal * float64(all)),
		}
	}
	for _, test := range []struct {
		name string
		runs []profiler.Run
		want []string // parts of the warnings
	}{
		{"nothing ran", nil, nil},
		{"quiet", []profiler.Run{run(profiler.Measure, 0.05, 0.01)}, nil},
		{"busy", []profiler.Run{run(profiler.Measure, 0.5, 0), run(profiler.Measure, 0.1, 0)}, []string{"30%"}},
		{"busy only while profiling", []profiler.Run{run(profiler.Measure, 0, 0), run(profiler.Allocs, 1, 1)}, nil},
		{"steal", []profiler.Run{run(profiler.Measure, 0, 0.04)}, []string{"4%"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			got, _ := comparability(profiler.Experiment{}, test.runs)
			if len(got) != len(test.want) {
				t.Fatalf("warnings = %q, want %q", got, test.want)
			}
			for i := range got {
				if !strings.Contains(got[i], test.want[i]) {
					t.Errorf("warning = %q, want %q", got[i], test.want[i])
				}
			}
		})
	}
}

// A server may show a report from another machine.
func TestLoadOfMachineInReport(t *testing.T) {
	for _, test := range []struct {
		name  string
		count string // "": the run does not say
		want  float64
	}{
		{"as the run says", "8", 0.25},
		{"one processor", "1", 2},
		{"unknown", "", 2 / float64(runtime.NumCPU())},
		{"nonsense", "many", 2 / float64(runtime.NumCPU())},
		{"none", "0", 2 / float64(runtime.NumCPU())},
	} {
		t.Run(test.name, func(t *testing.T) {
			run := profiler.Run{Duration: time.Second, Others: 2 * time.Second, Steal: 2 * time.Second}
			if test.count != "" {
				run.Environment = profiler.Environment{"cpu-count": test.count}
			}
			if got, ok := loadDuring([]profiler.Run{run}); !ok || got.others != test.want || got.steal != test.want {
				t.Errorf("shares = %+v, want %v of both", got, test.want)
			}
		})
	}
}

func TestComparability(t *testing.T) {
	run := func(kind profiler.RunKind, variant, gogc string, others time.Duration) profiler.Run {
		return profiler.Run{
			Task:        profiler.Task{Kind: kind, Variant: variant},
			Duration:    time.Second,
			Others:      others,
			Environment: profiler.Environment{"gogc": gogc, "goos": "linux", "cpu-count": "10"},
		}
	}
	quiet := func(variant, gogc string) profiler.Run { return run(profiler.Measure, variant, gogc, 0) }
	sweep := profiler.Experiment{Kind: profiler.KindSweep, Sweep: &profiler.Sweep{Over: "gogc", Values: []string{"50", "100"}}}
	bare := quiet("a", "")
	bare.Environment = nil
	short := quiet("a", "100")
	short.Duration = 100 * time.Millisecond
	for _, test := range []struct {
		name     string
		e        profiler.Experiment
		runs     []profiler.Run
		want     []string // parts of the only warning
		distrust Distrust
	}{
		{"equal", profiler.Experiment{}, []profiler.Run{quiet("a", "100"), quiet("b", "100")}, nil, Distrust{}},
		{"another setting", profiler.Experiment{}, []profiler.Run{quiet("a", "100"), quiet("b", "50"), quiet("a", "100")},
			[]string{"gogc", "100 for a,", "50 for b"}, Distrust{All: true}},
		{"another setting within a variant", profiler.Experiment{}, []profiler.Run{quiet("a", "100"), quiet("a", "50"), quiet("b", "100")},
			[]string{"gogc", "100 for a, b,", "50 for a"}, Distrust{All: true}},
		{"the setting of a sweep", sweep, []profiler.Run{quiet("a", "50"), quiet("a", "100")}, nil, Distrust{}},
		{"other kinds do not count", profiler.Experiment{}, []profiler.Run{quiet("a", "100"), run(profiler.Allocs, "a", "50", 0)}, nil, Distrust{}},
		{"runs without an environment", profiler.Experiment{}, []profiler.Run{bare, quiet("b", "100")}, nil, Distrust{}},
		{"even load", profiler.Experiment{}, []profiler.Run{run(profiler.Measure, "a", "100", time.Second), run(profiler.Measure, "b", "100", time.Second)}, nil, Distrust{}},
		{"uneven load", profiler.Experiment{}, []profiler.Run{run(profiler.Measure, "a", "100", 0), run(profiler.Measure, "b", "100", 1900*time.Millisecond)},
			[]string{"19%", "while b ran", "0% while a ran"}, Distrust{Times: true}},
		{"load of runs that are too short", profiler.Experiment{}, []profiler.Run{short, run(profiler.Measure, "b", "100", 900*time.Millisecond)}, nil, Distrust{}},
	} {
		t.Run(test.name, func(t *testing.T) {
			got, distrust := comparability(test.e, test.runs)
			if distrust != test.distrust {
				t.Errorf("distrust = %+v, want %+v", distrust, test.distrust)
			}
			if (len(got) == 0) != (test.want == nil) || len(got) > 1 || len(got) == 1 && !hasAll(got[0], test.want) {
				t.Errorf("warnings = %q, want one with %q", got, test.want)
			}
		})
	}
}
