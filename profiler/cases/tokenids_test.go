package cases

import (
	"fmt"
	"testing"

	"heaplab/profiler/cases/casetest"
	"heaplab/profiler/subject/builtin"
)

// All types hold the same ids, and count the same pairs.
func TestTokenIDsAreEqual(t *testing.T) {
	for _, params := range []map[string]any{
		{"ids": 2, "vocab": 2},
		{"ids": 50_000, "vocab": 3},
		{"ids": 200_000, "vocab": 65_535, "seed": 7},
	} {
		t.Run(fmt.Sprint(params), func(t *testing.T) {
			p, faults := tokenIDs.Resolve(params)
			if len(faults) > 0 {
				t.Fatal(faults)
			}
			in := builtin.Input{Params: p}
			wide, middle, narrow := newCorpus[int64](in), newCorpus[int32](in), newCorpus[uint16](in)
			var pairs, greatest int64
			for i, id := range wide.ids {
				if id < 0 || int64(middle.ids[i]) != id || int64(narrow.ids[i]) != id {
					t.Fatalf("id %d is %d, %d and %d", i, id, middle.ids[i], narrow.ids[i])
				}
				greatest = max(greatest, id)
				if i > 0 && id != 0 && wide.ids[i-1] != 0 {
					pairs++
				}
			}
			if vocab := int64(vocabulary.Of(p)); greatest > vocab || len(wide.ids) > 1000 && greatest < vocab*9/10 {
				t.Errorf("the greatest of ids to %d is %d", vocab, greatest)
			}
			for range 2 { // an operation clears the counters
				for _, work := range []builtin.Work{wide, middle, narrow} {
					if err := work.Op(func() {}); err != nil {
						t.Fatal(err)
					}
				}
			}
			if wide.counts != middle.counts || wide.counts != narrow.counts {
				t.Error("counts differ")
			}
			var counted int64
			for _, n := range wide.counts {
				counted += int64(n)
			}
			if counted != pairs {
				t.Errorf("%d pairs are counted, want %d", counted, pairs)
			}
		})
	}
}

func TestTokenIDsRejectLargeVocabularies(t *testing.T) {
	for vocab, refused := range map[int]bool{2: false, 65_535: false, 65_536: true, 128_256: true} {
		if _, faults := tokenIDs.Resolve(map[string]any{"vocab": vocab}); (faults.For("vocab") != "") != refused {
			t.Errorf("%d: faults = %v", vocab, faults)
		}
	}
}

func TestTokenIDsMemory(t *testing.T) {
	p, _ := tokenIDs.Resolve(nil)
	casetest.CheckRatios(t, &tokenIDs, builtin.Input{Params: p}, 0.01)
}
