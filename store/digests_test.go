package store

import (
	"sync"
	"testing"

	"heaplab/profiler/heap"
)

func encodedDigest(t *testing.T, bytes int64) []byte {
	t.Helper()
	d := &heap.Digest{Types: []heap.Type{heap.AllocSpace}, Totals: heap.Values{AllocSpace: bytes}, Nodes: []heap.Node{{Parent: -1, Function: heap.Root, Values: heap.Values{AllocSpace: bytes}}}}
	b, err := d.Encode()
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// The last digests stay decoded, others are decoded again.
func TestDigestsAreKept(t *testing.T) {
	var d digests
	decode := func(bytes int64) *heap.Digest {
		digest, err := d.decode(encodedDigest(t, bytes))
		if err != nil || digest.Totals.AllocSpace != bytes {
			t.Fatalf("%+v, %v", digest, err)
		}
		return digest
	}
	first := decode(1)
	for n := range int64(keptDigests - 1) {
		decode(2 + n)
	}
	if decode(1) != first {
		t.Error("a digest that was used is decoded twice")
	}
	for n := range int64(keptDigests) {
		decode(100 + n)
	}
	if decode(1) == first || len(d.kept) != keptDigests {
		t.Errorf("%d digests are kept", len(d.kept))
	}
	if _, err := d.decode([]byte("nonsense")); err == nil || len(d.kept) != keptDigests {
		t.Errorf("a damaged digest: %v, %d are kept", err, len(d.kept))
	}
}

func TestDigestsConcurrently(t *testing.T) {
	var d digests
	var all sync.WaitGroup
	for n := range int64(4 * keptDigests) {
		encoded := encodedDigest(t, n%12)
		all.Go(func() {
			if digest, err := d.decode(encoded); err != nil || digest.Totals.AllocSpace != n%12 {
				t.Errorf("%+v, %v", digest, err)
			}
		})
	}
	all.Wait()
}
