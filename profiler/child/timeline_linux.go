package child

import (
	"errors"
	"fmt"
	"os"
	"runtime"
	"runtime/metrics"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"

	"heaplab/profiler"
)

// A TimelineSampler records the memory of this process over time. It stores its samples outside of the
// Go heap, because it measures the heap.
type TimelineSampler struct {
	poller  *poller
	statm   procFile
	page    int64 // bytes
	metrics []metrics.Sample
	buffer  []byte   // mapped memory
	moments []moment // in buffer
	every   int      // every how many calls of sample a moment is recorded
	calls   int
	start   time.Time
	spent   time.Duration // processor time used for sampling
	err     error
}

const (
	// timelineInterval is the interval between samples of a timeline. BenchmarkTimelineSample measures
	// the cost of a sample.
	timelineInterval = 5 * time.Millisecond
	// maxMoments is the number of moments that fit in the buffer. When it is full, every other moment is
	// dropped, and half as many are recorded from then on.
	maxMoments = 4096
)

// NewTimelineSampler returns a sampler that has not started.
func NewTimelineSampler() (*TimelineSampler, error) {
	statm, err := openProc("statm")
	if err != nil {
		return nil, err
	}
	buffer, err := unix.Mmap(-1, 0, maxMoments*int(unsafe.Sizeof(moment{})), unix.PROT_READ|unix.PROT_WRITE, unix.MAP_ANON|unix.MAP_PRIVATE)
	if err != nil {
		statm.close()
		return nil, fmt.Errorf("map memory for a timeline: %w", err)
	}
	return &TimelineSampler{
		statm:   statm,
		page:    int64(os.Getpagesize()),
		metrics: []metrics.Sample{{Name: "/memory/classes/heap/objects:bytes"}, {Name: "/gc/heap/live:bytes"}},
		buffer:  buffer,
		moments: unsafe.Slice((*moment)(unsafe.Pointer(&buffer[0])), maxMoments)[:0],
		every:   1,
	}, nil
}

// Start starts sampling.
func (s *TimelineSampler) Start() {
	s.start = time.Now()
	s.poller = poll(timelineInterval, s.sample)
}

// Mark stops sampling and takes the last sample, that of the mark.
func (s *TimelineSampler) Mark() {
	s.poller.stop()
	s.record()
}

// Finish returns the timeline and releases the sampler's memory. ops is the number of operations that
// the timeline covers. Mark must have been called.
func (s *TimelineSampler) Finish(ops int64) (*profiler.Timeline, error) {
	t := newTimeline(s.moments)
	t.Interval = timelineInterval * time.Duration(s.every)
	t.Ops = ops
	t.Mark = t.T[len(t.T)-1]
	if t.Mark > 0 {
		t.Cost = s.spent.Seconds() / t.Mark * 1e3
	}
	s.statm.close()
	return t, errors.Join(s.err, unix.Munmap(s.buffer))
}

func (s *TimelineSampler) sample() {
	if s.calls%s.every == 0 {
		s.record()
	}
	s.calls++
}

// record adds a moment.
func (s *TimelineSampler) record() {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	start, used := time.Now(), threadTime()
	statm, err := s.statm.read()
	s.err = errors.Join(s.err, err) // allocates only if there is an error
	metrics.Read(s.metrics)
	if len(s.moments) == maxMoments {
		s.thin()
	}
	resident := parseStatm(statm, s.page)
	s.moments = append(s.moments, moment{
		at:   start.Sub(s.start),
		heap: int64(s.metrics[0].Value.Uint64()),
		live: int64(s.metrics[1].Value.Uint64()),
		anon: resident.Anon,
		file: resident.File,
	})
	s.spent += threadTime() - used
}

// thin drops every other moment.
func (s *TimelineSampler) thin() {
	kept := s.moments[:0]
	for i := 0; i < len(s.moments); i += 2 {
		kept = append(kept, s.moments[i])
	}
	s.moments, s.every = kept, s.every*2
}
