package profiler

import (
	"encoding/json"
	"strings"
	"testing"

	"heaplab/profiler/heap"
)

// Clients loop over the lists of a summary, so lists without elements are no null, also those of a profile
// that cannot be read and of summaries stored by older versions.
func TestSummaryHasLists(t *testing.T) {
	var old Summary
	if err := json.Unmarshal([]byte(`{"types":null,"functions":null,"outside_ops":{"functions":null}}`), &old); err != nil {
		t.Fatal(err)
	}
	for _, s := range []Summary{{}, old, NewSummary(&heap.Digest{}), {Outside: NewOutside(&heap.Digest{})}} {
		b, err := json.Marshal(s)
		if err != nil || strings.Contains(string(b), "null") || !strings.Contains(string(b), `"functions":[]`) {
			t.Errorf("%s, %v", b, err)
		}
	}
}
