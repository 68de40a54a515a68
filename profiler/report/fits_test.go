package report

import (
	"strings"
	"testing"

	"heaplab/profiler"
)

func TestWeights(t *testing.T) {
	fit := func(weights string) *profiler.Fit {
		return &profiler.Fit{Weights: weights, Epochs: []profiler.Epoch{{Loss: 1}}}
	}
	for _, test := range []struct {
		name string
		fits []*profiler.Fit
		same bool
		text string // part of it
	}{
		{"equal", []*profiler.Fit{fit("a"), fit("a"), fit("a")}, true, "bit-identical"},
		{"one differs", []*profiler.Fit{fit("a"), fit("b"), fit("a")}, false, "The final weights of v1 differ from those of v0"},
		{"two differ", []*profiler.Fit{fit("a"), fit("b"), fit("c")}, false, "of v1 and v2"},
		{"not known", []*profiler.Fit{fit(""), fit("")}, false, "of v1 differ"},
		{"the baseline has none", []*profiler.Fit{nil, fit("b"), fit("c")}, false, "of v2 differ from those of v1"},
		{"only one", []*profiler.Fit{fit("a"), nil, {}}, false, "Only one variant"},
	} {
		var r Report
		for i, f := range test.fits {
			r.Variants = append(r.Variants, VariantReport{Name: "v" + string(rune('0'+i)), Fit: f})
		}
		if got := WeightsText(r); SameWeights(r) != test.same || !strings.Contains(got, test.text) {
			t.Errorf("%s: %q", test.name, got)
		}
	}
}
