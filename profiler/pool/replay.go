package pool

import (
	"fmt"

	"heaplab/profiler/model"
)

// A Replay plays a trace again and again, with memory from one place.
type Replay struct {
	lanes         []player
	workers       *model.Workers
	toPeak, toEnd func(lo, hi int) // bodies of the workers' loops
}

// NewReplay starts a goroutine for each lane of a trace.
func NewReplay(t Trace, m Memory) *Replay {
	r := &Replay{workers: model.NewWorkers(len(t.Lanes))}
	for _, lane := range t.Lanes {
		p := player{lane: lane, open: make([]request, t.Open)}
		for i := range p.open {
			p.open[i] = request{memory: m.Request(t.Buffers), data: make([][]float32, 0, t.Buffers)}
		}
		r.lanes = append(r.lanes, p)
	}
	r.toPeak = func(lo, hi int) {
		for i := lo; i < hi; i++ {
			r.lanes[i].begin()
		}
	}
	r.toEnd = func(lo, hi int) {
		for i := lo; i < hi; i++ {
			r.lanes[i].end()
		}
	}
	return r
}

// Burst plays the trace once. It calls mark where every lane holds the most that it ever does,
// and fails where buffers held anything but what their own request wrote there.
func (r *Replay) Burst(mark func()) error {
	r.workers.Run(len(r.lanes), 1, r.toPeak)
	mark()
	r.workers.Run(len(r.lanes), 1, r.toEnd)
	for i, p := range r.lanes {
		if p.checksum != p.lane.Checksum {
			return fmt.Errorf("the buffers of lane %d come to %d, not %d: they were not cleared, or given to two requests at once", i, p.checksum, p.lane.Checksum)
		}
	}
	return nil
}

// Close ends the goroutines.
func (r *Replay) Close() { r.workers.Close() }

// A player plays one lane.
type player struct {
	lane     Lane
	open     []request // by slot
	checksum int64
}

// A request is one under way.
type request struct {
	memory Buffers
	data   [][]float32
}

func (p *player) begin() {
	p.checksum = 0
	p.play(p.lane.Events[:p.lane.Peak])
}

func (p *player) end() { p.play(p.lane.Events[p.lane.Peak:]) }

func (p *player) play(events []Event) {
	for i := range events {
		e := &events[i]
		r := &p.open[e.Slot]
		if e.Sizes == nil {
			p.checksum = fold(p.checksum, r.answer())
			continue
		}
		r.memory.Begin(e.Total)
		for j, n := range e.Sizes {
			f := r.memory.Floats(n)
			for k := range f {
				f[k] += float32(e.Fill + j) // to a zero, if the buffer was cleared
			}
			r.data = append(r.data, f)
		}
	}
}

// answer adds up what the request's buffers hold, which are whole numbers, and gives them back.
func (r *request) answer() int64 {
	var sum int64
	for _, f := range r.data {
		for _, v := range f {
			sum += int64(v)
		}
	}
	clear(r.data) // what is not held any more can be collected
	r.data = r.data[:0]
	r.memory.End()
	return sum
}
