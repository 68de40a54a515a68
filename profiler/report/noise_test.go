package report

import (
	"strings"
	"testing"
	"time"

	"heaplab/profiler"
)

func TestNoiseText(t *testing.T) {
	at := time.Date(2026, 11, 21, 14, 32, 0, 0, time.UTC)
	measured := &Calibration{Experiment: 7, At: at, Runs: 24, Same: true}
	for _, test := range []struct {
		name string
		c    *Calibration
		all  []Judged
		want string
	}{
		{"no calibration", nil, nil,
			"No calibration applied when this experiment was judged, so the default noise floors apply. A calibration compares the baseline with itself."},
		{"other conditions", nil, []Judged{{At: at, Excluded: &Exclusion{Calibration: 7, Differs: []Condition{{ofParam, "batch", "8"}}}}},
			"Calibration #7 was taken with other params (batch=8): it does not apply. Default noise floors do."},
		{"not accepted", nil, []Judged{{At: at, Excluded: &Exclusion{Calibration: 7, Busy: true}}},
			"Calibration #7 was taken on a busy machine, and nobody had accepted it: it does not apply. Default noise floors do."},
		{"the same conditions", measured, []Judged{{At: at, Calibration: 7}},
			"The noise floors were measured on this machine by comparing the baseline with itself, 24 runs on 21 Nov 2026, 14:32 UTC. They are never below 64 KiB of heap or 1 MiB of resident memory."},
		{"accepted", &Calibration{At: at, Runs: 24, Same: true, Notes: []string{"busy"}, Accepted: at}, nil,
			"The noise floors were measured on this machine by comparing the baseline with itself, 24 runs on 21 Nov 2026, 14:32 UTC. The machine was busy, so the floors may be too large; they were accepted on 21 Nov 2026, 14:32 UTC. They are never below 64 KiB of heap or 1 MiB of resident memory."},
		{"from an older version", &Calibration{At: at, Runs: 24}, nil,
			"The noise floors were measured on this machine by comparing the baseline with itself, 24 runs on 21 Nov 2026, 14:32 UTC, but with other params or settings, or by another version of this program. They are never below 64 KiB of heap or 1 MiB of resident memory."},
		{"judged again", measured, []Judged{{At: at}, {At: at.Add(time.Hour), Calibration: 7}},
			"The noise floors were measured on this machine by comparing the baseline with itself, 24 runs on 21 Nov 2026, 14:32 UTC. They are never below 64 KiB of heap or 1 MiB of resident memory. Judged on 21 Nov 2026, 14:32 UTC with default floors; again on 21 Nov 2026, 15:32 UTC with calibration #7."},
	} {
		t.Run(test.name, func(t *testing.T) {
			if got := NoiseText(Report{Calibration: test.c, Judgments: test.all}); got != test.want {
				t.Errorf("text\n%q\nwant\n%q", got, test.want)
			}
		})
	}
}

func TestCommonNoise(t *testing.T) {
	column := func(id int64, c *Calibration) Column { return Column{Report: Report{ID: id, Calibration: c}} }
	seven, copied, nine := &Calibration{Experiment: 7}, &Calibration{Experiment: 7}, &Calibration{Experiment: 9}
	for _, test := range []struct {
		name    string
		columns []Column
		want    int64
		text    string
	}{
		{"the same calibration", []Column{column(1, seven), column(2, copied)}, 7, ""},
		{"default floors", []Column{column(1, nil), column(2, nil)}, 0, ""},
		{"one with default floors", []Column{column(1, seven), column(2, nil)}, 0, "#1 with calibration #7 and #2 with default floors"},
		{"two calibrations", []Column{column(1, seven), column(1, seven), column(2, nine)}, 0, "#1 with calibration #7 and #2 with calibration #9"},
	} {
		t.Run(test.name, func(t *testing.T) {
			noise, text := CommonNoise(test.columns)
			j := Judgment{Calibration: noise}
			if j.With() != test.want || !strings.Contains(text, test.text) || (text == "") != (test.text == "") {
				t.Errorf("calibration %d, %q; want %d, %q", j.With(), text, test.want, test.text)
			}
		})
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
		"Bytes per op | B/op | 1 MiB | 1 MiB | 1 MiB | ±0.02% | ±0.1%, at least 64 B",
		"Time per op | ns/op | 2 ms | 1 ms | 3 ms | ±3.1% | ±5%",
		"Major page faults per op | major-faults/op | 0 | 0 | 0 | – | ±5%, at least 0.10",
		"widgets |  | 7 | 7 | 7 | ±0% | ±5%",
	}
	if strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("rows\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	if got := CalibrationHeadline(r); !strings.Contains(got, "±3.1%") {
		t.Errorf("headline %q", got)
	}
	delete(r.Calibration.Floors, profiler.NsPerOp)
	if got := CalibrationHeadline(r); strings.Contains(got, "%") {
		t.Errorf("headline without a floor of time: %q", got)
	}
}
