package queue

import (
	"errors"
	"slices"
	"testing"
)

func TestEnvironments(t *testing.T) {
	var e environments
	if got := e.get(1); got != nil {
		t.Errorf("unknown environment = %q", got)
	}
	failed := errors.New("failed")
	if _, err := e.add([]string{"A=1"}, func() (int64, error) { return 1, failed }); err != failed || e.get(1) != nil {
		t.Errorf("environment of an experiment that was not stored = %q, %v", e.get(1), err)
	}
	stored := make(chan int64)
	got := make(chan []string)
	go func() { // an experiment that starts as soon as it is stored
		id := <-stored
		got <- e.get(id)
	}()
	id, err := e.add([]string{"A=1"}, func() (int64, error) { stored <- 2; return 2, nil })
	if env := <-got; id != 2 || err != nil || !slices.Equal(env, []string{"A=1"}) {
		t.Errorf("environment = %q of %d, %v", env, id, err)
	}
	if id, err := e.add(nil, func() (int64, error) { return 3, nil }); id != 3 || err != nil || e.get(3) != nil {
		t.Errorf("environment of an experiment without one = %q, %v", e.get(3), err)
	}
	e.remove(2)
	if e.get(2) != nil || len(e.byID) > 0 {
		t.Errorf("environments left: %v", e.byID)
	}
}
