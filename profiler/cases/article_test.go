package cases

import (
	"testing"

	"heaplab/profiler"
	"heaplab/profiler/subject/builtin"
)

// The article's claims name variants that exist, and claims of one family are neighbours.
func TestArticleNamesCases(t *testing.T) {
	ended := map[string]bool{}
	for i, claim := range Article {
		if i > 0 && Article[i-1].Family != claim.Family {
			ended[Article[i-1].Family] = true
		}
		if ended[claim.Family] {
			t.Errorf("%s: its family is in two places", claim.English)
		}
		for field, text := range map[string]string{"family": claim.Family, "Chinese": claim.Chinese, "English": claim.English, "claim": claim.Says} {
			if text == "" {
				t.Errorf("claim %d has no %s", i, field)
			}
		}
		for _, test := range claim.Tests {
			c := builtin.Find(All, test.Case)
			if c == nil || c.Variant(test.Variant) == nil || test.Variant == c.Baseline().Name {
				t.Errorf("%s is tested by %+v, which does not exist", claim.English, test)
				continue
			}
			if _, faults := c.Resolve(test.Params); faults != nil {
				t.Errorf("%s is tested with params that %s does not take: %v", claim.English, test.Case, faults)
			}
		}
	}
	if len(Article) != 11 {
		t.Errorf("%d claims, want eight techniques and three worked cases", len(Article))
	}
}

// Presets are within bounds, and their names are unique.
func TestPresets(t *testing.T) {
	for _, c := range All {
		seen := map[string]bool{}
		for _, preset := range c.Presets {
			if seen[preset.Name] || preset.Title == "" {
				t.Errorf("%s: preset %+v", c.Name, preset)
			}
			seen[preset.Name] = true
			e := profiler.Experiment{Kind: profiler.KindComparison, Config: profiler.DefaultConfig(8 << 30)}
			trial, faults := c.NewTrial(e, preset.Params)
			if len(faults) == 0 {
				faults = trial.CheckLimits()
			}
			if len(faults) > 0 {
				t.Errorf("%s: preset %s: %v", c.Name, preset.Name, faults)
			}
		}
	}
}
