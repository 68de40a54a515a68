package pool

import (
	"fmt"

	"heaplab/profiler/model"
)

// A Replay plays a trace repeatedly with one Memory.
type Replay struct {
	lanes         []player
	workers       *model.Workers
	toPeak, toEnd func(lo, hi int) // bodies of the workers' loops
}

// NewReplay starts a goroutine for each lane of t.
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

// Burst plays the trace once. It calls mark when every lane is at its peak. It fails if a buffer
// held anything but what its own request wrote.
func (r *Replay) Burst(mark func()) error {
	r.workers.Run(len(r.lanes), 1, r.toPeak)
	mark()
	r.workers.Run(len(r.lanes), 1, r.toEnd)
	for i, p := range r.lanes {
		if p.checksum != p.lane.Checksum {
			return fmt.Errorf("the buffers of lane %d have checksum %d, want %d: a buffer was not cleared, or two requests got the same one", i, p.checksum, p.lane.Checksum)
		}
	}
	return nil
}

// Close stops the goroutines.
func (r *Replay) Close() { r.workers.Close() }

// A player plays one lane.
type player struct {
	lane     Lane
	open     []request // by slot
	checksum int64
}

// A request is in progress.
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
				f[k] += float32(e.Fill + j) // f[k] is 0 if the buffer was cleared
			}
			r.data = append(r.data, f)
		}
	}
}

// answer returns the sum of the request's numbers, which are integers, and ends the request.
func (r *request) answer() int64 {
	var sum int64
	for _, f := range r.data {
		for _, v := range f {
			sum += int64(v)
		}
	}
	clear(r.data) // so that unused buffers can be collected
	r.data = r.data[:0]
	r.memory.End()
	return sum
}
