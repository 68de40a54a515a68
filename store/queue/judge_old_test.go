package queue_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"heaplab/profiler"
	"heaplab/profiler/report"
	"heaplab/store"
	"heaplab/store/queue"
)

// An oldExperiment is an experiment that an older version stored, which has no judgment.
type oldExperiment struct {
	kind    profiler.Kind
	machine string
	commit  string
	params  profiler.Params
	gogc    string
	busy    bool // while the second variant ran
}

// storeOld stores an experiment without a judgment or the result of a calibration.
func storeOld(t *testing.T, s *store.Store, o oldExperiment) int64 {
	t.Helper()
	e := profiler.Experiment{
		Kind: o.kind, Config: profiler.DefaultConfig(8 << 30), Created: time.Now(),
		Design: profiler.Design{Subject: "case:known", Title: "Known", Params: o.params, Variants: []profiler.VariantInfo{{Name: "all"}, {Name: "none"}}},
	}
	if o.gogc != "" {
		e.Config.GOGC = o.gogc
	}
	id, err := s.Add(t.Context(), e)
	if err == nil {
		err = s.Start(t.Context(), id, time.Now(), profiler.Environment{"machine": o.machine, "commit": o.commit, "toolchain": "go1.26.8"})
	}
	variants := []string{"all", "none"}
	if o.kind == profiler.KindCalibration {
		variants = []string{"all", "all"}
	}
	for round := range 6 {
		for i, variant := range variants {
			run := profiler.Run{
				Task: profiler.Task{Kind: profiler.Measure, Variant: variant, Round: round}, Started: time.Now(), Duration: time.Second, Calls: 1,
				Measurements: []profiler.Measurement{{Unit: profiler.NsPerOp, Value: 100 + float64(i)}},
				Environment:  profiler.Environment{"cpu-count": "1"},
			}
			if i == 1 && o.busy {
				run.Others = time.Second
			}
			if err == nil {
				err = s.AddRun(t.Context(), id, run)
			}
		}
	}
	if err == nil {
		err = s.Finish(t.Context(), id, store.Ending{State: profiler.Done, At: time.Now()})
	}
	if err != nil {
		t.Fatal(err)
	}
	return id
}

// restart calls Init, as a new server does.
func restart(t *testing.T, q *queue.Queue) {
	t.Helper()
	if err := q.Init(t.Context()); err != nil {
		t.Fatal(err)
	}
}

// Experiments of older versions keep the noise floors that their reports used: those of the newest
// calibration under the same conditions, or else of the newest.
func TestOldExperimentsAreJudgedOnce(t *testing.T) {
	q := newQueue(t)
	few, many := profiler.Params{"blocks": int64(2)}, profiler.Params{"blocks": int64(8)}
	old := func(o oldExperiment) int64 { return storeOld(t, q.Store, o) }
	calibration := func(o oldExperiment) int64 {
		o.kind = profiler.KindCalibration
		return old(o)
	}
	same := calibration(oldExperiment{machine: "here", params: few})
	newest := calibration(oldExperiment{machine: "here", params: few, gogc: "50", busy: true})
	there := calibration(oldExperiment{machine: "there", params: few, commit: "abc"})
	comparison := func(o oldExperiment) int64 {
		o.kind = profiler.KindComparison
		return old(o)
	}
	type want struct {
		calibration int64
		same        bool
		uneven      bool
	}
	wants := map[int64]want{
		comparison(oldExperiment{machine: "here", params: few}):                 {same, true, false},
		comparison(oldExperiment{machine: "here", params: few, busy: true}):     {same, true, true},
		comparison(oldExperiment{machine: "here", params: many}):                {newest, false, false},
		comparison(oldExperiment{machine: "there", params: few}):                {there, false, false},
		comparison(oldExperiment{machine: "there", params: few, commit: "abc"}): {there, true, false},
		comparison(oldExperiment{machine: "elsewhere", params: few}):            {0, false, false},
	}
	restart(t, q)
	stored := map[int64][]report.Judgment{}
	for id, want := range wants {
		all, err := q.Store.Judgments(t.Context(), id)
		if err != nil || len(all) != 1 {
			t.Fatalf("judgments of %d = %+v, %v; want one", id, all, err)
		}
		stored[id] = all
		j := all[0]
		if j.With() != want.calibration || j.Distrust.Times != want.uneven || j.Calibration != nil && j.Calibration.Same != want.same {
			t.Errorf("judgment of %d = %+v with %+v, want %+v", id, j, j.Calibration, want)
		}
	}
	// After that, nothing changes.
	calibration(oldExperiment{machine: "here", params: few})
	restart(t, q)
	for id, before := range stored {
		after, err := q.Store.Judgments(t.Context(), id)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(before, after); diff != "" {
			t.Errorf("judgments of %d (-before +after):\n%s", id, diff)
		}
	}
}
