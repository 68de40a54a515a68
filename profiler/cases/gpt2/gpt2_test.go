package gpt2

import (
	"testing"

	"heaplab/profiler"
	"heaplab/profiler/cases/casetest"
	"heaplab/profiler/subject/builtin"
)

// The cases with generated models.
var (
	library        = NewLibrary(nil)
	tiny, mini     = generated[0], generated[1]
	cacheCase      = NewCache(library)
	precisionCase  = NewPrecision(library)
	integerCase    = NewInteger(library)
	pruningCase    = NewPruning(library)
	tinyModel      = modelName.Is(tiny.name)
	fourTinyTokens = builtin.Values(tinyModel, tokens.Is(4))
)

// predictedLive returns the predicted ratios of the live heap by variant.
func predictedLive(t *testing.T, c *builtin.Case, p profiler.Params) map[string]float64 {
	t.Helper()
	out := map[string]float64{}
	for _, prediction := range c.Predict(p) {
		if prediction.Unit == profiler.LiveHeap {
			out[prediction.Variant] = float64(prediction.Ratio)
		}
	}
	if len(out) != len(c.Variants)-1 {
		t.Fatalf("predicted is %v", out)
	}
	return out
}

// liveHeaps returns the heap in use at the mark by variant.
func liveHeaps(t *testing.T, c *builtin.Case, in builtin.Input) map[string]float64 {
	t.Helper()
	if casetest.RaceEnabled {
		t.Skip("the race detector allocates memory of its own")
	}
	out := map[string]float64{}
	for i := range c.Variants {
		out[c.Variants[i].Name] = casetest.HeapAtMark(t, &c.Variants[i], in)
	}
	return out
}

// logitsOfVariant sets up a variant and returns its logits of the text.
func logitsOfVariant(t *testing.T, v *builtin.Variant, in builtin.Input) []float32 {
	t.Helper()
	work, err := v.Setup(in)
	if err != nil {
		t.Fatal(err)
	}
	defer work.Close()
	w := work.(*textWork[float32])
	return w.decoder.Logits(w.text)
}

func TestTextIsNotLongerThanTheContext(t *testing.T) {
	for _, c := range []*builtin.Case{&cacheCase, &precisionCase, &integerCase, &pruningCase} {
		if _, faults := c.Resolve(builtin.Values(tinyModel, tokens.Is(65))); faults.For("tokens") == "" {
			t.Errorf("%s: faults = %v", c.Name, faults)
		}
		if _, faults := c.Resolve(map[string]any{"model": "../secret"}); faults.For("model") == "" {
			t.Errorf("%s: faults = %v", c.Name, faults)
		}
	}
}

// The file that is prepared depends on all params of the case.
func TestPreparedFileDependsOnParams(t *testing.T) {
	var s builtin.Subject
	name := func(settings ...builtin.Setting) string {
		return s.PreparedName(&pruningCase, casetest.Resolve(t, &pruningCase, builtin.Values(settings...)))
	}
	seen := map[string]bool{}
	for _, settings := range [][]builtin.Setting{
		{tinyModel}, {modelName.Is("gpt2-mini")}, {tinyModel, tokens.Is(5)}, {tinyModel, sparsity.Is(0.5)}, {tinyModel, seed.Is(2)},
	} {
		if seen[name(settings...)] {
			t.Errorf("%v: the file is that of other params", settings)
		}
		seen[name(settings...)] = true
	}
}
