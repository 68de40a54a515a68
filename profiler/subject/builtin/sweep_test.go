package builtin

import (
	"heaplab/profiler"
	"reflect"
	"strings"
	"testing"
)

func TestParseSweep(t *testing.T) {
	for _, test := range []struct {
		name, text string
		want       string // as String writes it, or ""
		over       string
		fault      string // part of it, or ""
	}{
		{"a setting", "GOGC=25,50,100,200", "GOGC=25,50,100,200", "gogc", ""},
		{"a setting in small letters", "gogc=off,100", "GOGC=off,100", "gogc", ""},
		{"a setting in any letters", "GoMemLimit=64MiB,1GiB", "GOMEMLIMIT=64MiB,1GiB", "gomemlimit", ""},
		{"processors", "GOMAXPROCS=1,2", "GOMAXPROCS=1,2", "gomaxprocs", ""},
		{"a param", "batch=8,16,32", "batch=8,16,32", "batch", ""},
		{"a param keeps its letters", "Batch=8,16", "Batch=8,16", "Batch", ""},
		{"the order is kept", "n=3,1,2", "n=3,1,2", "n", ""},
		{"spaces", " n = 1, 2 3 ", "n=1,2,3", "n", ""},
		{"empty values do not count", "n=1,,2,", "n=1,2", "n", ""},
		{"eight values", "n=1,2,3,4,5,6,7,8", "n=1,2,3,4,5,6,7,8", "n", ""},
		{"nine values", "n=1,2,3,4,5,6,7,8,9", "", "", "must have 2 to 8 values"},
		{"one value", "n=1", "", "", "must have 2 to 8 values"},
		{"no value", "n=", "", "", "must have 2 to 8 values"},
		{"one value twice", "n=1,2,1", "", "", "holds the value 1 twice"},
		{"no name", "=1,2", "", "", "must be of the form"},
		{"no form", "GOGC", "", "", "must be of the form"},
		{"nothing", "", "", "", "must be of the form"},
	} {
		t.Run(test.name, func(t *testing.T) {
			sweep, err := profiler.ParseSweep(test.text)
			if test.fault != "" {
				if err == nil || !strings.Contains(err.Error(), test.fault) {
					t.Errorf("error = %v, want %q", err, test.fault)
				}
				return
			}
			if err != nil || sweep.String() != test.want || sweep.Over != test.over {
				t.Fatalf("sweep = %v over %s, %v; want %s over %s", sweep, sweep.Over, err, test.want, test.over)
			}
			if back, err := profiler.ParseSweep(sweep.String()); err != nil || !reflect.DeepEqual(back, sweep) {
				t.Errorf("read back %v, %v; want %v", back, err, sweep)
			}
		})
	}
}

// swept is an experiment with that sweep, or with none where it is "".
func swept(t *testing.T, text string) profiler.Experiment {
	t.Helper()
	e := profiler.Experiment{Kind: profiler.KindComparison, Case: "c", Params: profiler.Params{"n": int64(5)}, Config: profiler.DefaultConfig(0)}
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

func TestAt(t *testing.T) {
	for _, test := range []struct {
		name, sweep string
		point       int
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
			params, config, faults := e.At(&inputCase, test.point)
			wantParams, wrong := inputCase.Resolve(test.params)
			wantConfig := e.Config
			test.change(&wantConfig)
			if faults != nil || wrong != nil || !reflect.DeepEqual(params, wantParams) || config != wantConfig {
				t.Errorf("at point %d: %v, %+v, %v; want %v, %+v", test.point, params, config, faults, wantParams, wantConfig)
			}
			if !reflect.DeepEqual(e.Params, profiler.Params{"n": int64(5)}) {
				t.Errorf("the experiment's own params became %v", e.Params)
			}
		})
	}
}

func TestCheckSweep(t *testing.T) {
	for _, test := range []struct {
		name, sweep string
		want        []string // parts of the faults
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
		{"bad together with others", "n=12,13", []string{"n=13: is unlucky"}},
		{"one size in two words", "GOMEMLIMIT=1024MiB,1GiB", []string{"1024MiB and 1GiB are the same value"}},
		{"one number in two ways", "n=8,08", []string{"8 and 08 are the same value"}},
		{"no such param", "m=1,2", []string{"m=1: case c has no such param", "m=2: case c has no such param"}},
		{"no setting of a sweep", "benchtime=20x,30x", []string{"no such param", "no such param"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			e := swept(t, test.sweep)
			faults := e.CheckSweep(&inputCase)
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

// What is wrong with the settings of the experiment itself is no fault of the sweep.
func TestSweepBlamesItsOwnSettingAlone(t *testing.T) {
	e := swept(t, "GOGC=50,100")
	e.Config.Count = 0
	if faults := e.CheckSweep(&inputCase); faults != nil {
		t.Errorf("faults = %v", faults)
	}
}
