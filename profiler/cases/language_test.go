package cases

import (
	"encoding/binary"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"heaplab/profiler"
	"heaplab/profiler/child"
	"heaplab/profiler/model"
	"heaplab/profiler/report"
	"heaplab/profiler/subject/builtin"
	"heaplab/profiler/weights/weightstest"
)

// tiny is the smallest of the generated models.
var tiny = generatedModels[0]

// Every format is as large as it should be, and off by what its numbers round.
func TestLanguageFormats(t *testing.T) {
	p, faults := precision.Resolve(smokeLanguage)
	if faults != nil {
		t.Fatal(faults)
	}
	in := input(t, &precision, p)
	for _, test := range []struct {
		variant     string
		least, most float64 // error of a logit
	}{
		{"float64", 0, 0}, {"float32", 1e-9, 1e-5}, {"float16", 1e-6, 1e-2}, {"bfloat16", 1e-5, 5e-2},
	} {
		got := measured(t, &precision, test.variant, in)
		if err := got[profiler.MaxAbsErr]; err < test.least || err > test.most {
			t.Errorf("%s is off by %g, want %g to %g", test.variant, err, test.least, test.most)
		}
		if got, want := got[profiler.ModelBytes], float64(formatOf(test.variant).bytes(tiny.shape)); got != want {
			t.Errorf("%s has %v bytes, want %v", test.variant, got, want)
		}
		if loss := got[profiler.Loss]; math.Abs(loss-math.Log(float64(tiny.shape.Vocab))) > 0.5 {
			t.Errorf("%s: the loss is %v; untrained, it is near %v", test.variant, loss, math.Log(float64(tiny.shape.Vocab)))
		}
	}
}

// GPT-2 in integers is off by what 8 bits round, in the bytes that were predicted.
func TestLanguageInIntegers(t *testing.T) {
	p, faults := integer.Resolve(smokeLanguage)
	if faults != nil {
		t.Fatal(faults)
	}
	in := input(t, &integer, p)
	for _, variant := range []string{"int8", "int8-activations"} {
		got := measured(t, &integer, variant, in)
		if err := got[profiler.MaxAbsErr]; err < 1e-5 || err > 0.1 {
			t.Errorf("%s is off by %g", variant, err)
		}
		if got, want := got[profiler.ModelBytes], float64(tiny.shape.Int8Bytes()); got != want {
			t.Errorf("%s has %v bytes, want %v", variant, got, want)
		}
	}
}

// What is alive at the mark is what was predicted.
func TestLanguageLivePredictions(t *testing.T) {
	if raceEnabled {
		t.Skip("the race detector's own memory counts")
	}
	p, _ := precision.Resolve(map[string]any{"model": "gpt2-mini", "tokens": 4})
	in := builtin.Input{Params: p, Prepared: preparedNumbers(t, languagePrecisions*len(languageUnits))}
	for name, live := range liveOf(t, &precision, in) {
		if want := languageLive(generatedModels[1].shape, formatOf(name), 4); math.Abs(live/want-1) > 0.02 {
			t.Errorf("%s: %.0f bytes are alive, want %.0f", name, live, want)
		}
	}
}

// livePredictions are the ratios of the live heap that are predicted.
func livePredictions(t *testing.T, c *builtin.Case, p profiler.Params) map[string]float64 {
	t.Helper()
	out := map[string]float64{}
	for _, prediction := range c.Predict(p) {
		if prediction.Unit == profiler.LiveHeap {
			out[prediction.Variant] = float64(prediction.Ratio)
		}
	}
	if len(out) != len(c.For(p).Variants)-1 {
		t.Fatalf("predicted is %v", out)
	}
	return out
}

// liveOf is what is alive at the mark of each variant.
func liveOf(t *testing.T, c *builtin.Case, in builtin.Input) map[string]float64 {
	t.Helper()
	out := map[string]float64{}
	for _, v := range c.For(in.Params).Variants {
		before := heapInUse()
		work, err := v.Setup(in)
		if err != nil {
			t.Fatal(err)
		}
		if err := work.Op(func() { out[v.Name] = heapInUse() - before }); err != nil {
			t.Fatal(err)
		}
		work.Close()
	}
	return out
}

// A file of weights runs as the same weights do that were generated.
func TestLanguageModelOfAFile(t *testing.T) {
	folder := t.TempDir()
	var tensors []weightstest.Tensor
	source := model.GenerateGPT2[float32](tiny.shape, 1)
	for _, shape := range tiny.shape.Tensors() {
		values, err := source(shape)
		if err != nil {
			t.Fatal(err)
		}
		tensor := weightstest.Tensor{Name: "transformer." + shape.Name, Type: "F32"}
		for _, n := range shape.Shape {
			tensor.Shape = append(tensor.Shape, int64(n))
		}
		if tensor.Data, err = binary.Append(nil, binary.LittleEndian, values); err != nil {
			t.Fatal(err)
		}
		tensors = append(tensors, tensor)
	}
	weightstest.WriteSafetensors(t, filepath.Join(folder, "own.safetensors"), tensors...)
	weightstest.WriteSafetensors(t, filepath.Join(folder, "short.safetensors"), tensors[:5]...)
	weightstest.WriteSafetensors(t, filepath.Join(folder, "other.safetensors"), weightstest.Tensor{Name: "x", Type: "F32", Shape: []int64{2}})

	found, err := With(builtin.Folders{Models: folder})
	if err != nil {
		t.Fatal(err)
	}
	c := builtin.Find(found, "precision")
	if _, faults := c.Resolve(map[string]any{"model": "other.safetensors"}); faults == nil {
		t.Error("a file without a matrix can be chosen")
	}
	logits := func(params map[string]any) []float32 {
		p, faults := c.Resolve(params)
		if faults != nil {
			t.Fatal(faults)
		}
		in := builtin.Input{Params: p, Prepared: preparedNumbers(t, languagePrecisions*len(languageUnits)), Folders: builtin.Folders{Models: folder}}
		work, err := c.Variant("float32").Setup(in)
		if err != nil {
			t.Fatal(err)
		}
		defer work.Close()
		l := work.(*language[float32])
		return l.decoder.Logits(l.text)
	}
	read := logits(map[string]any{"model": "own.safetensors", "tokens": 4})
	made := logits(map[string]any{"model": "gpt2-tiny", "tokens": 4})
	if !slices.Equal(read, made) {
		t.Error("the logits differ")
	}

	p, faults := c.Resolve(map[string]any{"model": "short.safetensors", "tokens": 4})
	if faults != nil {
		t.Fatal(faults)
	}
	in := builtin.Input{Params: p, Prepared: preparedNumbers(t, languagePrecisions*len(languageUnits)), Folders: builtin.Folders{Models: folder}}
	if _, err := c.Variant("float32").Setup(in); err == nil || !strings.Contains(err.Error(), "short.safetensors") {
		t.Errorf("a file that lacks tensors gives %v", err)
	}
}

// With GPT-2 the params of the article's model make no difference, and without it the text's length:
// no sweep goes over them, they decide nothing that is prepared, and a report says so.
func TestParamsThatCount(t *testing.T) {
	for _, test := range []struct {
		model, over string
		values      []string
		counts      bool
	}{
		{"gpt2-tiny", "units", []string{"16", "32"}, false},
		{"gpt2-tiny", "tokens", []string{"4", "8"}, true},
		{"article", "tokens", []string{"4", "8"}, false},
		{"article", "units", []string{"16", "32"}, true},
		{"article", "gogc", []string{"50", "100"}, true},
	} {
		p, faults := precision.Resolve(map[string]any{"model": test.model, "tokens": 4})
		if faults != nil {
			t.Fatal(faults)
		}
		e := profiler.Experiment{Kind: profiler.KindSweep, Params: p, Config: profiler.DefaultConfig(1 << 33), Sweep: &profiler.Sweep{Over: test.over, Values: test.values}}
		if faults := e.CheckSweep(&precision); (faults == nil) != test.counts {
			t.Errorf("%s, sweep of %s: %v", test.model, test.over, faults)
		}
		r := report.NewReport(&precision, e, nil, nil)
		if got := slices.Contains(r.Idle, test.over); got == test.counts {
			t.Errorf("%s: the report says that %s makes no difference: %v", test.model, test.over, got)
		}
	}
	var e child.Executor
	name := func(params map[string]any) string {
		p, _ := precision.Resolve(params)
		return e.PreparedName(&precision, p)
	}
	if name(map[string]any{"model": "gpt2-tiny"}) != name(map[string]any{"model": "gpt2-tiny", "units": 5}) {
		t.Error("units of another model decide what is prepared")
	}
	if name(map[string]any{"model": "gpt2-tiny"}) == name(map[string]any{"model": "gpt2-tiny", "tokens": 5}) {
		t.Error("the text's length does not decide what is prepared")
	}
}

func TestLanguageFaults(t *testing.T) {
	for _, test := range []struct {
		field  string
		params map[string]any
	}{
		{"tokens", map[string]any{"model": "gpt2-tiny", "tokens": 65}},
		{"mode", map[string]any{"model": "gpt2-tiny", "mode": "training"}},
		{"model", map[string]any{"model": "../secret"}},
	} {
		if _, faults := precision.Resolve(test.params); faults.For(test.field) == "" {
			t.Errorf("%v: faults = %v, want one of %s", test.params, faults, test.field)
		}
	}
}

// preparedNumbers is a prepared file of so many zeros.
func preparedNumbers(t *testing.T, n int) string {
	t.Helper()
	name := filepath.Join(t.TempDir(), "prepared")
	file, err := os.Create(name)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	if err := writeNumbers(file, make([]float64, n)); err != nil {
		t.Fatal(err)
	}
	return name
}
