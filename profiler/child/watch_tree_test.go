package child

import "testing"

// TestObservationOfMaxRSS has processes whose peak is only in the command's ru_maxrss.
func TestObservationOfMaxRSS(t *testing.T) {
	for _, test := range []struct {
		name     string
		all      int
		replaced bool
		maxRSS   int64 // MiB
		peak     int64
		want     Accuracy
	}{
		{"no higher than seen", 1, false, 11, 10, Exact},
		{"before an exec", 1, true, 100, 100, Exact},
		{"of a process that was not seen", 1, false, 100, 100, Sampled},
		{"one of two processes", 2, true, 100, 100, Sampled},
		{"of this process at the fork", 1, false, 30, 10, Exact},
	} {
		t.Run(test.name, func(t *testing.T) {
			w := newWatch(0, nil)
			w.all, w.replaced, w.maxRSS, w.inherited = test.all, test.replaced, test.maxRSS*MiB, 40*MiB
			w.peak.HighWater = 10 * MiB
			w.spans = []span{{0, 1, 10 * MiB}}
			w.limit = 50 * MiB
			if got := w.observation(); got.OverLimit != (test.peak > 50) {
				t.Errorf("peak of %d MiB: over the limit of 50 MiB = %v", test.peak, got.OverLimit)
			}
			if got := w.observation(); got.PeakRSS != test.peak*MiB || got.Accuracy != test.want {
				t.Errorf("peak is %.0f MiB, %s; want %d, %s", mib(got.PeakRSS), got.Accuracy, test.peak, test.want)
			}
		})
	}
}

// The tracer can get all reports of a short process before its parent's report that it has started.
func TestReportOfParentComesLast(t *testing.T) {
	for _, executes := range []bool{false, true} {
		w := newWatch(0, nil)
		w.enter(9, 0, true, false)
		if executes {
			w.execute(9)
		}
		w.note(9, ResidentMemory{10 * MiB, 5 * MiB, 5 * MiB})
		w.leave(9)
		w.gone(9)
		w.enter(9, 8, true, false)
		if len(w.processes) != 0 || w.all != 1 || w.unbounded {
			t.Errorf("executes %v: %d processes run, %d in all, unbounded %v; want 0, 1, false", executes, len(w.processes), w.all, w.unbounded)
		}
	}
}
