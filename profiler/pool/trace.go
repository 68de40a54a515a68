// Package pool replays a recorded trace of requests for memory, whose buffers come from the
// heap or from one of several pools. The arithmetic of a request is as small as it can be: what
// is compared is where its memory comes from and where that goes.
package pool

import (
	"embed"
	"math"
	"math/bits"
	"math/rand/v2"
)

// Sources are the files of this package, which case pages quote.
//
//go:embed *.go
var Sources embed.FS

// Load says what is asked of a server in one burst.
type Load struct {
	Goroutines int // at work, each on requests of its own: a lane
	Requests   int // of each lane
	Open       int // requests that a lane has under way at once, at most Requests
	Buffers    int // of a request
	Largest    int // numbers in the largest buffer; the smallest has Smallest
	Seed       uint64
}

// Smallest is how many numbers the smallest buffer has: four cache lines of float32.
const Smallest = 64

// A Trace is what happens in a burst: in each lane a fixed order of events, whatever else the
// machine does, while the lanes run beside each other.
type Trace struct {
	Load
	Lanes []Lane
}

// A Lane is the requests of one goroutine.
type Lane struct {
	Events   []Event
	Peak     int   // events until it holds the most
	Checksum int64 // of all that its buffers held
}

// An Event is the begin of a request, or its end where it asks for no buffers.
type Event struct {
	Slot  int   // place of the request among those under way in its lane
	Sizes []int // numbers in each buffer that it takes
	Total int   // their sum
	Fill  int   // what it adds to every number of the first buffer; one more to the next
}

// NewTrace records a burst. The sizes of buffers are spread evenly over their orders of
// magnitude, and requests end in any order, so that what was allocated together is not
// given back together.
func NewTrace(l Load) Trace {
	t := Trace{Load: l, Lanes: make([]Lane, l.Goroutines)}
	for i := range t.Lanes {
		random := rand.New(rand.NewPCG(l.Seed, uint64(i)))
		r := recorder{load: l, random: random, free: random.Perm(l.Open)}
		t.Lanes[i] = r.record()
	}
	return t
}

// A recorder records one lane.
type recorder struct {
	load   Load
	random *rand.Rand
	lane   Lane
	under  []Event // requests under way
	free   []int   // slots without one
	held   int     // numbers
	most   int     // that were ever held
}

func (r *recorder) record() Lane {
	for range r.load.Requests {
		if len(r.free) == 0 {
			r.end()
		}
		r.begin()
	}
	for len(r.under) > 0 {
		r.end()
	}
	return r.lane
}

// begin has a request take a free slot.
func (r *recorder) begin() {
	last := len(r.free) - 1
	e := Event{Slot: r.free[last], Fill: 1 + r.random.IntN(255)}
	r.free = r.free[:last]
	for range r.load.Buffers {
		n := int(Smallest * math.Pow(float64(r.load.Largest)/Smallest, r.random.Float64()))
		e.Sizes = append(e.Sizes, n)
		e.Total += n
	}
	r.lane.Events = append(r.lane.Events, e)
	r.under = append(r.under, e)
	if r.held += e.Total; r.held > r.most {
		r.most, r.lane.Peak = r.held, len(r.lane.Events)
	}
}

// end ends any of the requests under way.
func (r *recorder) end() {
	i, last := r.random.IntN(len(r.under)), len(r.under)-1
	e := r.under[i]
	r.under[i] = r.under[last]
	r.under = r.under[:last]
	r.free = append(r.free, e.Slot)
	r.held -= e.Total
	r.lane.Events = append(r.lane.Events, Event{Slot: e.Slot})
	r.lane.Checksum = fold(r.lane.Checksum, e.sum())
}

// Numbers is how many all buffers of a burst have together.
func (t Trace) Numbers() int {
	sum := 0
	for _, lane := range t.Lanes {
		for _, e := range lane.Events {
			sum += e.Total
		}
	}
	return sum
}

// sum is what all numbers of a request come to.
func (e Event) sum() int64 {
	var sum int64
	for j, n := range e.Sizes {
		sum += int64(n) * int64(e.Fill+j)
	}
	return sum
}

// fold adds the sum of a request's buffers to a checksum that knows their order.
func fold(checksum, sum int64) int64 { return checksum*31 + sum }

// A Demand is the most of anything that all lanes can hold at once.
type Demand struct {
	Held    int   // numbers, as they were asked for
	Classes []int // buffers of each size class, see classOf
	Slabs   int   // requests under way
	Slab    int   // numbers of the largest request
}

// Demand adds up what each lane holds where that is most.
func (t Trace) Demand() Demand {
	d := Demand{Classes: make([]int, classOf(t.Largest)+1), Slabs: t.Goroutines * t.Open}
	for _, lane := range t.Lanes {
		under := make([]Event, t.Open)
		held, most := make([]int, len(d.Classes)), make([]int, len(d.Classes))
		for i, e := range lane.Events {
			for _, n := range under[e.Slot].Sizes {
				held[classOf(n)]--
			}
			for _, n := range e.Sizes {
				c := classOf(n)
				held[c]++
				most[c] = max(most[c], held[c])
			}
			under[e.Slot] = e
			d.Slab = max(d.Slab, e.Total)
			if i+1 == lane.Peak {
				for _, r := range under {
					d.Held += r.Total
				}
			}
		}
		for c, n := range most {
			d.Classes[c] += n
		}
	}
	return d
}

// Pooled is how many numbers a pool of so many buffers of each class has.
func (d Demand) Pooled() int {
	sum := 0
	for c, n := range d.Classes {
		sum += n << c
	}
	return sum
}

// classOf is the size class of a buffer of n numbers: there are 2 to the power of it in it.
func classOf(n int) int { return bits.Len(uint(n - 1)) }
