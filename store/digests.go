package store

import (
	"crypto/sha256"
	"slices"
	"sync"

	"heaplab/profiler/heap"
)

// keptDigests is the number of digests that stay decoded, each of at most some 10 MB.
const keptDigests = 8

// digests decodes digests and keeps the last ones, because each step through a flame graph loads the same two.
type digests struct {
	mu   sync.Mutex
	kept []keptDigest // the last one first
}

type keptDigest struct {
	sum    [sha256.Size]byte // of the encoded digest
	digest *heap.Digest
}

// decode returns a decoded digest, which nobody may change.
func (d *digests) decode(encoded []byte) (*heap.Digest, error) {
	sum := sha256.Sum256(encoded)
	if digest := d.find(sum); digest != nil {
		return digest, nil
	}
	digest, err := heap.Decode(encoded)
	if err == nil {
		d.keep(keptDigest{sum, digest})
	}
	return digest, err
}

func (d *digests) find(sum [sha256.Size]byte) *heap.Digest {
	d.mu.Lock()
	defer d.mu.Unlock()
	i := slices.IndexFunc(d.kept, func(k keptDigest) bool { return k.sum == sum })
	if i < 0 {
		return nil
	}
	found := d.kept[i]
	d.kept = slices.Insert(slices.Delete(d.kept, i, i+1), 0, found)
	return found.digest
}

func (d *digests) keep(k keptDigest) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.kept = slices.Insert(d.kept, 0, k)
	if len(d.kept) > keptDigests {
		d.kept = slices.Delete(d.kept, keptDigests, len(d.kept))
	}
}
