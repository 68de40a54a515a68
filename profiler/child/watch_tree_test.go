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
			if got := w.observation(); got.PeakRSS != test.peak*MiB || got.Accuracy != test.want {
				t.Errorf("peak is %.0f MiB, %s; want %d, %s", mib(got.PeakRSS), got.Accuracy, test.peak, test.want)
			}
		})
	}
}
