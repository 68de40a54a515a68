package views

import (
	"testing"

	"heaplab/profiler"
)

func TestStrips(t *testing.T) {
	got := strips(testLive().Report)
	if len(got) != 3 || got[0].Unit.Name != profiler.BytesPerOp || len(got[0].Rows) != 3 {
		t.Fatalf("%+v", got)
	}
	rows := got[0].Rows
	if len(rows[0].At) != 2 || rows[0].At[0] != full || rows[1].Role != "other-1" || rows[2].Latest != "384 B" {
		t.Errorf("%+v", rows)
	}
	if none := strips(testQueued().Report); len(none) != 0 {
		t.Errorf("strips before the first sample: %+v", none)
	}
}
