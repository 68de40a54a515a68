package cases

import (
	"math"
	"slices"
	"testing"

	"heaplab/profiler"
	"heaplab/profiler/subject/builtin"
)

// Formats of the same pruned weights give logits that are equal to the bit, and those of the
// unpruned model are others.
func TestPrunedFormatsAgree(t *testing.T) {
	p, faults := pruning.Resolve(map[string]any{"model": "gpt2-tiny", "tokens": 12})
	if faults != nil {
		t.Fatal(faults)
	}
	in := builtin.Input{Params: p, Prepared: preparedNumbers(t, len(prunedFormats(p))*len(languageUnits))}
	logits := map[string][]float32{}
	for _, v := range pruning.For(p).Variants {
		if v.Fit != nil {
			t.Errorf("%s has a fit: GPT-2 is not trained", v.Name)
		}
		work, err := v.Setup(in)
		if err != nil {
			t.Fatal(err)
		}
		defer work.Close()
		l := work.(*language[float32])
		logits[v.Name] = l.decoder.Logits(l.text)
	}
	if len(logits) != len(prunedFormats(p)) {
		t.Fatalf("%d variants of %d formats", len(logits), len(prunedFormats(p)))
	}
	for _, name := range []string{"csr", "packed"} {
		if !slices.Equal(logits[name], logits["masked"]) {
			t.Errorf("%s: the logits differ from those of masked", name)
		}
	}
	if slices.Equal(logits["dense"], logits["masked"]) {
		t.Error("pruned, the model has the logits that it had")
	}
}

// Every format is as large as was predicted, and its outputs are worth what those of the same
// weights are.
func TestPrunedSizes(t *testing.T) {
	for _, test := range []struct {
		sparsity float64
		smaller  bool // in compressed sparse rows
	}{
		{0.5, false}, {0.8, true},
	} {
		p, _ := pruning.Resolve(map[string]any{"model": "gpt2-tiny", "tokens": 4, "sparsity": test.sparsity})
		in := input(t, &pruning, p)
		dense := measured(t, &pruning, "dense", in)
		if dense[profiler.MaxAbsErr] != 0 || dense[profiler.Loss] == 0 {
			t.Errorf("the unpruned model has %v", dense)
		}
		masked := measured(t, &pruning, "masked", in)
		for _, prediction := range pruning.Predict(p) {
			if prediction.Unit != profiler.ModelBytes {
				continue
			}
			got := measured(t, &pruning, prediction.Variant, in)
			if ratio := dense[profiler.ModelBytes] / got[profiler.ModelBytes]; ratio != float64(prediction.Ratio) {
				t.Errorf("%v: %s takes %v times less, predicted was %v", test.sparsity, prediction.Variant, ratio, prediction.Ratio)
			}
			if prediction.Variant == "csr" && (prediction.Ratio > 1) != test.smaller {
				t.Errorf("%v: csr takes %v times less", test.sparsity, prediction.Ratio)
			}
			for _, unit := range languageUnits {
				if got[unit] != masked[unit] || got[unit] == dense[unit] {
					t.Errorf("%v: %s of %s = %v, of masked %v, unpruned %v", test.sparsity, unit, prediction.Variant, got[unit], masked[unit], dense[unit])
				}
			}
		}
	}
}

// What is alive at the mark is what was predicted.
func TestPrunedLivePredictions(t *testing.T) {
	if raceEnabled {
		t.Skip("the race detector's own memory counts")
	}
	p, _ := pruning.Resolve(map[string]any{"model": "gpt2-mini", "tokens": 4})
	in := builtin.Input{Params: p, Prepared: preparedNumbers(t, len(prunedFormats(p))*len(languageUnits))}
	live := liveOf(t, &pruning, in)
	if most := float64(pruning.Estimate(p).Live); live["dense"] > most {
		t.Errorf("%.0f bytes are alive, estimated at %.0f", live["dense"], most)
	}
	for variant, ratio := range livePredictions(t, &pruning, p) {
		if got := live["dense"] / live[variant]; math.Abs(got/ratio-1) > 0.02 {
			t.Errorf("%s: %.3f times less is alive, predicted was %.3f", variant, got, ratio)
		}
	}
}

func TestPrunedFaults(t *testing.T) {
	if _, faults := pruning.Resolve(map[string]any{"model": "gpt2-tiny", "tokens": 65}); faults.For("tokens") == "" {
		t.Errorf("faults = %v", faults)
	}
	if _, faults := pruning.Resolve(map[string]any{"model": "gpt2-tiny", "filters": 4, "sparsity": 0.1, "begin": 1000}); faults != nil {
		t.Errorf("params of the image model count: %v", faults)
	}
}
