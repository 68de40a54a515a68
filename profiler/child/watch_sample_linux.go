package child

import (
	"os"
	"runtime"
	"slices"
	"strconv"
	"sync"
	"time"

	"golang.org/x/sys/unix"
)

const (
	// processInterval is how often memory is sampled while one process runs. It costs 50 µs.
	processInterval = 5 * time.Millisecond
	// treeInterval is how often memory is sampled, at most, while several run.
	treeInterval = 20 * time.Millisecond
	// scanInterval is how often /proc is scanned for new processes, at most.
	scanInterval = 50 * time.Millisecond
	// longestInterval is how often samples and scans are taken at least.
	longestInterval = time.Second
	// maxTreeSamples is how many samples a timeline has at most.
	maxTreeSamples = 4096
)

// A sampler reads the memory of all processes from /proc at an interval, and finds processes
// whose start the tracer could not see.
type sampler struct {
	busy     sync.Mutex // locked during a sample
	buf      [8192]byte
	timeline []TreeSample
	spacing  time.Duration // of the timeline
	spent    time.Duration

	treeCost, scanCost time.Duration // of the last one
	lastTree, lastScan time.Time     // their ends
	known              map[int]bool  // all processes of the machine at the last scan
}

// startSampler samples until stop is called, which waits for the last sample.
func (w *watch) startSampler() (stop func()) {
	quit, done := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(done)
		runtime.LockOSThread() // the processor time is the thread's
		defer runtime.UnlockOSThread()
		ticker := time.NewTicker(processInterval)
		defer ticker.Stop()
		for {
			w.sampler.tick(w)
			select {
			case <-quit:
				return
			case <-ticker.C:
			}
		}
	}()
	return func() {
		close(quit)
		<-done
	}
}

// tick takes a sample and scans /proc if it is time to.
func (s *sampler) tick(w *watch) {
	s.busy.Lock()
	defer s.busy.Unlock()
	defer s.account(processorTime())
	if time.Since(s.lastScan) >= min(max(scanInterval, 50*s.scanCost), longestInterval) {
		s.scan(w)
	}
	w.recheck(s.buf[:])
	if living, _ := w.living(); len(living) > 1 && time.Since(s.lastTree) < min(max(treeInterval, 10*s.treeCost), longestInterval) {
		return
	}
	s.take(w)
}

// sample takes a sample at once.
func (s *sampler) sample(w *watch) {
	s.busy.Lock()
	defer s.busy.Unlock()
	defer s.account(processorTime())
	s.take(w)
}

// beforeEnd takes a sample before a process ends beside others, as the highest memory may be
// there. It does not if samples have taken more than a tenth of the time lately.
func (s *sampler) beforeEnd(w *watch) {
	if !s.busy.TryLock() {
		return
	}
	defer s.busy.Unlock()
	if living, _ := w.living(); len(living) > 1 && time.Since(s.lastTree) >= 10*s.treeCost {
		defer s.account(processorTime())
		s.take(w)
	}
}

func (s *sampler) account(since time.Duration) { s.spent += processorTime() - since }

// processorTime returns the processor time that this thread has used.
func processorTime() time.Duration {
	var t unix.Timespec
	_ = unix.ClockGettime(unix.CLOCK_THREAD_CPUTIME_ID, &t) // fails only for a wrong argument
	return time.Duration(t.Nano())
}

// take samples the memory of all processes. Their memory is read one after the other, so that
// memory which two of them share is counted wrongly if one ends in between. A sample is dropped
// if a process started, executed a program or ended meanwhile, and taken again once.
func (s *sampler) take(w *watch) {
	for range 2 {
		living, changes := w.living()
		if len(living) == 0 {
			return
		}
		began, at := time.Now(), w.since()
		sum := s.read(w, living)
		if len(living) > 1 {
			s.lastTree = time.Now()
			s.treeCost = s.lastTree.Sub(began)
		}
		if sum.total() > 0 && w.unchanged(changes) {
			w.noteTree(sum)
			s.record(TreeSample{at, sum.anon, sum.file})
			return
		}
	}
}

// read returns the memory of the processes together. They are read from the oldest to the
// newest: if a new process executes a program before it is read, the memory that it shared with
// its parent is missing in the sum, and not counted twice.
func (s *sampler) read(w *watch, living []process) (sum resident) {
	for _, p := range living {
		status, ok := readStatus(p.pid, s.buf[:])
		if !ok {
			w.lost(p.pid)
			continue
		}
		w.note(p.pid, status.resident)
		w.claim(p.pid, status.tracer)
		now := status.resident
		if len(living) > 1 {
			if now, ok = readShare(p.pid, s.buf[:]); !ok {
				continue
			}
		}
		sum.anon += now.anon
		sum.file += now.file
	}
	return sum
}

// record adds a sample to the timeline. When the timeline is full, every other sample is
// dropped and half as many are recorded from then on.
func (s *sampler) record(t TreeSample) {
	if n := len(s.timeline); n > 0 && t.At-s.timeline[n-1].At < s.spacing-processInterval/2 {
		return
	}
	if len(s.timeline) == maxTreeSamples {
		kept := s.timeline[:0]
		for i := 0; i < len(s.timeline); i += 2 {
			kept = append(kept, s.timeline[i])
		}
		s.timeline = kept
		s.spacing = 2 * max(s.spacing, processInterval)
	}
	s.timeline = append(s.timeline, t)
}

// scan finds new processes whose parents are the command's, or are this process: those are
// orphans. It reads only processes that were not there at the last scan.
func (s *sampler) scan(w *watch) {
	began := time.Now()
	pids := allProcesses()
	known := make(map[int]bool, len(pids))
	for _, pid := range pids {
		known[pid] = true
		if s.known != nil && !s.known[pid] {
			w.find(pid, parseProcStatus(readProc(pid, "status", s.buf[:])))
		}
	}
	s.known = known
	s.lastScan = time.Now()
	s.scanCost = s.lastScan.Sub(began)
}

// allProcesses returns the ids of all processes of the machine, sorted: parents mostly come
// before their children.
func allProcesses() (pids []int) {
	proc, err := os.Open("/proc")
	if err != nil {
		return nil
	}
	defer proc.Close()
	names, _ := proc.Readdirnames(-1)
	for _, name := range names {
		if pid, err := strconv.Atoi(name); err == nil {
			pids = append(pids, pid)
		}
	}
	slices.Sort(pids)
	return pids
}

// unchanged reports whether no process started, executed a program or ended since.
func (w *watch) unchanged(changes int) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.changes == changes
}

// lost removes a process that has no memory any more. Of a traced one the tracer learns the end.
func (w *watch) lost(pid int) {
	w.mu.Lock()
	p := w.processes[pid]
	untraced := p != nil && !p.traced
	w.mu.Unlock()
	if untraced {
		w.gone(pid)
	}
}

// claim asks the tracer to trace a process that nobody traces.
func (w *watch) claim(pid, tracer int) {
	if w.untraced != "" || tracer != 0 {
		return
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if p := w.processes[pid]; p != nil && !p.traced && !p.refused {
		w.adopt = append(w.adopt, pid)
		w.wake.wake() // again at the next sample, should it not wait yet
	}
}

// find adds a process if it is one of the command's that the tracer does not know.
func (w *watch) find(pid int, status procStatus) {
	if status.highWater == 0 || status.tracer == w.wake.thread {
		return // it has ended already, or the tracer knows it
	}
	w.mu.Lock()
	ours := w.processes[pid] == nil && (status.parent == os.Getpid() || w.processes[status.parent] != nil)
	w.unbounded = w.unbounded || ours
	w.mu.Unlock()
	if !ours || pid == w.command {
		return
	}
	w.enter(pid, status.parent, false, sharesMemory(pid, status.parent))
	w.claim(pid, status.tracer)
}

// recheck looks at processes whose state can change unseen by the tracer: one that is not
// traced and had its parent's memory may have executed a program, and so may one whose main
// thread has ended: if another thread calls execve(2), it replaces the main thread, and is not
// traced.
func (w *watch) recheck(buf []byte) {
	for _, p := range w.unsure() {
		text := readProc(p.pid, "status", buf)
		status := parseProcStatus(text)
		switch {
		case p.leaving && len(text) == 0:
			w.miss(p.pid)
		case p.leaving && status.highWater > 0 && status.tracer == 0:
			w.goOn(p.pid)
		case p.leaving:
		case status.highWater == 0:
			w.lost(p.pid)
		case !sharesMemory(p.pid, p.parent):
			w.execute(p.pid)
		}
	}
}

func (w *watch) unsure() (unsure []process) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, p := range w.processes {
		if p.leaving || p.borrows && !p.traced {
			unsure = append(unsure, *p)
		}
	}
	return unsure
}

// goOn notes that another thread of the process has executed a program.
func (w *watch) goOn(pid int) {
	w.mu.Lock()
	p := w.processes[pid]
	if p != nil && p.leaving {
		w.replace(p)
		p.traced = false
	}
	w.mu.Unlock()
	w.claim(pid, 0)
}

// miss notes that a process has disappeared whose end the tracer has not learnt. The tracer may
// just have got the report; if it waits again without, then the process was not traced any more.
func (w *watch) miss(pid int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	p := w.processes[pid]
	switch {
	case p == nil:
	case p.missing == 0:
		p.missing = w.rounds
		w.wake.wake()
	case w.rounds < p.missing+2:
		w.wake.wake()
	default:
		w.changes++
		delete(w.processes, pid)
		w.close(p, false)
	}
}
