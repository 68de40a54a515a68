package gpt2

import (
	"math"
	"slices"
	"testing"

	"heaplab/profiler"
	"heaplab/profiler/cases/casetest"
	"heaplab/profiler/subject/builtin"
)

// Formats of the same pruned weights give logits that are equal to the bit, and differ from those of
// the unpruned model.
func TestPrunedFormatsAgree(t *testing.T) {
	p := casetest.Resolve(t, &pruningCase, builtin.Values(tinyModel, tokens.Is(12)))
	in := builtin.Input{Params: p, Prepared: casetest.Zeros(t, len(prunedFormats(p))*len(qualityUnits))}
	logits := map[string][]float32{}
	for i := range pruningCase.Variants {
		logits[pruningCase.Variants[i].Name] = logitsOfVariant(t, &pruningCase.Variants[i], in)
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
		t.Error("pruning did not change the logits")
	}
}

// Every format has the predicted size, and all pruned formats have the same quality.
func TestPrunedSizes(t *testing.T) {
	for _, test := range []struct {
		sparsity float64
		smaller  bool // in compressed sparse rows
	}{
		{0.5, false}, {0.8, true},
	} {
		p := casetest.Resolve(t, &pruningCase, builtin.Values(tinyModel, tokens.Is(4), sparsity.Is(test.sparsity)))
		in := casetest.Prepare(t, &pruningCase, p)
		dense := casetest.Metrics(t, &pruningCase, "dense", in)
		if dense[profiler.MaxAbsErr] != 0 || dense[profiler.Loss] == 0 {
			t.Errorf("the unpruned model has %v", dense)
		}
		masked := casetest.Metrics(t, &pruningCase, "masked", in)
		for _, prediction := range pruningCase.Predict(p) {
			if prediction.Unit != profiler.ModelBytes {
				continue
			}
			got := casetest.Metrics(t, &pruningCase, prediction.Variant, in)
			if ratio := dense[profiler.ModelBytes] / got[profiler.ModelBytes]; ratio != float64(prediction.Ratio) {
				t.Errorf("%v: %s takes %v times less, predicted was %v", test.sparsity, prediction.Variant, ratio, prediction.Ratio)
			}
			if prediction.Variant == "csr" && (prediction.Ratio > 1) != test.smaller {
				t.Errorf("%v: csr takes %v times less", test.sparsity, prediction.Ratio)
			}
			for _, unit := range qualityUnits {
				if got[unit] != masked[unit] || got[unit] == dense[unit] {
					t.Errorf("%v: %s of %s = %v, of masked %v, unpruned %v", test.sparsity, unit, prediction.Variant, got[unit], masked[unit], dense[unit])
				}
			}
		}
	}
}

// The live heap at the mark is as predicted.
func TestPrunedLiveHeap(t *testing.T) {
	p := casetest.Resolve(t, &pruningCase, builtin.Values(modelName.Is(mini.name), tokens.Is(4)))
	in := builtin.Input{Params: p, Prepared: casetest.Zeros(t, len(prunedFormats(p))*len(qualityUnits))}
	live := liveHeaps(t, &pruningCase, in)
	if most := float64(pruningCase.Estimate(p).Live); live["dense"] > most {
		t.Errorf("%.0f bytes are alive, estimated at %.0f", live["dense"], most)
	}
	for variant, ratio := range predictedLive(t, &pruningCase, p) {
		if got := live["dense"] / live[variant]; math.Abs(got/ratio-1) > 0.02 {
			t.Errorf("%s: the live heap is %.3f times less, predicted was %.3f", variant, got, ratio)
		}
	}
}
