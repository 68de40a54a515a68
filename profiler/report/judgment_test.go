package report

import (
	"maps"
	"testing"
	"time"

	"heaplab/profiler"
)

// judgeable is an experiment with all conditions.
func judgeable() profiler.Experiment {
	return profiler.Experiment{
		Kind:   profiler.KindComparison,
		Config: profiler.DefaultConfig(0),
		Design: profiler.Design{
			Subject: "case:c", Params: profiler.Params{"n": int64(3), "batch": int64(4)}, Labels: map[string]string{"n": "3", "batch": "4"},
			Variants: []profiler.VariantInfo{{Name: "a"}, {Name: "b"}},
		},
		Environment: profiler.Environment{"machine": "m", "toolchain": "go1.26.8", "code": "1234", "gomaxprocs": "2", "thp": "madvise", "thp-defrag": "madvise"},
	}
}

// taken returns a calibration under the conditions of judgeable, except for a change.
func taken(id int64, change func(*profiler.Experiment)) Candidate {
	e := judgeable()
	e.ID, e.Kind, e.Config.Count = id, profiler.KindCalibration, CalibrationRounds
	if change != nil {
		change(&e)
	}
	return Candidate{Experiment: e, Result: Calibration{Experiment: id, Floors: map[string]float64{profiler.NsPerOp: 0.1}}}
}

func setParam(name, value string) func(*profiler.Experiment) {
	return func(e *profiler.Experiment) {
		e.Design.Params, e.Design.Labels = maps.Clone(e.Design.Params), maps.Clone(e.Design.Labels)
		e.Design.Params[name], e.Design.Labels[name] = value, value
	}
}

func setEnvironment(key, value string) func(*profiler.Experiment) {
	return func(e *profiler.Experiment) {
		if e.Environment = maps.Clone(e.Environment); value == "" {
			delete(e.Environment, key)
			return
		}
		e.Environment[key] = value
	}
}

func TestExclude(t *testing.T) {
	for _, test := range []struct {
		name   string
		change func(*profiler.Experiment) // of the calibration
		want   string                     // "" if it applies
	}{
		{"the same", nil, ""},
		{"other limits", func(e *profiler.Experiment) { e.Config.TimeLimit, e.Config.MemoryLimit = time.Minute, 1<<30 }, ""},
		{"a param of another type", func(e *profiler.Experiment) { e.Design.Params = profiler.Params{"n": 3, "batch": "4"} }, ""},
		{"another commit of the same code", setEnvironment("commit", "5678"), ""},
		{"param", setParam("batch", "8"), "Calibration #7 was taken with other params (batch=8): it does not apply."},
		{"another param", setParam("extra", "x"), "Calibration #7 was taken with other params (extra=x): it does not apply."},
		{"benchtime", func(e *profiler.Experiment) { e.Config.Benchtime = "20x" }, "Calibration #7 was taken with other settings (benchtime=20x): it does not apply."},
		{"GOGC and GOMEMLIMIT", func(e *profiler.Experiment) { e.Config.GOGC, e.Config.GOMEMLIMIT = "50", "1GiB" },
			"Calibration #7 was taken with other settings (GOGC=50, GOMEMLIMIT=1GiB): it does not apply."},
		{"GOMAXPROCS", setEnvironment("gomaxprocs", "1"), "Calibration #7 was taken with other settings (GOMAXPROCS=1): it does not apply."},
		{"toolchain", setEnvironment("toolchain", "go1.25.1"), "Calibration #7 was taken with another Go version (go1.25.1): it does not apply."},
		{"code", setEnvironment("code", "5678"), "Calibration #7 was taken with another version of the measured code: it does not apply."},
		{"huge pages", setEnvironment("thp", "always"), "Calibration #7 was taken with other settings of huge pages (thp=always): it does not apply."},
		{"unknown huge pages", setEnvironment("thp-defrag", ""), "Calibration #7 was taken with other settings of huge pages (thp-defrag=unknown): it does not apply."},
		{"machine", setEnvironment("machine", "other"), "Calibration #7 was taken with another machine: it does not apply."},
		{"baseline", func(e *profiler.Experiment) { e.Design.Variants = e.Design.Variants[1:] }, "Calibration #7 was taken with another baseline (b): it does not apply."},
		{"several", func(e *profiler.Experiment) {
			setParam("n", "4")(e)
			setEnvironment("code", "5678")(e)
			e.Design.Subject, e.Config.GOGC = "case:d", "off"
		}, "Calibration #7 was taken with another subject (case:d), other params (n=4), other settings (GOGC=off) and another version of the measured code: it does not apply."},
	} {
		t.Run(test.name, func(t *testing.T) {
			got := ""
			if x := Exclude(judgeable(), taken(7, test.change)); x != nil {
				got = x.Text()
			}
			if got != test.want {
				t.Errorf("excluded: %q, want %q", got, test.want)
			}
		})
	}
}

// What a sweep varies may differ, and nothing else.
func TestExcludeFromSweep(t *testing.T) {
	for _, test := range []struct {
		over   string
		change func(*profiler.Experiment)
		want   bool // it applies
	}{
		{"batch", setParam("batch", "8"), true},
		{"batch", func(e *profiler.Experiment) {
			e.Design.Params, e.Design.Labels = profiler.Params{"n": 3}, map[string]string{"n": "3"}
		}, true},
		{"batch", setParam("n", "8"), false},
		{"gogc", func(e *profiler.Experiment) { e.Config.GOGC = "50" }, true},
		{"gogc", func(e *profiler.Experiment) { e.Config.GOMEMLIMIT = "1GiB" }, false},
		{"gomaxprocs", setEnvironment("gomaxprocs", "1"), true},
	} {
		e := judgeable()
		e.Kind, e.Sweep = profiler.KindSweep, &profiler.Sweep{Over: test.over, Values: []string{"1", "2"}}
		if x := Exclude(e, taken(7, test.change)); (x == nil) != test.want {
			t.Errorf("sweep of %s: %+v, want applies %v", test.over, x, test.want)
		}
	}
}

// Of commands, only the baseline's command line matters.
func TestExcludeCommands(t *testing.T) {
	of := func(a, b string) profiler.Experiment {
		e := judgeable()
		e.Design.Subject, e.Design.Params, e.Design.Labels = "command", nil, map[string]string{"a": a, "b": b}
		return e
	}
	for _, test := range []struct {
		calibration profiler.Experiment
		want        bool
	}{
		{of("sleep 1", "sleep 2"), true},
		{of("sleep 1", "sleep 3"), true},
		{of("sleep 2", "sleep 2"), false},
	} {
		if x := Exclude(of("sleep 1", "sleep 2"), Candidate{Experiment: test.calibration}); (x == nil) != test.want {
			t.Errorf("labels %v: %+v, want applies %v", test.calibration.Design.Labels, x, test.want)
		}
	}
}

func TestNewJudgment(t *testing.T) {
	at := time.Unix(5, 0)
	busy := func(id int64, accepted time.Time) Candidate {
		c := taken(id, nil)
		c.Result.Notes, c.Result.Accepted = []string{"busy"}, accepted
		return c
	}
	empty := taken(6, nil)
	empty.Result.Floors = nil
	other, another := taken(5, setParam("n", "8")), taken(4, setParam("n", "9"))
	for _, test := range []struct {
		name       string
		candidates []Candidate // newest first
		want       int64
		excluded   int64
	}{
		{"none", nil, 0, 0},
		{"the newest that applies", []Candidate{taken(9, nil), taken(8, nil)}, 9, 0},
		{"an older one that applies", []Candidate{other, busy(4, time.Time{}), taken(3, nil)}, 3, 0},
		{"busy", []Candidate{busy(9, time.Time{}), other}, 0, 9},
		{"busy and accepted", []Candidate{busy(9, at), taken(8, nil)}, 9, 0},
		{"other params", []Candidate{other, another}, 0, 5},
		{"other params, then busy", []Candidate{other, busy(4, time.Time{}), another}, 0, 4},
		{"too few runs for floors", []Candidate{empty}, 0, 0},
	} {
		t.Run(test.name, func(t *testing.T) {
			j := NewJudgment(judgeable(), test.candidates, at)
			excluded := int64(0)
			if j.Excluded != nil {
				excluded = j.Excluded.Calibration
			}
			if j.With() != test.want || excluded != test.excluded || !j.At.Equal(at) {
				t.Errorf("judgment = %+v, want calibration %d, excluded %d", j, test.want, test.excluded)
			}
			if j.Calibration != nil && !j.Calibration.Same {
				t.Error("the calibration does not say that it ran under the same conditions")
			}
		})
	}
}
