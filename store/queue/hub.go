package queue

import "sync"

// A hub notifies subscribers that an experiment changed. A notification has no content: the subscriber
// reads the new state from the store. A slow subscriber misses only intermediate states.
type hub struct {
	mu   sync.Mutex
	subs map[int64]map[chan struct{}]bool // by experiment
}

// subscribe returns a channel that receives when the experiment changes, and a function that ends the
// subscription.
func (h *hub) subscribe(id int64) (<-chan struct{}, func()) {
	ch := make(chan struct{}, 1)
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.subs == nil {
		h.subs = map[int64]map[chan struct{}]bool{}
	}
	if h.subs[id] == nil {
		h.subs[id] = map[chan struct{}]bool{}
	}
	h.subs[id][ch] = true
	return ch, func() {
		h.mu.Lock()
		defer h.mu.Unlock()
		delete(h.subs[id], ch)
		if len(h.subs[id]) == 0 {
			delete(h.subs, id)
		}
	}
}

// publish notifies the subscribers of an experiment.
func (h *hub) publish(id int64) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for ch := range h.subs[id] {
		notify(ch)
	}
}

// publishAll notifies all subscribers.
func (h *hub) publishAll() {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, subs := range h.subs {
		for ch := range subs {
			notify(ch)
		}
	}
}

// notify sends to ch without blocking. A notification that is already in ch has the same meaning.
func notify(ch chan struct{}) {
	select {
	case ch <- struct{}{}:
	default:
	}
}
