package child

import (
	"testing"
	"time"

	"heaplab/profiler/profilertest/allocs"

	"golang.org/x/sys/unix"
)

func newTestTimelineSampler(t testing.TB) *TimelineSampler {
	t.Helper()
	s, err := NewTimelineSampler()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		s.statm.close()
		if err := unix.Munmap(s.buffer); err != nil {
			t.Error(err)
		}
	})
	return s
}

func TestTimelineSamplerThinsOut(t *testing.T) {
	s := newTestTimelineSampler(t)
	for i := range maxMoments { // as if every call recorded one
		s.moments = append(s.moments, moment{at: time.Duration(i)})
	}
	s.calls = maxMoments
	for range 8 {
		s.sample()
	}
	if s.every != 2 || len(s.moments) != maxMoments/2+4 {
		t.Fatalf("%d moments, one of every %d calls, want %d and 2", len(s.moments), s.every, maxMoments/2+4)
	}
	for i, m := range s.moments[:maxMoments/2] {
		if m.at != time.Duration(2*i) {
			t.Fatalf("moment %d is at %d, want %d", i, m.at, 2*i)
		}
	}
	if s.err != nil {
		t.Error(s.err)
	}
}

// An allocation of a sampler would be part of the measurement.
func TestSamplersAllocateNothing(t *testing.T) {
	timeline := newTestTimelineSampler(t)
	status, err := OpenMemoryStatus()
	if err != nil {
		t.Fatal(err)
	}
	defer status.Close()
	rss := &RSSSampler{status: status}
	for name, sample := range map[string]func(){"timeline": timeline.sample, "resident memory": rss.sample} {
		if n := allocs.PerRun(100, sample); n != 0 {
			t.Errorf("a sample of %s allocates %v times", name, n)
		}
	}
	if timeline.err != nil || rss.err != nil {
		t.Error(timeline.err, rss.err)
	}
	if rss.peak.Anon == 0 || rss.peak.HighWater < rss.peak.Anon {
		t.Errorf("resident memory = %+v", rss.peak)
	}
}

// BenchmarkTimelineSample measures the cost of a sample, also as a share of one core at the interval of
// the samples.
func BenchmarkTimelineSample(b *testing.B) {
	s := newTestTimelineSampler(b)
	b.ReportAllocs()
	for b.Loop() {
		s.record()
	}
	if s.err != nil {
		b.Fatal(s.err)
	}
	perSample := b.Elapsed() / time.Duration(b.N)
	b.ReportMetric(100*perSample.Seconds()/timelineInterval.Seconds(), "%core")
}
