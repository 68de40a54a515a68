package queue_test

import (
	"testing"
	"time"
)

// The queue reads profiles that were stored without a digest.
func TestQueueReadsOlderProfiles(t *testing.T) {
	q := newQueue(t)
	stop := run(t, q)
	id := launch(t, q, quick())
	await(t, q, id, ended)
	stop()
	runs, err := q.Store.Runs(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	var profiles []string
	for _, r := range runs {
		if r.Profile != nil {
			profiles = append(profiles, r.Profile.SHA256)
			forgotten := *r.Profile
			if err := q.Store.SetDigest(t.Context(), forgotten); err != nil {
				t.Fatal(err)
			}
		}
	}
	if len(profiles) == 0 {
		t.Fatal("the experiment has no profiles")
	}

	run(t, q)
	limit := time.After(time.Minute)
	for _, sha256 := range profiles {
		for {
			d, _, err := q.Store.Digest(t.Context(), sha256)
			if err != nil {
				t.Fatal(err)
			}
			if d != nil {
				break
			}
			select {
			case <-limit:
				t.Fatalf("profile %s is still unread", sha256)
			case <-time.After(10 * time.Millisecond):
			}
		}
	}
}
