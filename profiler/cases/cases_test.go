package cases

import (
	"math"
	"slices"
	"strings"
	"testing"

	"heaplab/profiler"
	"heaplab/profiler/subject/builtin"
)

func eachVariant(t *testing.T, test func(t *testing.T, c *builtin.Case, v *builtin.Variant)) {
	for i := range All {
		for j := range All[i].Variants {
			c, v := &All[i], &All[i].Variants[j]
			t.Run(c.Name+"/"+v.Name, func(t *testing.T) { test(t, c, v) })
		}
	}
}

// input prepares what c's variants load.
func input(t *testing.T, c *builtin.Case, p profiler.Params) builtin.Input {
	t.Helper()
	in, err := c.PrepareIn(t.TempDir(), builtin.Input{Params: p})
	if err != nil {
		t.Fatal(err)
	}
	return in
}

// unwatched has nobody look on while a fit does its job.
var unwatched = builtin.Watch{Epoch: func(profiler.Epoch) {}, Mark: func() {}}

// smoke are params with which a case is over in a moment.
var smoke = map[string]map[string]any{
	"preallocation": {"batch": 4, "filters": 2, "image": 8, "examples": 10, "epochs": 2},
	"mmap":          {"mib": 1},
	"pool":          {"goroutines": 2, "requests": 4, "open": 2, "buffers": 2, "largest": 1},
	"locality":      {"side": 16},
	"pruning":       {"batch": 4, "filters": 4, "image": 8, "examples": 40, "epochs": 2, "frequency": 1},
	"distillation":  {"batch": 4, "filters": 4, "student": 2, "image": 8, "examples": 40, "epochs": 2, "seeds": 2},
	"training":      {"batch": 4, "filters": 2, "image": 8, "examples": 10, "epochs": 2},
	"precision":     {"batch": 4, "vocab": 20, "steps": 5, "embedding": 3, "units": 3, "hidden": 2, "examples": 10, "epochs": 2},
	"integer":       {"batch": 4, "filters": 2, "image": 8, "examples": 10, "epochs": 2},
	"token-ids":     {"ids": 1000, "vocab": 100},
}

// smokeLanguage are those with which a variant is over that is one of language models alone.
var smokeLanguage = map[string]any{"model": "gpt2-tiny", "tokens": 4}

// smokeOf are params with which a variant applies and is over in a moment.
func smokeOf(t *testing.T, c *builtin.Case, v *builtin.Variant) profiler.Params {
	t.Helper()
	p, faults := c.Resolve(smoke[c.Name])
	if len(faults) == 0 && v.When != nil && !v.When(p) {
		p, faults = c.Resolve(smokeLanguage)
	}
	if len(faults) > 0 {
		t.Fatal(faults)
	}
	return p
}

func TestCasesAreComplete(t *testing.T) {
	names := map[string]bool{}
	for _, c := range All {
		if names[c.Name] || c.Name == profiler.ImportCase {
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
			t.Errorf("%s: the address of what changed between two profiles would hide those of a variant named diff", c.Name)
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
		few, faults := c.Resolve(smoke[c.Name])
		if len(faults) > 0 {
			t.Fatal(faults)
		}
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

func TestPredictionsAreOfVariants(t *testing.T) {
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
	seen := map[string]string{}
	eachVariant(t, func(t *testing.T, c *builtin.Case, v *builtin.Variant) {
		source := v.Source()
		if lines := strings.Count(source, "\n") + 1; lines > 25 {
			t.Errorf("%d lines are too many to stand beside others", lines)
		}
		if !strings.Contains(source, "func ") {
			t.Errorf("no Go code:\n%s", source)
		}
		if other := seen[source]; other != "" {
			t.Errorf("the source is that of %s", other)
		}
		seen[source] = v.Name
	})
}

func TestDeclarations(t *testing.T) {
	const text = `package p

// T is a type.
type T[E any] struct{}

func (t *T[E]) A() {}
func (T[E]) B()    {}

// F is a function.
func F() {
}
`
	got, err := declarations(text, []string{"F", "T.A", "T.B"})
	const want = "// F is a function.\nfunc F() {\n}\n\nfunc (t *T[E]) A() {}\nfunc (T[E]) B()    {}"
	if err != nil || got != want {
		t.Errorf("got %q, %v, want %q", got, err, want)
	}
	if _, err := declarations(text, []string{"T.C"}); err == nil {
		t.Error("no error for a declaration that is not there")
	}
}

func TestOpMarksOnce(t *testing.T) {
	eachVariant(t, func(t *testing.T, c *builtin.Case, v *builtin.Variant) {
		p := smokeOf(t, c, v)
		work, err := v.Setup(input(t, c, p))
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
	eachVariant(t, func(t *testing.T, c *builtin.Case, v *builtin.Variant) {
		if v.Fit == nil {
			t.Skip("no fit")
		}
		p, _ := c.Resolve(smoke[c.Name])
		var epochs []profiler.Epoch
		marks := 0
		fit, err := v.Fit(input(t, c, p), builtin.Watch{Epoch: func(e profiler.Epoch) { epochs = append(epochs, e) }, Mark: func() { marks++ }})
		if err != nil {
			t.Fatal(err)
		}
		if len(epochs) != p.Int("epochs") || !slices.Equal(epochs, fit.Epochs) {
			t.Errorf("reported %v, returned %v", epochs, fit.Epochs)
		}
		if len(fit.Weights) != 64 || marks < len(epochs) {
			t.Errorf("got %+v", fit)
		}
	})
}
