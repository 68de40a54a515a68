package views

import (
	"testing"
	"time"

	"heaplab/profiler/heap"
)

func TestLifetime(t *testing.T) {
	const mib = 1 << 20
	of := func(allocBefore, inuseBefore, allocAfter, inuseAfter int64, errors int64) heap.FunctionDiff {
		return heap.FunctionDiff{
			Before: heap.Side{Flat: heap.Values{AllocSpace: allocBefore, InuseSpace: inuseBefore}, FlatError: heap.Errors{AllocSpace: errors, InuseSpace: errors}},
			After:  heap.Side{Flat: heap.Values{AllocSpace: allocAfter, InuseSpace: inuseAfter}, FlatError: heap.Errors{AllocSpace: 2 * errors, InuseSpace: errors}},
		}
	}
	for _, test := range []struct {
		name string
		f    heap.FunctionDiff
		want string
	}{
		{"short-lived buffers", of(1000*mib, mib, 2000*mib, mib, 0), "dies young, 10 ms"},
		{"a cache with turnover", of(100*mib, 50*mib, 200*mib, 50*mib, 0), "lives, 5 s"},
		{"a leak", of(100*mib, 90*mib, 200*mib, 180*mib, mib), "may leak"},
		{"growth within the error", of(100*mib, 50*mib, 104*mib, 52*mib, 2*mib), "lives, 2 min 8 s"},
		{"nothing allocated", of(100*mib, 50*mib, 100*mib, 50*mib, 0), "–"},
		{"less than the error", of(100*mib, 50*mib, 101*mib, 51*mib, 2*mib), "–"},
		{"all freed", of(100*mib, 0, 200*mib, 0, 0), "dies young"},
	} {
		if got := lifetimeOf(test.f, 10*time.Second).String(); got != test.want {
			t.Errorf("%s: %q, want %q", test.name, got, test.want)
		}
	}
}
