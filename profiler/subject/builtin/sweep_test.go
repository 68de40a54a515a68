package builtin

import (
	"reflect"
	"strings"
	"testing"

	"heaplab/profiler"
)

// swept returns an experiment with that sweep, or a comparison if the text is "".
func swept(t *testing.T, text string) profiler.Experiment {
	t.Helper()
	e := profiler.Experiment{Kind: profiler.KindComparison, Config: profiler.DefaultConfig(0)}
	if text == "" {
		return e
	}
	sweep, err := profiler.ParseSweep(text)
	if err != nil {
		t.Fatal(err)
	}
	e.Kind, e.Sweep = profiler.KindSweep, sweep
	return e
}

func TestTrialRows(t *testing.T) {
	for _, test := range []struct {
		name, sweep string
		row         int
		params      profiler.Params
		change      func(*profiler.Config) // from the experiment's own
	}{
		{"no sweep", "", 0, profiler.Params{"n": int64(5)}, func(*profiler.Config) {}},
		{"GOGC", "GOGC=25,off", 1, profiler.Params{"n": int64(5)}, func(c *profiler.Config) { c.GOGC = "off" }},
		{"GOMEMLIMIT", "GOMEMLIMIT=off,64MiB", 1, profiler.Params{"n": int64(5)}, func(c *profiler.Config) { c.GOMEMLIMIT = "64MiB" }},
		{"GOMAXPROCS", "GOMAXPROCS=1,2", 0, profiler.Params{"n": int64(5)}, func(c *profiler.Config) { c.GOMAXPROCS = 1 }},
		{"whole numbers", "n=7,8", 1, profiler.Params{"n": int64(8)}, func(*profiler.Config) {}},
		{"numbers", "x=0.25,1", 0, profiler.Params{"n": int64(5), "x": 0.25}, func(*profiler.Config) {}},
		{"choices", "mode=up,down", 1, profiler.Params{"n": int64(5), "mode": "down"}, func(*profiler.Config) {}},
	} {
		t.Run(test.name, func(t *testing.T) {
			e := swept(t, test.sweep)
			own := profiler.Params{"n": int64(5)}
			trial, faults := inputCase.NewTrial(e, own)
			if faults != nil {
				t.Fatal(faults)
			}
			row := trial.Rows[test.row]
			wantParams, wrong := inputCase.Resolve(test.params)
			wantConfig := e.Config
			test.change(&wantConfig)
			if wrong != nil || !reflect.DeepEqual(row.Params, wantParams) || row.Config != wantConfig {
				t.Errorf("row %d = %v, %+v; want %v, %+v", test.row, row.Params, row.Config, wantParams, wantConfig)
			}
			if len(own) != 1 || inputN.Of(trial.Experiment.Design.Params) != 5 {
				t.Errorf("the experiment's own params became %v and %v", own, trial.Experiment.Design.Params)
			}
		})
	}
}

func TestTrialSweepFaults(t *testing.T) {
	for _, test := range []struct {
		name, sweep string
		want        []string // substrings of the faults
	}{
		{"no sweep", "", nil},
		{"a setting", "GOGC=25,off", nil},
		{"a param", "n=1,1000000", nil},
		{"a bad setting", "GOGC=100,often", []string{"GOGC=often: must be a percentage"}},
		{"a bad size", "GOMEMLIMIT=64MB,1GiB", []string{"GOMEMLIMIT=64MB: must be a size"}},
		{"bad numbers of processors", "GOMAXPROCS=two,0,1", []string{"GOMAXPROCS=two: must be from 1", "GOMAXPROCS=0: must be from 1"}},
		{"a value out of range", "n=1,0", []string{"n=0: must be from 1"}},
		{"a fraction", "n=1,1.5", []string{"n=1.5: must be a whole number"}},
		{"a bad choice", "mode=up,sideways", []string{"mode=sideways: must be one of up, down"}},
		{"a bad combination", "n=12,13", []string{"n=13: is unlucky"}},
		{"one size in two forms", "GOMEMLIMIT=1024MiB,1GiB", []string{"1024MiB and 1GiB are the same value"}},
		{"one number in two forms", "n=8,08", []string{"8 and 08 are the same value"}},
		{"no such param", "m=1,2", []string{"m=1: case c has no param", "m=2: case c has no param"}},
		{"not a setting of a sweep", "benchtime=20x,30x", []string{"has no param", "has no param"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			e := swept(t, test.sweep)
			_, faults := inputCase.NewTrial(e, profiler.Params{"n": int64(5)})
			if len(faults) != len(test.want) {
				t.Fatalf("faults = %v, want %q", faults, test.want)
			}
			for i, fault := range faults {
				if fault.Field != "sweep" || !strings.Contains(fault.Message, test.want[i]) {
					t.Errorf("fault = %v, want sweep: %q", fault, test.want[i])
				}
			}
		})
	}
}

// Faults of the experiment's own settings do not appear as faults of the sweep.
func TestSweepFaultsExcludeSettings(t *testing.T) {
	e := swept(t, "GOGC=50,100")
	e.Config.Count = 0
	if _, faults := inputCase.NewTrial(e, nil); faults != nil {
		t.Errorf("faults = %v", faults)
	}
}
