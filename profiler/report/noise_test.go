package report

import (
	"strings"
	"testing"
	"time"

	"heaplab/profiler"
)

func TestNoiseText(t *testing.T) {
	at := time.Date(2026, 11, 21, 14, 32, 0, 0, time.UTC)
	for want, c := range map[string]*Calibration{
		"default noise floors":               nil,
		"24 runs on 21 Nov 2026, 14:32 UTC.": {At: at, Runs: 24, Same: true},
		"other params or settings":           {At: at, Runs: 24},
		"The machine was busy":               {At: at, Runs: 24, Same: true, Notes: []string{"busy"}},
	} {
		if got := NoiseText(c); !strings.Contains(got, want) {
			t.Errorf("%q lacks %q", got, want)
		}
	}
}

func TestFloorLines(t *testing.T) {
	r := Report{
		Variants: []VariantReport{{Name: "fresh", Samples: map[string][]float64{
			profiler.NsPerOp: {1e6, 2e6, 3e6}, profiler.BytesPerOp: {1 << 20}, profiler.MajorFaults: {0, 0}, "widgets": {7},
		}}},
		Calibration: &Calibration{Floors: map[string]float64{profiler.NsPerOp: 0.031, profiler.BytesPerOp: 0.0002, "widgets": 0}},
	}
	var got []string
	for _, row := range FloorLines(r) {
		got = append(got, strings.Join([]string{row.Title, row.Unit, row.Median, row.Least, row.Most, row.Floor, row.Default}, " | "))
	}
	want := []string{
		"Bytes per op | B/op | 1 MiB | 1 MiB | 1 MiB | ±0.020% | ±0.10%, at least 64 B",
		"Time per op | ns/op | 2 ms | 1 ms | 3 ms | ±3.10% | ±5%",
		"Major page faults per op | major-faults/op | 0 | 0 | 0 | – | ±5%, at least 0.10",
		"widgets |  | 7 | 7 | 7 | ±0% | ±5%",
	}
	if strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("rows\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	if got := CalibrationHeadline(r); !strings.Contains(got, "±3.10%") {
		t.Errorf("headline %q", got)
	}
	delete(r.Calibration.Floors, profiler.NsPerOp)
	if got := CalibrationHeadline(r); strings.Contains(got, "%") {
		t.Errorf("headline without a floor of time: %q", got)
	}
}
