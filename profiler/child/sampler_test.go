package child

import (
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

func timelineSamplerFor(t testing.TB) *timelineSampler {
	t.Helper()
	s, err := NewTimelineSampler()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		s.statm.Close()
		if err := unix.Munmap(s.buffer); err != nil {
			t.Error(err)
		}
	})
	return s
}

// When there is no more room every other moment goes, and half as many come from then on.
func TestTimelineThinsOut(t *testing.T) {
	s := timelineSamplerFor(t)
	for i := range maxMoments { // as if sampled every time
		s.moments = append(s.moments, moment{at: time.Duration(i)})
	}
	s.calls = maxMoments
	for range 8 {
		s.sample()
	}
	if s.every != 2 || len(s.moments) != maxMoments/2+4 {
		t.Fatalf("%d moments are kept and every %d. is recorded, want %d and 2", len(s.moments), s.every, maxMoments/2+4)
	}
	for i, m := range s.moments[:maxMoments/2] {
		if m.at != time.Duration(2*i) {
			t.Fatalf("moment %d was taken at %d, want %d", i, m.at, 2*i)
		}
	}
	if s.err != nil {
		t.Error(s.err)
	}
}

// What samplers allocate would be measured along.
func TestSamplersAllocateNothing(t *testing.T) {
	timeline := timelineSamplerFor(t)
	status, err := OpenProc("status")
	if err != nil {
		t.Fatal(err)
	}
	defer status.Close()
	rss := &rssSampler{status: status}
	for name, sample := range map[string]func(){"timeline": timeline.sample, "resident memory": rss.sample} {
		if n := testing.AllocsPerRun(100, sample); n != 0 {
			t.Errorf("a sample of %s allocates %v times", name, n)
		}
	}
	if timeline.err != nil || rss.err != nil {
		t.Error(timeline.err, rss.err)
	}
}

// BenchmarkTimelineSample is what a timeline costs: a sample, and as a share of one core at
// the interval in which they are taken.
func BenchmarkTimelineSample(b *testing.B) {
	s := timelineSamplerFor(b)
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
