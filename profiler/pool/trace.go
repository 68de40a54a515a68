// Package pool replays a trace of requests whose buffers come from the heap or from one of several
// pools. A request does as little arithmetic as possible, so that only the cost of memory differs.
package pool

import (
	"embed"
	"math"
	"math/bits"
	"math/rand/v2"
)

// Sources holds the files of this package. Case pages quote them.
//
//go:embed *.go
var Sources embed.FS

// Load describes a burst of requests to a server.
type Load struct {
	Goroutines int // each one handles the requests of one lane
	Requests   int // per lane
	Open       int // requests that a lane has in progress at once, at most Requests
	Buffers    int // per request
	Largest    int // numbers in the largest buffer; see smallest
	Seed       uint64
}

// smallest is the number of numbers in the smallest buffer: four cache lines of float32.
const smallest = 64

// A Trace records a burst. Lanes run in parallel; the order of events in a lane is fixed.
type Trace struct {
	Load
	Lanes []Lane
}

// A Lane holds the requests of one goroutine.
type Lane struct {
	Events   []Event
	Peak     int   // number of events until the lane holds the most
	Checksum int64 // of the contents of all buffers
}

// An Event is the start of a request, or its end if Sizes is nil.
type Event struct {
	Slot  int   // index of the request among those in progress in its lane
	Sizes []int // numbers in each of its buffers
	Total int   // sum of Sizes
	Fill  int   // added to every number of the first buffer; Fill+1 to the second, and so on
}

// NewTrace returns a random burst. The logarithm of buffer sizes is uniformly distributed. Requests
// end in random order, so buffers that were allocated together are not returned together.
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
	under  []Event // requests in progress
	free   []int   // free slots
	held   int     // numbers in buffers
	most   int     // maximum of held
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

// begin starts a request in a free slot.
func (r *recorder) begin() {
	last := len(r.free) - 1
	e := Event{Slot: r.free[last], Fill: 1 + r.random.IntN(255)}
	r.free = r.free[:last]
	for range r.load.Buffers {
		n := int(smallest * math.Pow(float64(r.load.Largest)/smallest, r.random.Float64()))
		e.Sizes = append(e.Sizes, n)
		e.Total += n
	}
	r.lane.Events = append(r.lane.Events, e)
	r.under = append(r.under, e)
	if r.held += e.Total; r.held > r.most {
		r.most, r.lane.Peak = r.held, len(r.lane.Events)
	}
}

// end ends a random request that is in progress.
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

// Numbers returns how many numbers all buffers of a burst have.
func (t Trace) Numbers() int {
	sum := 0
	for _, lane := range t.Lanes {
		for _, e := range lane.Events {
			sum += e.Total
		}
	}
	return sum
}

// sum returns the sum of all numbers of a request.
func (e Event) sum() int64 {
	var sum int64
	for j, n := range e.Sizes {
		sum += int64(n) * int64(e.Fill+j)
	}
	return sum
}

// fold adds the sum of a request to a checksum, which depends on the order of requests.
func fold(checksum, sum int64) int64 { return checksum*31 + sum }

// A Demand is the most that all lanes can hold at once.
type Demand struct {
	Held    int   // numbers in buffers
	Classes []int // buffers of each size class, see classOf
	Slabs   int   // requests in progress
	Slab    int   // numbers in the largest request
}

// Demand returns the sum of the maximum of each lane.
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

// Pooled returns how many numbers a pool needs for the buffers of all classes.
func (d Demand) Pooled() int {
	sum := 0
	for c, n := range d.Classes {
		sum += n << c
	}
	return sum
}

// classOf returns the size class of a buffer of n numbers. A buffer of class c has 2^c numbers.
func classOf(n int) int { return bits.Len(uint(n - 1)) }
