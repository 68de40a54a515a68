package main

import (
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"heaplab/profiler"
	"heaplab/profiler/child"
	"heaplab/profiler/report"
	"heaplab/profiler/subject/builtin"
)

// truthCases returns a subject that measures in children of this program. It builds the program without
// the race detector, whose cost would be measured.
func truthCases(t *testing.T) *builtin.Subject {
	t.Helper()
	dir := t.TempDir()
	program := filepath.Join(dir, "truth")
	if out, err := exec.Command("go", "build", "-o", program, ".").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	return &builtin.Subject{
		Cases:    []builtin.Case{known, ordered},
		Executor: &child.Executor{Path: program, Args: []string{childCommand}, Dir: dir},
	}
}

// TestRun does not check verdicts about time, which need a quiet machine: make truth checks them.
func TestRun(t *testing.T) {
	if testing.Short() {
		t.Skip("takes too long for a short run")
	}
	var progress strings.Builder
	r, err := run(t.Context(), truthCases(t), settings{Same: 1, Bytes: 1, Live: 1, Slow: 1, Order: 1, Added: 1, Loaded: 1, Benchtime: "20x", Rounds: 4}, &progress)
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		question string
		asked    int
		answered int // -1: depends on time
	}{
		{"the same: any metric differs", 1, -1},
		{"the same: B/op differs", 1, 0},
		{"the same: allocs/op differs", 1, 0},
		{"the same: live-heap-bytes differs", 1, -1},
		{"the same: ns/op differs", 1, -1},
		{"2% more bytes: B/op is worse", 1, 1},
		{"5% less live heap, 4 rounds: live-heap-bytes is better", 1, 1},
		{"three variants of known order: the best is named", 1, -1},
		{"the same, 4 rounds and 4 added: any metric differs", 1, -1},
		{"busy machine: \"no cost in time\" without an interval within 5%", 1, 0},
		{"slower by 1.5 floors: ns/op is worse", 1, -1},
	} {
		q := find(r, test.question)
		if q == nil || q.asked != test.asked || test.answered >= 0 && q.answered != test.answered {
			t.Errorf("%s: %+v, want %d of %d", test.question, q, test.answered, test.asked)
		}
	}
	batches := 1 + r.aside // each comparison of times that is repeated has its own
	calibrated, compared := 2*4*(2+batches+r.recalibrated)+2*2*rounds, 2*rounds*(3+r.aside)+2*fewRounds+4*rounds+2*rounds
	if least := calibrated + compared + 2*fewRounds; len(r.runs) != least && len(r.runs) != least+2*fewRounds || len(r.calibrations) != 1+batches {
		t.Errorf("%d runs and %d calibrations, want %d, or %d with added rounds, and %d", len(r.runs), len(r.calibrations), least, least+2*fewRounds, 1+batches)
	}
	if !strings.Contains(progress.String(), "0 of 6 comparisons") {
		t.Errorf("progress = %q", progress.String())
	}
	for _, part := range []string{"-aa 1 -bytes 1 -live 1 -slow 1 -order 1 -added 1 -loaded 1 -benchtime 20x", "floor of  ns/op: ", "comparison", "| 1 | 1     | 100.0% | at least 90% | yes", "does not apply until", " runs in "} {
		if text := r.String(); !strings.Contains(text, part) {
			t.Errorf("the report does not contain %q:\n%s", part, text)
		}
	}
}

// find returns the question with that text, or nil.
func find(r *result, text string) *question {
	for _, t := range r.truths {
		for _, q := range t.questions {
			if q.text == text {
				return q
			}
		}
	}
	return nil
}

func TestRunRefusesInvalidBenchtime(t *testing.T) {
	if _, err := run(t.Context(), nil, settings{Same: 1, Benchtime: "soon"}, &strings.Builder{}); err == nil || !strings.Contains(err.Error(), "benchtime") {
		t.Errorf("error = %v, want one about benchtime", err)
	}
}

// Comparisons of times do not count if the noise changed meanwhile, whatever their verdicts.
func TestAskEach(t *testing.T) {
	noise := func(floor float64) *report.Calibration {
		return &report.Calibration{Floors: map[string]float64{profiler.NsPerOp: floor}}
	}
	for _, test := range []struct {
		name          string
		quiet, repeat bool
		before, after float64
		asked, again  int
	}{
		{"steady", true, true, 0.1, 0.2, 1, 0},
		{"noisier", true, true, 0.1, 0.21, 0, 1},
		{"quieter", true, true, 0.21, 0.1, 0, 1},
		{"not about time", false, true, 0.1, 0.9, 1, 0},
		{"repeated often enough", true, false, 0.1, 0.9, 1, 0},
	} {
		q := question{found: func(*report.Report) bool { return true }}
		r := &result{}
		again := r.askEach([]*truth{{quiet: test.quiet, questions: []*question{&q}}}, []report.Report{{}}, steady(noise(test.before), noise(test.after)), test.repeat)
		if q.asked != test.asked || len(again) != test.again || r.aside != test.again {
			t.Errorf("%s: asked %d, again %d, set aside %d", test.name, q.asked, len(again), r.aside)
		}
	}
}

func TestOrderMixes(t *testing.T) {
	var got []int
	for _, truth := range order([]truth{{n: 8}, {n: 2}, {n: 0}}) {
		got = append(got, truth.n)
	}
	if want := []int{8, 8, 2, 8, 8, 8, 8, 2, 8, 8}; !slices.Equal(got, want) {
		t.Errorf("order = %v, want %v", got, want)
	}
}

func TestPassed(t *testing.T) {
	for _, test := range []struct {
		name string
		q    question
		n    int
		want bool
	}{
		{"never, as required", question{most: 0.05, asked: 200}, 200, true},
		{"just rarely enough", question{most: 0.05, asked: 200, answered: 10}, 200, true},
		{"too often", question{most: 0.05, asked: 200, answered: 11}, 200, false},
		{"just often enough", question{least: 0.9, most: 1, asked: 50, answered: 45}, 50, true},
		{"always", question{least: 0.9, most: 1, asked: 50, answered: 50}, 50, true},
		{"too rarely", question{least: 0.9, most: 1, asked: 50, answered: 44}, 50, false},
		{"not asked for", question{least: 0.9, most: 1}, 0, true},
		{"interrupted", question{most: 0.05, asked: 199}, 200, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			r := &result{truths: []truth{{n: test.n, questions: []*question{&test.q}}}}
			if got := r.passed(); got != test.want {
				t.Errorf("passed = %v, want %v", got, test.want)
			}
		})
	}
}
