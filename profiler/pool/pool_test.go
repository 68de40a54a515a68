package pool

import (
	"reflect"
	"runtime"
	"runtime/debug"
	"testing"

	"heaplab/profiler/profilertest/allocs"
)

var small = Load{Goroutines: 3, Requests: 20, Open: 4, Buffers: 5, Largest: 2000, Seed: 1}

// memories returns all kinds of Memory for a trace.
func memories(t Trace) map[string]Memory {
	return map[string]Memory{
		"fresh": &Fresh{}, "syncpool": NewSyncPool(t.Largest), "freelist": NewFreeList(t.Largest), "slab": NewSlabs(t.Demand().Slab),
	}
}

func TestTraceDependsOnSeed(t *testing.T) {
	if !reflect.DeepEqual(NewTrace(small), NewTrace(small)) {
		t.Error("two traces with the same seed differ")
	}
	other := small
	other.Seed++
	if reflect.DeepEqual(NewTrace(small).Lanes, NewTrace(other).Lanes) {
		t.Error("two seeds have the same trace")
	}
}

// Every request begins once in a free slot and ends once. Each lane holds the most at its Peak.
func TestTrace(t *testing.T) {
	trace := NewTrace(small)
	numbers := 0
	for _, lane := range trace.Lanes {
		under := make([]int, small.Open) // numbers held in each slot
		begun, held, most, peak := 0, 0, 0, 0
		for i, e := range lane.Events {
			if begins := e.Sizes != nil; begins == (under[e.Slot] > 0) {
				t.Fatalf("event %d: slot %d is in use: %v", i, e.Slot, !begins)
			} else if begins {
				begun++
			}
			held += e.Total - under[e.Slot]
			under[e.Slot] = e.Total
			if held > most {
				most, peak = held, i+1
			}
			for _, n := range e.Sizes {
				if n < smallest || n > small.Largest {
					t.Errorf("a buffer of %d numbers", n)
				}
			}
		}
		if begun != small.Requests || held != 0 || peak != lane.Peak {
			t.Errorf("%d requests, %d numbers left, peak after %d events, not %d", begun, held, peak, lane.Peak)
		}
		numbers += most
	}
	d := trace.Demand()
	if d.Held != numbers || d.Slabs != 12 || d.Pooled() < numbers {
		t.Errorf("demand = %+v, %d pooled, want %d numbers", d, d.Pooled(), numbers)
	}
}

func TestSizeClasses(t *testing.T) {
	for n, want := range map[int]int{64: 6, 65: 7, 128: 7, 129: 8, 1 << 20: 20} {
		if got := classOf(n); got != want {
			t.Errorf("class of %d numbers = %d, want %d", n, got, want)
		}
	}
}

// Every Memory gives each request cleared buffers of its own. Burst checks the sums.
func TestBurstsAgree(t *testing.T) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(0))
	trace := NewTrace(small)
	for _, procs := range []int{1, 2, 4} {
		runtime.GOMAXPROCS(procs)
		for name, m := range memories(trace) {
			m.Warm(trace.Demand())
			replay := NewReplay(trace, m)
			for range 3 {
				marks := 0
				if err := replay.Burst(func() { marks++ }); err != nil || marks != 1 {
					t.Errorf("%s on %d processors: %v, %d marks", name, procs, err, marks)
				}
			}
			replay.Close()
		}
	}
}

// Burst fails if a Memory is wrong.
func TestBurstFindsFaults(t *testing.T) {
	trace := NewTrace(small)
	for name, m := range map[string]Memory{"not cleared": &dirty{}, "shared": &dirty{clears: true}} {
		replay := NewReplay(trace, m)
		if err := replay.Burst(func() {}); err == nil {
			t.Errorf("%s: no error", name)
		}
		replay.Close()
	}
}

// dirty gives the same buffer to all requests of a slot. It may clear the buffer.
type dirty struct {
	misses
	clears bool
}

func (d *dirty) Request(int) Buffers {
	return &dirtyBuffers{clears: d.clears, f: make([]float32, small.Largest)}
}
func (d *dirty) Warm(Demand) {}

type dirtyBuffers struct {
	clears bool
	f      []float32
}

func (b *dirtyBuffers) Begin(int) {}
func (b *dirtyBuffers) End()      {}

func (b *dirtyBuffers) Floats(n int) []float32 {
	if b.clears {
		clear(b.f)
	}
	return b.f[:n]
}

// Warm pools do not allocate. Without a pool every buffer is an allocation.
func TestAllocations(t *testing.T) {
	if raceEnabled {
		t.Skip("under the race detector sync.Pool drops buffers at random")
	}
	trace := NewTrace(small)
	for name, m := range memories(trace) {
		m.Warm(trace.Demand())
		replay := NewReplay(trace, m)
		before := m.Misses()
		got := allocs.PerRun(10, func() {
			if err := replay.Burst(func() {}); err != nil {
				t.Fatal(err)
			}
		})
		replay.Close()
		want, missed := 0.0, int64(0)
		if name == "fresh" {
			want, missed = 300, 11*300 // with the warm-up of AllocsPerRun
		}
		if m := m.Misses() - before; got != want || m != missed {
			t.Errorf("%s: %v allocations, want %v; %d misses, want %d", name, got, want, m, missed)
		}
	}
}

// A cold pool allocates at most as many buffers as are in use at once.
func TestColdPoolsGrow(t *testing.T) {
	trace := NewTrace(small)
	d := trace.Demand()
	buffers := int64(0)
	for _, n := range d.Classes {
		buffers += int64(n)
	}
	for name, test := range map[string]struct {
		memory Memory
		most   int64
	}{
		"freelist": {NewFreeList(small.Largest), buffers}, "slab": {NewSlabs(d.Slab), int64(d.Slabs)},
	} {
		replay := NewReplay(trace, test.memory)
		for range 3 {
			if err := replay.Burst(func() {}); err != nil {
				t.Fatal(err)
			}
		}
		replay.Close()
		if got := test.memory.Misses(); got == 0 || got > test.most {
			t.Errorf("%s allocated %d buffers, want 1 to %d", name, got, test.most)
		}
	}
}

// A sync.Pool keeps its buffers through one garbage collection. A second one empties it, if the
// pool was not used in between.
func TestTwoCollectionsEmptySyncPool(t *testing.T) {
	if raceEnabled {
		t.Skip("under the race detector sync.Pool drops buffers at random")
	}
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	defer debug.SetGCPercent(debug.SetGCPercent(-1))
	trace := NewTrace(small)
	for collections, want := range map[int]bool{0: false, 1: false, 2: true} {
		p := NewSyncPool(small.Largest)
		p.Warm(trace.Demand())
		for range collections {
			runtime.GC()
		}
		replay := NewReplay(trace, p)
		before := p.Misses()
		if err := replay.Burst(func() {}); err != nil {
			t.Fatal(err)
		}
		replay.Close()
		if missed := p.Misses() - before; missed > 0 != want {
			t.Errorf("%d misses after %d collections", missed, collections)
		}
	}
}
