package queue

import (
	"sync"
	"testing"
)

// notified returns how many notifications are in a channel.
func notified(ch <-chan struct{}) (n int) {
	for {
		select {
		case <-ch:
			n++
		default:
			return n
		}
	}
}

func TestHub(t *testing.T) {
	var h hub
	h.publish(1) // without subscribers
	h.publishAll()
	one, endOne := h.subscribe(1)
	again, endAgain := h.subscribe(1)
	two, endTwo := h.subscribe(2)
	check := func(step string, wantOne, wantAgain, wantTwo int) {
		t.Helper()
		if a, b, c := notified(one), notified(again), notified(two); a != wantOne || b != wantAgain || c != wantTwo {
			t.Errorf("%s: %d, %d and %d notifications, want %d, %d and %d", step, a, b, c, wantOne, wantAgain, wantTwo)
		}
	}
	check("subscribe", 0, 0, 0)
	h.publish(1)
	check("publish", 1, 1, 0)
	h.publish(3)
	check("publish another experiment", 0, 0, 0)
	h.publishAll()
	check("publish all", 1, 1, 1)
	for range 3 {
		h.publish(2)
	}
	check("publish three times without a reader", 0, 0, 1)
	endOne()
	h.publish(1)
	check("end one subscription", 0, 1, 0)
	endAgain()
	endAgain()
	endTwo()
	h.publishAll()
	check("end all subscriptions", 0, 0, 0)
	if len(h.subs) > 0 {
		t.Errorf("subscriptions left: %v", h.subs)
	}
}

func TestHubConcurrently(t *testing.T) {
	var h hub
	var all sync.WaitGroup
	for i := range 8 {
		all.Go(func() {
			for range 200 {
				ch, end := h.subscribe(int64(i % 2))
				h.publish(int64(i % 2))
				<-ch // never blocks: publish has notified all subscribers
				h.publishAll()
				end()
			}
		})
	}
	all.Wait()
	if len(h.subs) > 0 {
		t.Errorf("subscriptions left: %v", h.subs)
	}
}
