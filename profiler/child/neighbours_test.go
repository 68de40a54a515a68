package child

import (
	"errors"
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
		t.Error("no error for another line")
	}
}

func TestNeighboursUnknown(t *testing.T) {
	n := neighbourhood{err: errors.New("no /proc")}
	if others, steal := n.since(time.Second); others != 0 || steal != 0 {
		t.Errorf("others = %v, steal = %v, want 0 if they are not known", others, steal)
	}
}

// The processor time of the child does not count for its neighbours.
func TestNeighboursExcludeChild(t *testing.T) {
	n := watchNeighbours()
	for start := ownCPU(t); ownCPU(t)-start < 300*time.Millisecond; {
	}
	all, _ := n.since(0)
	if rest, _ := n.since(all); all < 200*time.Millisecond || rest > all/2 {
		t.Errorf("others took %v including this process, and %v without it", all, rest)
	}
}

// ownCPU returns the processor time that this process has used.
func ownCPU(t *testing.T) time.Duration {
	t.Helper()
	var usage unix.Rusage
	if err := unix.Getrusage(unix.RUSAGE_SELF, &usage); err != nil {
		t.Fatal(err)
	}
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
}
