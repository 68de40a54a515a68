package store

import (
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"heaplab/profiler/heap"
)

func TestDigests(t *testing.T) {
	s, ctx := open(t), t.Context()
	id := begin(t, s)
	want := &heap.Digest{Types: []heap.Type{heap.AllocSpace}, Totals: heap.Values{AllocSpace: 7}, Nodes: []heap.Node{{Parent: -1, Function: heap.Root, Values: heap.Values{AllocSpace: 7}}}}
	read, unread, unreadable := profiled("read", "1"), profiled("unread", "2"), profiled("unreadable", "3")
	var err error
	read.Profile.Digest, err = want.Encode()
	must(t, err)
	unreadable.Profile.Fault = "The profile is too deep."
	must(t, s.AddRun(ctx, id, read))
	must(t, s.AddRun(ctx, id, unread))
	must(t, s.AddRun(ctx, id, unreadable))

	got, fault, err := s.Digest(ctx, read.Profile.SHA256)
	must(t, err)
	if diff := cmp.Diff(want, got, cmpopts.EquateEmpty()); diff != "" || fault != "" {
		t.Errorf("digest (-want +got):\n%s\nfault %q", diff, fault)
	}
	if got, fault, err := s.Digest(ctx, unreadable.Profile.SHA256); got != nil || fault != "The profile is too deep." || err != nil {
		t.Errorf("digest of an unreadable profile: %v, %q, %v", got, fault, err)
	}
	if got, fault, err := s.Digest(ctx, unread.Profile.SHA256); got != nil || fault == "" || err != nil {
		t.Errorf("digest of an unread profile: %v, %q, %v", got, fault, err)
	}
	if _, _, err := s.Digest(ctx, "none"); !errors.Is(err, ErrNotFound) {
		t.Errorf("digest of an unknown profile: %v", err)
	}

	p, err := s.Unread(ctx)
	must(t, err)
	if p.SHA256 != unread.Profile.SHA256 || len(p.Gzip) == 0 {
		t.Errorf("unread is %q with %d bytes", p.SHA256, len(p.Gzip))
	}
	p.Digest = read.Profile.Digest
	must(t, s.SetDigest(ctx, p))
	if got, _, err := s.Digest(ctx, p.SHA256); got == nil || err != nil {
		t.Errorf("digest after SetDigest: %v, %v", got, err)
	}
	if _, err := s.Unread(ctx); !errors.Is(err, ErrNotFound) {
		t.Errorf("unread when all are read: %v", err)
	}
}
