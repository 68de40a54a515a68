package child

import (
	"testing"
	"time"
)

func TestTreeTimelineThinsOut(t *testing.T) {
	var s treeSampler
	for i := range 3 * maxTreeSamples {
		s.record(TreeSample{At: time.Duration(i) * processInterval})
	}
	if n := len(s.timeline); n > maxTreeSamples || n < maxTreeSamples/2 {
		t.Errorf("%d samples, want %d to %d", n, maxTreeSamples/2, maxTreeSamples)
	}
	for i, sample := range s.timeline {
		if want := time.Duration(i) * 4 * processInterval; sample.At != want {
			t.Fatalf("sample %d is at %v, want %v", i, sample.At, want)
		}
	}
}
