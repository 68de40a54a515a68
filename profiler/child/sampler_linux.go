package child

import (
	"errors"
	"fmt"
	"heaplab/profiler"
	"os"
	"runtime"
	"runtime/metrics"
	"sync"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

// A poller calls a function at an interval, in a goroutine of its own.
type poller struct {
	quit func() // has it end
	done chan struct{}
}

func poll(interval time.Duration, sample func()) *poller {
	quit := make(chan struct{})
	p := &poller{quit: sync.OnceFunc(func() { close(quit) }), done: make(chan struct{})}
	go func() {
		defer close(p.done)
		ticker := time.NewTicker(interval)
		defer ticker.Stop()
		for {
			sample()
			select {
			case <-quit:
				sample()
				return
			case <-ticker.C:
			}
		}
	}()
	return p
}

// stop has the function called a last time and waits for it. It may be called again.
func (p *poller) stop() {
	p.quit()
	<-p.done
}

// An rssSampler keeps the highest anonymous and file-backed resident memory that it sees:
// the kernel keeps a high-water mark of their sum alone. It allocates nothing while it runs,
// for it runs beside what is measured.
type rssSampler struct {
	*poller
	status procFile
	once   sync.Once // of closing it
	peak   ResidentMemory
	err    error
}

// rssInterval is how often resident memory is sampled. A sample costs some 50 µs.
const rssInterval = 5 * time.Millisecond

func StartRSSSampler() (*rssSampler, error) {
	status, err := OpenProc("status")
	if err != nil {
		return nil, err
	}
	s := &rssSampler{status: status}
	s.poller = poll(rssInterval, s.sample)
	return s, nil
}

func (s *rssSampler) sample() {
	text, err := s.status.Read()
	if err != nil {
		s.err = err
		return
	}
	now := ParseStatus(text)
	s.peak.HighWater = now.HighWater
	s.peak.Anon = max(s.peak.Anon, now.Anon)
	s.peak.File = max(s.peak.File, now.File)
}

// end takes a last sample and returns what was highest. It may be called again.
func (s *rssSampler) End() (ResidentMemory, error) {
	s.stop()
	s.once.Do(s.status.Close)
	return s.peak, s.err
}

// A timelineSampler records the memory of its own process. What it records lies outside of
// the Go heap, which is what it records.
type timelineSampler struct {
	*poller
	statm   procFile
	page    int64 // bytes
	metrics []metrics.Sample
	buffer  []byte   // mapped memory
	moments []moment // in it
	every   int      // of how many calls one is recorded
	calls   int
	start   time.Time
	spent   time.Duration // on sampling, of a processor
	err     error
}

const (
	// timelineInterval is how often a timeline is sampled. BenchmarkTimelineSample tells what
	// a sample costs.
	timelineInterval = 5 * time.Millisecond
	// maxMoments is how many moments there is room for. When it is full, every other one is
	// dropped and half as many are recorded from then on.
	maxMoments = 4096
)

func NewTimelineSampler() (*timelineSampler, error) {
	statm, err := OpenProc("statm")
	if err != nil {
		return nil, err
	}
	buffer, err := unix.Mmap(-1, 0, maxMoments*int(unsafe.Sizeof(moment{})), unix.PROT_READ|unix.PROT_WRITE, unix.MAP_ANON|unix.MAP_PRIVATE)
	if err != nil {
		statm.Close()
		return nil, fmt.Errorf("map memory for a timeline: %w", err)
	}
	return &timelineSampler{
		statm:   statm,
		page:    int64(os.Getpagesize()),
		metrics: []metrics.Sample{{Name: "/memory/classes/heap/objects:bytes"}, {Name: "/gc/heap/live:bytes"}},
		buffer:  buffer,
		moments: unsafe.Slice((*moment)(unsafe.Pointer(&buffer[0])), maxMoments)[:0],
		every:   1,
	}, nil
}

// begin samples from now on.
func (s *timelineSampler) Begin() {
	s.start = time.Now()
	s.poller = poll(timelineInterval, s.sample)
}

func (s *timelineSampler) sample() {
	if s.calls%s.every == 0 {
		s.record()
	}
	s.calls++
}

func (s *timelineSampler) record() {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	start, used := time.Now(), threadTime()
	statm, err := s.statm.Read()
	s.err = errors.Join(s.err, err) // allocates only where something is wrong
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

// threadTime is the processor time that this thread has used.
func threadTime() time.Duration {
	var t unix.Timespec
	_ = unix.ClockGettime(unix.CLOCK_THREAD_CPUTIME_ID, &t) // fails on a wrong argument alone
	return time.Duration(t.Nano())
}

// thin drops every other moment.
func (s *timelineSampler) thin() {
	kept := s.moments[:0]
	for i := 0; i < len(s.moments); i += 2 {
		kept = append(kept, s.moments[i])
	}
	s.moments, s.every = kept, s.every*2
}

// mark takes the last sample, that of the mark.
func (s *timelineSampler) Mark() {
	s.stop()
	s.record()
}

// end returns the timeline of that many operations. It comes after mark.
func (s *timelineSampler) End(ops int64) (*profiler.Timeline, error) {
	t := newTimeline(s.moments)
	t.Interval = timelineInterval * time.Duration(s.every)
	t.Ops = ops
	t.Mark = t.T[len(t.T)-1]
	if t.Mark > 0 {
		t.Cost = s.spent.Seconds() / t.Mark * 1e3
	}
	s.statm.Close()
	return t, errors.Join(s.err, unix.Munmap(s.buffer))
}
