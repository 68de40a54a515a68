package cases

import (
	"math"
	"slices"
	"strings"
	"testing"

	"heaplab/profiler"
	"heaplab/profiler/cases/casetest"
	"heaplab/profiler/subject/builtin"
	"heaplab/profiler/weights"
)

func eachVariant(t *testing.T, test func(t *testing.T, c *builtin.Case, v *builtin.Variant)) {
	for i := range All {
		for j := range All[i].Variants {
			c, v := &All[i], &All[i].Variants[j]
			t.Run(c.Name+"/"+v.Name, func(t *testing.T) { test(t, c, v) })
		}
	}
}

// smoke are params with which a case ends in a moment.
var smoke = map[string]map[string]any{
	"preallocation":      {"batch": 4, "filters": 2, "image": 8, "examples": 10, "epochs": 2},
	"gpt2-cache":         {"model": "gpt2-tiny", "tokens": 4},
	"mmap":               {"mib": 1},
	"pool":               {"goroutines": 2, "requests": 4, "open": 2, "buffers": 2, "largest": 1},
	"locality":           {"side": 16},
	"pruning":            {"batch": 4, "filters": 4, "image": 8, "examples": 40, "epochs": 2, "frequency": 1},
	"gpt2-pruning":       {"model": "gpt2-tiny", "tokens": 4},
	"distillation":       {"batch": 4, "filters": 4, "student": 2, "image": 8, "examples": 40, "epochs": 2, "seeds": 2},
	"training":           {"batch": 4, "filters": 2, "image": 8, "examples": 10, "epochs": 2},
	"precision":          {"batch": 4, "vocab": 20, "steps": 5, "embedding": 3, "units": 3, "hidden": 2, "examples": 10, "epochs": 2},
	"precision-training": {"batch": 4, "vocab": 20, "steps": 5, "embedding": 3, "units": 3, "hidden": 2, "examples": 10, "epochs": 2},
	"gpt2-precision":     {"model": "gpt2-tiny", "tokens": 4},
	"integer":            {"batch": 4, "filters": 2, "image": 8, "examples": 10, "epochs": 2},
	"gpt2-integer":       {"model": "gpt2-tiny", "tokens": 4},
	"token-ids":          {"ids": 1000, "vocab": 100},
}

func TestCasesAreComplete(t *testing.T) {
	names := map[string]bool{}
	for _, c := range All {
		if names[c.Name] || c.Name == profiler.SubjectImport {
			t.Errorf("%s: the name is taken", c.Name)
		}
		names[c.Name] = true
		for field, text := range map[string]string{
			"name": c.Name, "title": c.Title, "technique": c.Technique, "idea": c.Idea, "limit": c.Limit,
		} {
			if text == "" {
				t.Errorf("%s: no %s", c.Name, field)
			}
		}
		if len(c.Variants) < 2 || len(c.Primary) == 0 || smoke[c.Name] == nil {
			t.Errorf("%s: %d variants, %d primary units, smoke params %v", c.Name, len(c.Variants), len(c.Primary), smoke[c.Name])
		}
		if c.Variant("diff") != nil {
			t.Errorf("%s: its address would clash with that of the difference of two profiles", c.Name)
		}
	}
}

func TestDefaultsAreWithinBounds(t *testing.T) {
	for _, c := range All {
		for _, param := range c.Params {
			if _, faults := c.Resolve(map[string]any{param.Name: param.Default}); len(faults) > 0 {
				t.Errorf("%s: %v", c.Name, faults)
			}
			if param.Help == "" {
				t.Errorf("%s: param %s has no help", c.Name, param.Name)
			}
		}
	}
}

func TestEstimates(t *testing.T) {
	for _, c := range All {
		few := casetest.Resolve(t, &c, smoke[c.Name])
		many, _ := c.Resolve(nil)
		less, more := c.Estimate(few), c.Estimate(many)
		if less.Live <= 0 || less.Setup <= 0 || less.Op <= 0 || less.Fit > 0 != (c.Baseline().Fit != nil) {
			t.Errorf("%s: smoke run is estimated at %+v", c.Name, less)
		}
		if more.Live <= less.Live || more.Op <= less.Op || more.Fit < less.Fit {
			t.Errorf("%s: defaults are estimated at %+v, the smoke run at %+v", c.Name, more, less)
		}
	}
}

func TestPredictionsNameVariants(t *testing.T) {
	for _, c := range All {
		p, _ := c.Resolve(nil)
		for _, prediction := range c.Predict(p) {
			if c.Variant(prediction.Variant) == nil || prediction.Variant == c.Baseline().Name {
				t.Errorf("%s predicts %+v, of no variant that is compared", c.Name, prediction)
			}
			if math.IsNaN(float64(prediction.Ratio)) || prediction.Unit == "" {
				t.Errorf("%s predicts %+v", c.Name, prediction)
			}
		}
	}
}

func TestSources(t *testing.T) {
	seen := map[[2]string]string{} // by case and source
	eachVariant(t, func(t *testing.T, c *builtin.Case, v *builtin.Variant) {
		source := v.Source()
		if lines := strings.Count(source, "\n") + 1; lines > 25 {
			t.Errorf("%d lines are too many to show side by side", lines)
		}
		if !strings.Contains(source, "func ") {
			t.Errorf("no Go code:\n%s", source)
		}
		if other := seen[[2]string{c.Name, source}]; other != "" {
			t.Errorf("the source is that of %s", other)
		}
		seen[[2]string{c.Name, source}] = v.Name
	})
}

func TestOpMarksOnce(t *testing.T) {
	eachVariant(t, func(t *testing.T, c *builtin.Case, v *builtin.Variant) {
		p := casetest.Resolve(t, c, smoke[c.Name])
		work, err := v.Setup(casetest.Prepare(t, c, p))
		if err != nil {
			t.Fatal(err)
		}
		for op := range 5 {
			marks := 0
			if err := work.Op(func() { marks++ }); err != nil {
				t.Fatal(err)
			}
			if marks != 1 {
				t.Errorf("op %d called mark %d times", op, marks)
			}
		}
		if len(work.Metrics()) == 0 {
			t.Error("no metrics")
		}
		if err := work.Close(); err != nil {
			t.Error(err)
		}
	})
}

func TestFitReportsEveryEpoch(t *testing.T) {
	fits := 0
	eachVariant(t, func(t *testing.T, c *builtin.Case, v *builtin.Variant) {
		if v.Fit == nil {
			return // the variant has no whole job
		}
		fits++
		p := casetest.Resolve(t, c, smoke[c.Name])
		var epochs []profiler.Epoch
		marks := 0
		fit, err := v.Fit(casetest.Prepare(t, c, p), builtin.Watch{Epoch: func(e profiler.Epoch) { epochs = append(epochs, e) }, Mark: func() { marks++ }})
		if err != nil {
			t.Fatal(err)
		}
		if want := smoke[c.Name]["epochs"]; len(epochs) != want || !slices.Equal(epochs, fit.Epochs) {
			t.Errorf("reported %v, returned %v", epochs, fit.Epochs)
		}
		if len(fit.Weights) != 64 || marks < len(epochs) {
			t.Errorf("got %+v", fit)
		}
	})
	if fits < 10 {
		t.Errorf("%d variants have a whole job, want at least 10", fits)
	}
}

// Params that a case had once are reported as unknown.
func TestFormerParamsAreFaults(t *testing.T) {
	for name, former := range map[string]map[string]any{
		"preallocation": {"model": "gpt2-small", "tokens": int64(64), "batch": int64(32)},
		"precision":     {"model": "gpt2-small", "mode": "training"},
		"integer":       {"model": "article", "tokens": int64(16)},
		"pruning":       {"model": "gpt2-mini", "sparsity": 0.5},
	} {
		_, faults := builtin.Find(All, name).Resolve(former)
		if message := faults.For("model"); !strings.Contains(message, `has no param "model"`) {
			t.Errorf("%s: faults = %v", name, faults)
		}
	}
}

// Every technique of the article has a case.
func TestTechniquesHaveCases(t *testing.T) {
	found := map[string]bool{"matrices": true} // needs a file
	for _, c := range All {
		found[c.Name] = true
	}
	for name := range techniques {
		if !found[name] {
			t.Errorf("there is no case %s", name)
		}
	}
	const want = "内存分配策略 · 预分配内存 (allocation: preallocate memory)"
	if got := All[0].Technique; got != want {
		t.Errorf("technique = %s, want %s", got, want)
	}
}

func TestDamagedPreparedFiles(t *testing.T) {
	for i := range All {
		if c := &All[i]; c.Preparation != nil {
			casetest.CheckDamagedFiles(t, c, casetest.Resolve(t, c, smoke[c.Name]))
		}
	}
}

// Predictions of files name cases that exist.
func TestPredictionsOfFilesNameCases(t *testing.T) {
	for _, s := range weights.Predict(&weights.File{}).Savings {
		for _, name := range []string{s.Case, s.MatrixCase} {
			if _, ok := techniques[name]; name != "" && !ok {
				t.Errorf("%s is measured by %s, which does not exist", s.Name, name)
			}
		}
	}
}
