package cases

import (
	"strings"
	"testing"

	"heaplab/profiler"
	"heaplab/profiler/cases/casetest"
	"heaplab/profiler/profilertest/allocs"
	"heaplab/profiler/subject/builtin"
)

// Every variant computes the sum, holds the same bytes, allocates nothing, and reads the predicted
// number of lines.
func TestLocalityVariants(t *testing.T) {
	p, faults := locality.Resolve(map[string]any{"side": 1024})
	if len(faults) > 0 {
		t.Fatal(faults)
	}
	in := builtin.Input{Params: p}
	lines := map[string]float64{}
	for i := range locality.Variants {
		v := &locality.Variants[i]
		lines[v.Name] = casetest.Metrics(t, &locality, v.Name, in)[profiler.LinesPerOp]
		if held := casetest.HeapAtMark(t, v, in); held < 4<<20 || held > 4<<20+16<<10 {
			t.Errorf("%s holds %v bytes, want 4 MiB", v.Name, held)
		}
		work, err := v.Setup(in)
		if err != nil {
			t.Fatal(err)
		}
		if n := allocs.PerRun(3, func() { err = work.Op(func() {}) }); n != 0 || err != nil {
			t.Errorf("%s: %v allocations, %v", v.Name, n, err)
		}
	}
	for _, prediction := range locality.Predict(p) {
		if got := lines["columns"] / lines[prediction.Variant]; prediction.Unit == profiler.LinesPerOp && got != float64(prediction.Ratio) {
			t.Errorf("%s fetches %v times fewer lines, predicted was %v", prediction.Variant, got, prediction.Ratio)
		}
	}
}

// Data that no cache holds needs a sixteenth of the lines; the control needs the same.
func TestLocalityRatios(t *testing.T) {
	for _, test := range []struct {
		side int
		want map[string]float64
	}{
		{8208, map[string]float64{"structs": 1, "arrays": 16, "blocks": 16, "rows": 16}},
		{64, map[string]float64{"structs": 1, "arrays": 1, "blocks": 1, "rows": 1}},
	} {
		p, _ := locality.Resolve(map[string]any{"side": test.side})
		for _, prediction := range locality.Predict(p) {
			want := test.want[prediction.Variant]
			if prediction.Unit == profiler.LiveHeap {
				want = 1
			}
			if float64(prediction.Ratio) != want {
				t.Errorf("side %d: %+v, want %v", test.side, prediction, want)
			}
		}
	}
}

// A wrong sum is an error.
func TestLocalityChecksItsSum(t *testing.T) {
	s := &sums{sum: func() float64 { return 41 }, want: 42}
	if err := s.Op(func() {}); err == nil || !strings.Contains(err.Error(), "41, not 42") {
		t.Errorf("error = %v", err)
	}
}

func TestLocalityRejectsPartsOfALine(t *testing.T) {
	_, faults := locality.Resolve(map[string]any{"side": 100})
	if !strings.Contains(faults.For("side"), "multiple of 16") {
		t.Errorf("faults = %v", faults)
	}
}
