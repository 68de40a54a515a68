package builtin

import (
	"runtime/debug"
	"testing"

	"heaplab/profiler"
)

// A testWork calls a func for each operation, with the number of operations before it.
type testWork struct {
	op   func(done int)
	done int
}

func (w *testWork) Op(mark func()) error {
	w.op(w.done)
	w.done++
	mark()
	return nil
}

func (w *testWork) Metrics() []profiler.Measurement { return nil }
func (w *testWork) Close() error                    { return nil }

var kilobytes [][]byte

// TestObserveOps counts the allocations of an operation that allocates 64 KiB the first time and 1 KiB
// later. Other goroutines of the process may allocate meanwhile, but not in every try.
func TestObserveOps(t *testing.T) {
	type counts struct{ first, bytes, allocs float64 }
	want := counts{64 << 10, 1 << 10, 1}
	for n, ops := range map[int]int{1: 2, 2: 2, 3: 3, 10: 10} {
		var got counts
		for try := 0; try < 3 && got != want; try++ {
			work := &testWork{op: func(done int) {
				size := 64
				if done > 0 {
					size = 1
				}
				kilobytes = append(kilobytes[:0], make([]byte, size<<10))
			}}
			kilobytes = make([][]byte, 0, 1)
			measurements, err := observeOps(work, n)
			if err != nil {
				t.Fatal(err)
			}
			if work.done != ops {
				t.Errorf("n = %d: %d operations, want %d", n, work.done, ops)
			}
			units := byUnit(measurements)
			got = counts{units[profiler.FirstOp], units[profiler.BytesPerOp], units[profiler.AllocsPerOp]}
		}
		if got != want {
			t.Errorf("n = %d: %+v, want %+v", n, got, want)
		}
	}
}

var pages []byte

// A heap that grows again into returned pages has page faults that are not those of the operations.
func TestFaultsOfGrowingHeapAreLeftOut(t *testing.T) {
	defer debug.SetGCPercent(debug.SetGCPercent(-1)) // no collection before the second half
	for _, test := range []struct {
		name string
		op   func(done int)
		want bool
	}{
		{"grows", func(int) {
			pages = make([]byte, 4<<20)
			for i := 0; i < len(pages); i += 4096 {
				pages[i] = 1
			}
		}, false},
		{"allocates nothing", func(int) {}, true},
	} {
		debug.FreeOSMemory()
		measurements, err := observeOps(&testWork{op: test.op}, 6)
		if err != nil {
			t.Fatal(err)
		}
		got := byUnit(measurements)
		if _, ok := got[profiler.MinorFaults]; ok != test.want {
			t.Errorf("%s: has minor faults = %t, want %t", test.name, ok, test.want)
		}
		if _, ok := got[profiler.MajorFaults]; !ok {
			t.Errorf("%s: has no major faults", test.name)
		}
	}
}

func TestWindowBeginsAfterCollections(t *testing.T) {
	for _, test := range []struct {
		ops, second int // number of operations before the second collection ends; 0 if it does not end
		want        int // number of operations before the window
	}{
		{2, 0, 1},
		{3, 0, 1},
		{100, 0, 50},
		{100, 1, 1},
		{100, 3, 4},
		{100, 30, 32},
		{100, 40, 50}, // the next check
		{100, 70, 50},
		{1 << 20, 1000, 1024},
	} {
		read := newReader(t)
		start, err := read.read()
		if err != nil {
			t.Fatal(err)
		}
		w, checks := newWindow(read, start, test.ops), 0
		for done := 1; done < test.ops; done++ {
			if done == test.second {
				w.cycles -= warmUpCycles // as if the count had grown
			}
			if done == w.next {
				checks++
				if err := w.check(done); err != nil {
					t.Fatal(err)
				}
			}
		}
		if w.opened != test.want || checks > 21 {
			t.Errorf("%d operations, the second collection after %d: begins after %d, with %d checks; want %d", test.ops, test.second, w.opened, checks, test.want)
		}
	}
}
