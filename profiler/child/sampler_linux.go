package child

import (
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sys/unix"
)

// An RSSSampler records the highest anonymous and the highest file-backed resident memory of this
// process. The kernel only records the high-water mark of their sum. The sampler runs beside the code
// that is measured, so it allocates nothing.
type RSSSampler struct {
	poller *poller
	status *MemoryStatus
	close  sync.Once
	peak   ResidentMemory
	err    error
}

// rssInterval is the interval between samples of resident memory. A sample costs about 50 µs.
const rssInterval = 5 * time.Millisecond

// StartRSSSampler starts a sampler.
func StartRSSSampler() (*RSSSampler, error) {
	status, err := OpenMemoryStatus()
	if err != nil {
		return nil, err
	}
	s := &RSSSampler{status: status}
	s.poller = poll(rssInterval, s.sample)
	return s, nil
}

func (s *RSSSampler) sample() {
	now, err := s.status.Read()
	if err != nil {
		s.err = err
		return
	}
	s.peak.HighWater = now.HighWater
	s.peak.Anon = max(s.peak.Anon, now.Anon)
	s.peak.File = max(s.peak.File, now.File)
}

// Stop takes a last sample and returns the highest values. It may be called more than once.
func (s *RSSSampler) Stop() (ResidentMemory, error) {
	s.poller.stop()
	s.close.Do(s.status.Close)
	return s.peak, s.err
}

// A poller calls a function at an interval, in its own goroutine. It runs while allocations are counted,
// so it allocates nothing after it has started. Waiting for a ticker or a channel would sometimes allocate.
type poller struct {
	quit atomic.Bool
	done chan struct{}
}

// poll returns a poller that has called sample once.
func poll(interval time.Duration, sample func()) *poller {
	p := &poller{done: make(chan struct{})}
	started := make(chan struct{})
	go func() {
		defer close(p.done)
		sample()
		time.Sleep(time.Microsecond) // the first time allocates
		close(started)
		for !p.quit.Load() {
			time.Sleep(interval)
			sample()
		}
	}()
	<-started
	return p
}

// stop waits until the function was called a last time. It may be called more than once.
func (p *poller) stop() {
	p.quit.Store(true)
	<-p.done
}

// threadTime returns the processor time that this thread has used.
func threadTime() time.Duration {
	var t unix.Timespec
	_ = unix.ClockGettime(unix.CLOCK_THREAD_CPUTIME_ID, &t) // fails only for a wrong argument
	return time.Duration(t.Nano())
}
