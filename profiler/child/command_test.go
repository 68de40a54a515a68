package child

import (
	"maps"
	"testing"
	"time"

	"heaplab/profiler"
)

func TestPeakKnown(t *testing.T) {
	for _, test := range []struct {
		name         string
		accuracy     Accuracy
		peak, atMost int64
		want         string
	}{
		{"exact", Exact, 100 * MiB, 100 * MiB, "known"},
		{"2 MiB higher", Bounded, 100 * MiB, 102 * MiB, "known"},
		{"more than 2 MiB higher", Bounded, 100 * MiB, 102*MiB + 1, "bounded"},
		{"1% higher", Bounded, 1000 * MiB, 1010 * MiB, "known"},
		{"more than 1% higher", Bounded, 1000 * MiB, 1010*MiB + 1, "bounded"},
		{"sampled", Sampled, 100 * MiB, 0, "sampled"},
	} {
		if got := peakKnown(Observation{Accuracy: test.accuracy, PeakRSS: test.peak, AtMost: test.atMost}); got != test.want {
			t.Errorf("%s: %q, want %q", test.name, got, test.want)
		}
	}
}

func TestAccuracy(t *testing.T) {
	for _, test := range []struct {
		name string
		seen Observation
		want profiler.Environment
	}{
		{"all seen", Observation{Accuracy: Exact, PeakRSS: 100 * MiB, Unseen: 2 * MiB}, profiler.Environment{"peak": "known", "parts": "known"}},
		{"a peak between samples", Observation{Accuracy: Exact, PeakRSS: 100 * MiB, Unseen: 3 * MiB}, profiler.Environment{"peak": "known", "parts": "sampled"}},
		{"several processes", Observation{Accuracy: Bounded, PeakRSS: 10 * MiB, AtMost: 20 * MiB}, profiler.Environment{"peak": "bounded", "peak-at-most": "20971520", "parts": "sampled"}},
		{"untraced", Observation{Accuracy: Sampled, PeakRSS: 100 * MiB}, profiler.Environment{"peak": "sampled", "parts": "sampled"}},
	} {
		if got := accuracy(test.seen); !maps.Equal(got, test.want) {
			t.Errorf("%s: %v, want %v", test.name, got, test.want)
		}
	}
}

func TestTraceHint(t *testing.T) {
	for _, test := range []struct {
		spec   Spec
		output string
		want   bool
	}{
		{Spec{Command: &CommandSpec{}}, "strace: ptrace(PTRACE_SEIZE, 9): Operation not permitted\n", true},
		{Spec{Command: &CommandSpec{}}, "LeakSanitizer does not work under ptrace (strace, gdb, etc)\n", true},
		{Spec{Command: &CommandSpec{}}, "ptrace is used\nrm: Operation not permitted\n", false},
		{Spec{Command: &CommandSpec{Untraced: true}}, "ptrace: Operation not permitted\n", false},
		{Spec{}, "ptrace: Operation not permitted\n", false},
	} {
		if got := traceHint(test.spec, test.output) != ""; got != test.want {
			t.Errorf("%q: hint %v, want %v", test.output, got, test.want)
		}
	}
}

func TestCommandTimeline(t *testing.T) {
	if got := commandTimeline(Observation{}); got != nil {
		t.Errorf("timeline without samples = %+v", got)
	}
	one := commandTimeline(Observation{Timeline: []TreeSample{{0, 1, 2}}})
	if one == nil || len(one.T) != 1 || one.Interval != 0 || one.Cost != 0 {
		t.Errorf("timeline of one sample = %+v", one)
	}
	got := commandTimeline(Observation{
		Wall: 100 * time.Millisecond, Sampling: time.Millisecond,
		Timeline: []TreeSample{{0, 1, 2}, {10 * time.Millisecond, 3, 4}, {30 * time.Millisecond, 5, 6}},
	})
	if got.Heap != nil || got.Live != nil || got.Anon[2] != 5 || got.File[1] != 4 {
		t.Errorf("series = %v, %v, %v, %v", got.Heap, got.Live, got.Anon, got.File)
	}
	if got.Ops != 1 || got.Mark != 30 || got.Interval != 15*time.Millisecond || got.Cost != 0.01 {
		t.Errorf("timeline = %+v, want a mark at 30 ms, an interval of 15 ms and a cost of 0.01", got)
	}
}
