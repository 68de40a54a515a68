package cases

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"heaplab/profiler"
	"heaplab/profiler/subject/builtin"
)

var precision = newPrecision(generatedModels)

// measured is what a variant's work knows of itself.
func measured(t *testing.T, c *builtin.Case, variant string, in builtin.Input) map[string]float64 {
	t.Helper()
	work, err := c.Variant(variant).Setup(in)
	if err != nil {
		t.Fatal(err)
	}
	defer work.Close()
	out := map[string]float64{}
	for _, m := range work.Metrics() {
		out[m.Unit] = m.Value
	}
	return out
}

// float64 gives the very outputs that were kept when the model was trained; float32 is off by
// its rounding, in half of the bytes.
func TestPrecisionOfOutputs(t *testing.T) {
	p, _ := precision.Resolve(map[string]any{"examples": 60, "epochs": 2, "vocab": 50, "steps": 8})
	in := input(t, &precision, p)
	double, single := measured(t, &precision, "float64", in), measured(t, &precision, "float32", in)
	if err := double[profiler.MaxAbsErr]; err != 0 {
		t.Errorf("float64 is off by %v", err)
	}
	if err := single[profiler.MaxAbsErr]; err == 0 || err > 1e-5 {
		t.Errorf("float32 is off by %v", err)
	}
	if ratio := double[profiler.ModelBytes] / single[profiler.ModelBytes]; ratio != 2 {
		t.Errorf("ratio of the sizes = %v", ratio)
	}
}

func TestPrecisionLearns(t *testing.T) {
	if raceEnabled {
		t.Skip("takes a minute with the race detector, which smaller fits exercise as well")
	}
	p, _ := precision.Resolve(nil)
	for _, v := range precision.For(p).Variants {
		fit, err := v.Fit(builtin.Input{Params: p}, unwatched)
		if err != nil {
			t.Fatal(err)
		}
		if last := fit.Epochs[len(fit.Epochs)-1]; last.Accuracy <= 0.9 {
			t.Errorf("%s: after %d epochs %+v", v.Name, len(fit.Epochs), last)
		}
	}
}

// A file that is cut off or too long is refused, with its name.
func TestDamagedPreparedFiles(t *testing.T) {
	for _, c := range []*builtin.Case{&precision, &integer, &pruning, &distillation, &mapping} {
		p, _ := c.Resolve(smoke[c.Name])
		in := input(t, c, p)
		good, err := os.ReadFile(in.Prepared)
		if err != nil {
			t.Fatal(err)
		}
		for name, content := range map[string][]byte{
			"empty": nil, "cut off": good[:len(good)-1], "too long": append(slices.Clone(good), 0),
		} {
			in.Prepared = filepath.Join(t.TempDir(), "prepared")
			if err := os.WriteFile(in.Prepared, content, 0o600); err != nil {
				t.Fatal(err)
			}
			for _, v := range c.Variants {
				if _, err := v.Setup(in); err == nil || !strings.Contains(err.Error(), in.Prepared) {
					t.Errorf("%s/%s, %s: error = %v", c.Name, v.Name, name, err)
				}
			}
		}
		in.Prepared = filepath.Join(t.TempDir(), "nothing")
		if _, err := c.Baseline().Setup(in); err == nil {
			t.Errorf("%s: no error without the file", c.Name)
		}
	}
}
