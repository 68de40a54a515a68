package profiler

import "testing"

func TestTestIsPutByItsParams(t *testing.T) {
	test := Test{Params: Params{"mode": "inference"}}
	for _, c := range []struct {
		params Params
		want   bool
	}{
		{Params{"mode": "inference", "batch": int64(4)}, true},
		{Params{"mode": "training"}, false},
		{Params{"batch": int64(4)}, true}, // stored before the case had modes
	} {
		if got := test.IsPutBy(Experiment{Params: c.params}); got != c.want {
			t.Errorf("IsPutBy %v = %v", c.params, got)
		}
	}
	if !(Test{}).IsPutBy(Experiment{}) {
		t.Error("a test without params is put by any experiment")
	}
}
