package profiler

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"
)

// threeVariants is a design in which only the first variant has a fit.
var threeVariants = Design{
	Subject: "case:c",
	Variants: []VariantInfo{
		{Name: "a", Extra: []RunKind{Allocs, Peak, FitRun}},
		{Name: "b", Extra: []RunKind{Allocs, Peak}},
		{Name: "c", Extra: []RunKind{Allocs, Peak}},
	},
}

func TestPlan(t *testing.T) {
	sweep := &Sweep{Over: "gogc", Values: []string{"50", "100"}}
	for _, test := range []struct {
		name string
		e    Experiment
		want string // kind, variant and row of every task; rounds apart
	}{
		{"rows with profiles", Experiment{Kind: KindComparison, Design: Design{Rows: []RowInfo{{Name: "1", Profiled: true}, {Name: "2", Profiled: true}, {Name: "3"}}}, Config: Config{Count: 1}},
			"ma mb mc | aa1 ab1 ac1 pa1 pb1 pc1 fa1 aa2 ab2 ac2 pa2 pb2 pc2 fa2"},
		{"a comparison reverses every round", Experiment{Kind: KindComparison, Config: Config{Count: 3}},
			"ma mb mc | mc mb ma | ma mb mc | aa ab ac pa pb pc fa"},
		{"a sweep reverses variants and rows", Experiment{Kind: KindSweep, Sweep: sweep, Config: Config{Count: 3}},
			"ma50 mb50 mc50 ma100 mb100 mc100 | mc100 mb100 ma100 mc50 mb50 ma50 | ma50 mb50 mc50 ma100 mb100 mc100"},
		{"a calibration is the baseline twice", Experiment{Kind: KindCalibration, Config: Config{Count: 2}}, "ma ma | ma ma"},
	} {
		t.Run(test.name, func(t *testing.T) {
			rows := test.e.Design.Rows
			test.e.Design = threeVariants
			test.e.Design.Rows = rows
			if got := planned(test.e.Plan()); got != test.want {
				t.Errorf("plan = %s, want %s", got, test.want)
			}
			if again := planned(test.e.Plan()); again != test.want {
				t.Errorf("second plan = %s, want %s", again, test.want)
			}
		})
	}
}

func TestPlanOfImportIsEmpty(t *testing.T) {
	e := Experiment{Kind: KindComparison, Design: Design{Subject: SubjectImport, Variants: []VariantInfo{{Name: ImportBaseline}, {Name: ImportVariant}}}}
	if got := e.Plan(); len(got) > 0 {
		t.Errorf("plan = %v, want none", got)
	}
}

// planned writes tasks in the form of TestPlan.
func planned(tasks []Task) string {
	var out []string
	for i, task := range tasks {
		if i > 0 && (task.Round != tasks[i-1].Round || task.Kind != Measure && tasks[i-1].Kind == Measure) {
			out = append(out, "|")
		}
		out = append(out, fmt.Sprintf("%s%s%s", task.Kind[:1], task.Variant, strings.TrimPrefix(task.Row, "GOGC=")))
	}
	return strings.Join(out, " ")
}

// A continued plan has the order of a longer one, without the tasks that have run.
func TestRemaining(t *testing.T) {
	sweep := &Sweep{Over: "gogc", Values: []string{"50", "100"}}
	for _, test := range []struct {
		name      string
		e         Experiment
		run       int // number of tasks of the plan that have run
		continued int // count of the longer plan
		want      string
	}{
		{"no run", Experiment{Kind: KindComparison, Config: Config{Count: 1}}, 0, 1, "ma mb mc | aa ab ac pa pb pc fa"},
		{"rounds added to a finished comparison", Experiment{Kind: KindComparison, Config: Config{Count: 1}}, 10, 3, "mc mb ma | ma mb mc"},
		{"middle of a round", Experiment{Kind: KindComparison, Config: Config{Count: 2}}, 4, 2, "mb ma | aa ab ac pa pb pc fa"},
		{"middle of the profiles", Experiment{Kind: KindComparison, Config: Config{Count: 1}}, 5, 2, "mc mb ma | ac pa pb pc fa"},
		{"complete", Experiment{Kind: KindComparison, Config: Config{Count: 1}}, 10, 1, ""},
		{"sweep", Experiment{Kind: KindSweep, Sweep: sweep, Config: Config{Count: 1}}, 5, 2, "mc100 | mc100 mb100 ma100 mc50 mb50 ma50"},
		{"half a round of a calibration", Experiment{Kind: KindCalibration, Config: Config{Count: 1}}, 1, 2, "ma | ma ma"},
		{"calibration", Experiment{Kind: KindCalibration, Config: Config{Count: 1}}, 2, 2, "ma ma"},
	} {
		t.Run(test.name, func(t *testing.T) {
			e := test.e
			e.Design = threeVariants
			var runs []Run
			for _, task := range slices.Backward(e.Plan()[:test.run]) { // the order of runs does not matter
				runs = append(runs, Run{Task: task})
			}
			e.Config.Count = test.continued
			if got := planned(Remaining(e.Plan(), runs)); got != test.want {
				t.Errorf("remaining = %s, want %s", got, test.want)
			}
		})
	}
}

// Each kind and row uses its own runs, or the estimate if it has none.
func TestLeft(t *testing.T) {
	e := Experiment{Kind: KindComparison, Design: threeVariants, Config: Config{Count: 2}}
	plan := e.Plan() // 6 measure, 3 allocs, 3 peak, 1 fit
	second := func(Task) time.Duration { return time.Second }
	var runs []Run
	for _, task := range plan[:6] {
		runs = append(runs, Run{Task: task, Duration: 5 * time.Second})
	}
	for _, test := range []struct {
		name string
		runs []Run
		want time.Duration
	}{
		{"nothing has run", nil, 13 * time.Second},
		{"half of the measure runs", runs[:3], 3*5*time.Second + 7*time.Second},
		{"all measure runs", runs, 7 * time.Second},
		{"more runs than planned", slices.Repeat(runs, 3), 7 * time.Second},
		{"profiles before the rounds", []Run{{Task: plan[6], Duration: 3 * time.Second}}, 6*time.Second + 2*3*time.Second + 4*time.Second},
	} {
		t.Run(test.name, func(t *testing.T) {
			if got := Left(plan, test.runs, second); got != test.want {
				t.Errorf("left = %v, want %v", got, test.want)
			}
		})
	}
}

func TestLeftOfSweep(t *testing.T) {
	e := Experiment{Kind: KindSweep, Design: threeVariants, Sweep: &Sweep{Over: "gogc", Values: []string{"50", "100"}}, Config: Config{Count: 2}}
	plan := e.Plan()
	var runs []Run
	for _, task := range plan[:6] {
		took := time.Second
		if task.Row == "GOGC=100" {
			took *= 2
		}
		runs = append(runs, Run{Task: task, Duration: took})
	}
	if got, want := Left(plan, runs, nil), 9*time.Second; got != want {
		t.Errorf("left after one round = %v, want %v", got, want)
	}
}

func TestSamplesByRow(t *testing.T) {
	samples := NewSamples([]Run{
		{Task: Task{Kind: Measure, Variant: "a", Row: "GOGC=50"}, Measurements: []Measurement{{Unit: BytesPerOp, Value: 1}}},
		{Task: Task{Kind: Measure, Variant: "a", Row: "GOGC=50"}, Measurements: []Measurement{{Unit: BytesPerOp, Value: 2}}},
		{Task: Task{Kind: Measure, Variant: "a"}, Measurements: []Measurement{
			{Unit: BytesPerOp, Value: 3, Row: "BenchmarkB"}, {Unit: BytesPerOp, Value: 4, Row: "BenchmarkA"},
		}},
		{Task: Task{Kind: Allocs, Variant: "a"}, Measurements: []Measurement{{Unit: BytesPerOp, Value: 9}}},
	})
	for row, want := range map[string][]float64{"GOGC=50": {1, 2}, "BenchmarkB": {3}, "BenchmarkA": {4}, "": nil} {
		if got := samples.Of("a", row)[BytesPerOp]; !slices.Equal(got, want) {
			t.Errorf("row %q = %v, want %v", row, got, want)
		}
	}
	if got, want := samples.Rows([]string{"GOGC=50"}), []string{"GOGC=50", "BenchmarkA", "BenchmarkB"}; !slices.Equal(got, want) {
		t.Errorf("rows = %q, want %q", got, want)
	}
	if got, want := samples.Rows([]string{""}), []string{"BenchmarkA", "BenchmarkB", "GOGC=50"}; !slices.Equal(got, want) {
		t.Errorf("rows in place of the empty one = %q, want %q", got, want)
	}
	if got, want := (Samples{}).Rows([]string{""}), []string{""}; !slices.Equal(got, want) {
		t.Errorf("rows of nothing = %q, want %q", got, want)
	}
}
