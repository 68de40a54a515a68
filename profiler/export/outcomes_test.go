package export

import (
	"testing"

	"heaplab/profiler/report"
)

func TestOutcomes(t *testing.T) {
	if got := Outcomes(nil); got != "" {
		t.Errorf("without conditions: %q", got)
	}
	got := Outcomes([]report.Outcome{
		{Gate: report.Gate{Text: "inuse_space>+5%"}, Holds: true, Text: "20 MiB to 100 MiB, +400.0%"},
		{Gate: report.Gate{Text: "func:a`|<b> alloc_space>1"}, Text: "0 B to 0 B"},
	})
	const want = "The check fails if one of these holds:\n\n" +
		"- ✗ **`inuse_space>+5%` holds**: 20 MiB to 100 MiB, +400.0%.\n" +
		"- ✓ func:a\\`\\|\\<b\\> alloc\\_space\\>1 does not hold: 0 B to 0 B.\n"
	if got != want {
		t.Errorf("outcomes\n%s\nwant\n%s", got, want)
	}
}
