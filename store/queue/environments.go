package queue

import "sync"

// environments keeps the environments of commands in memory, because they can contain secrets that
// must not be stored.
type environments struct {
	mu   sync.Mutex
	byID map[int64][]string // by experiment
}

// add calls store and keeps env for the id that it returns. An experiment can start as soon as it is
// stored, so get waits until add is done.
func (e *environments) add(env []string, store func() (id int64, err error)) (int64, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	id, err := store()
	if err != nil || env == nil {
		return id, err
	}
	if e.byID == nil {
		e.byID = map[int64][]string{}
	}
	e.byID[id] = env
	return id, nil
}

// get returns the environment of an experiment, or nil if it is not known.
func (e *environments) get(id int64) []string {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.byID[id]
}

// remove removes the environment of an experiment.
func (e *environments) remove(id int64) {
	e.mu.Lock()
	defer e.mu.Unlock()
	delete(e.byID, id)
}
