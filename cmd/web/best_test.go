package main

import (
	"testing"

	"heaplab/profiler"
)

// TestBestVariantOfCases checks the recommendation for cases in which the last variant is not the best.
func TestBestVariantOfCases(t *testing.T) {
	if testing.Short() {
		t.Skip("takes too long for a short run")
	}
	d := startDashboard(t, t.TempDir())
	for i, test := range []struct{ launch, want string }{
		{`{"case":"mmap","params":{"mib":64},"count":5,"benchtime":"10x"}`, "streamed"},
		{`{"case":"pool","count":5,"benchtime":"5x"}`, "syncpool"},
	} {
		d.post("/api/v1/experiments", test.launch)
		r := d.await(i+1, ended)
		if r.State != profiler.Done || r.Conclusion == nil || r.Conclusion.Best != test.want {
			t.Errorf("%s: %s, conclusion %+v, want %s", test.launch, r.State, r.Conclusion, test.want)
		}
	}
}
