package report

import (
	"testing"

	"heaplab/profiler"
)

func TestUncheckedWarnings(t *testing.T) {
	side := func(variant string, unchecked bool) ProfileReport {
		return ProfileReport{Variant: variant, Summary: profiler.Summary{Unchecked: unchecked}}
	}
	if got := uncheckedWarnings([]ProfileReport{side("baseline", false), side("variant", false)}); got != nil {
		t.Errorf("checked: %q", got)
	}
	got := uncheckedWarnings([]ProfileReport{side("baseline", true), side("variant", true)})
	if len(got) != 1 || !hasAll(got[0], []string{"profiles of baseline and variant", "no build ID"}) {
		t.Errorf("unchecked: %q", got)
	}
}
