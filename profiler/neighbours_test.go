package profiler

import (
	"runtime"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

func TestParseCPUTime(t *testing.T) {
	got, err := parseCPUTime("cpu  100 1 20 5000 30 2 3 4 0 0\ncpu0 1 2 3\n")
	if want := (cpuTime{busy: 1260 * time.Millisecond, steal: 40 * time.Millisecond}); err != nil || got != want {
		t.Errorf("got %+v, %v; want %+v", got, err, want)
	}
	if _, err := parseCPUTime("intr 1"); err == nil {
		t.Error("no error for what is no line of processor times")
	}
}

func TestBusyMachine(t *testing.T) {
	all := time.Duration(runtime.NumCPU()) * time.Second // of a run of one second
	run := func(kind string, others, steal float64) Run {
		return Run{
			Task:     Task{Kind: kind},
			Duration: time.Second,
			Others:   time.Duration(others * float64(all)),
			Steal:    time.Duration(steal * float64(all)),
		}
	}
	for _, test := range []struct {
		name string
		runs []Run
		want []string // parts of the warnings
	}{
		{"nothing ran", nil, nil},
		{"quiet", []Run{run(Measure, 0.05, 0.01)}, nil},
		{"busy", []Run{run(Measure, 0.5, 0), run(Measure, 0.1, 0)}, []string{"took 30% of its processors"}},
		{"busy while profiling alone", []Run{run(Measure, 0, 0), run(Allocs, 1, 1)}, nil},
		{"stolen from", []Run{run(Measure, 0, 0.04)}, []string{"gave 4% of the processors"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			got := comparability(Experiment{}, test.runs)
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

// What a child itself does is not its neighbours' doing.
func TestNeighboursAreNotTheChild(t *testing.T) {
	n := watchNeighbours()
	for start := ownCPU(t); ownCPU(t)-start < 300*time.Millisecond; {
	}
	all, _ := n.since(0)
	if rest, _ := n.since(time.Hour); all < 200*time.Millisecond || rest != 0 {
		t.Errorf("others took %v of what this process did, and %v of what is left", all, rest)
	}
}

// ownCPU is the processor time that this process has used.
func ownCPU(t *testing.T) time.Duration {
	t.Helper()
	var usage unix.Rusage
	if err := unix.Getrusage(unix.RUSAGE_SELF, &usage); err != nil {
		t.Fatal(err)
	}
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
}
