package builtin

import (
	"testing"

	"heaplab/profiler"
)

func TestTestMatchesParams(t *testing.T) {
	test := Test{Params: profiler.Params{"mode": "inference"}}
	for _, c := range []struct {
		params profiler.Params
		want   bool
	}{
		{profiler.Params{"mode": "inference", "batch": int64(4)}, true},
		{profiler.Params{"mode": "training"}, false},
		{profiler.Params{"batch": int64(4)}, true}, // stored before the case had modes
	} {
		if got := test.Matches(profiler.Experiment{Design: profiler.Design{Params: c.params}}); got != c.want {
			t.Errorf("Matches %v = %v", c.params, got)
		}
	}
	if !(Test{}).Matches(profiler.Experiment{}) {
		t.Error("a test without params must match any experiment")
	}
}
