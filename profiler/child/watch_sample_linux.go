package child

import (
	"os"
	"runtime"
	"sync"
	"time"
)

const (
	// processInterval is the interval between samples while one process runs. A sample costs 50 µs.
	processInterval = 5 * time.Millisecond
	// treeInterval is the shortest interval of samples while several processes run.
	treeInterval = 20 * time.Millisecond
	// scanInterval is the shortest interval of scans of /proc for new processes.
	scanInterval = 50 * time.Millisecond
	// longestInterval is the longest interval of samples and scans, however long they take.
	longestInterval = time.Second
	// maxTreeSamples is the maximum number of samples in a timeline.
	maxTreeSamples = 4096
)

// A treeSampler reads the memory of all processes from /proc at an interval, and finds processes
// whose start the tracer could not see.
type treeSampler struct {
	busy     sync.Mutex // locked during a sample
	buf      [8192]byte
	timeline []TreeSample
	spacing  time.Duration // of the samples in the timeline
	spent    time.Duration // processor time

	treeCost, scanCost time.Duration // duration of the last sample and scan
	lastTree, lastScan time.Time     // when they ended
	known              map[int]bool  // all processes of the machine at the last scan
}

// startSampler samples until stop is called, which waits for the last sample.
func (w *watch) startSampler() (stop func()) {
	quit, done := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(done)
		runtime.LockOSThread() // threadTime is about the thread
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

// tick scans /proc and takes a sample, if they are due.
func (s *treeSampler) tick(w *watch) {
	s.busy.Lock()
	defer s.busy.Unlock()
	defer s.account(threadTime())
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
func (s *treeSampler) sample(w *watch) {
	s.busy.Lock()
	defer s.busy.Unlock()
	defer s.account(threadTime())
	s.take(w)
}

// beforeEnd takes a sample before one of several processes ends, because the memory may have its peak
// then. It skips the sample if samples would take more than a tenth of the time.
func (s *treeSampler) beforeEnd(w *watch) {
	if !s.busy.TryLock() {
		return
	}
	defer s.busy.Unlock()
	if living, _ := w.living(); len(living) > 1 && time.Since(s.lastTree) >= 10*s.treeCost {
		defer s.account(threadTime())
		s.take(w)
	}
}

// account adds the processor time since a thread time to s.spent.
func (s *treeSampler) account(since time.Duration) { s.spent += threadTime() - since }

// take samples the memory of all processes. It reads one process after another, so shared memory would
// be counted wrongly if a process ends in between. If a process started, executed a program or ended
// during the sample, take drops the sample and tries once more.
func (s *treeSampler) take(w *watch) {
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
			s.record(TreeSample{at, sum.Anon, sum.File})
			return
		}
	}
}

// read returns the memory of all processes together. It reads them from the oldest to the newest: if a
// new process executes a program before it is read, the memory that it shared with its parent is
// missing in the sum instead of counted twice.
func (s *treeSampler) read(w *watch, living []process) (sum ResidentMemory) {
	before := make([]ResidentMemory, len(living))
	for i, p := range living {
		status, ok := readStatus(p.pid, s.buf[:])
		if !ok {
			w.lost(p.pid)
			continue
		}
		w.note(p.pid, status.ResidentMemory)
		w.claim(p.pid, status.tracer)
		before[i] = status.ResidentMemory
	}
	if len(living) == 1 {
		return before[0]
	}
	for i, p := range living {
		share, ok := readShare(p.pid, s.buf[:])
		if !ok {
			// A process that has ended must not count: its parent has the pages that they shared.
			if _, alive := readStatus(p.pid, s.buf[:]); !alive {
				w.lost(p.pid)
				continue
			}
			share = ResidentMemory{Anon: before[i].Anon} // no permission to read its share
		}
		sum.Anon += share.Anon
		sum.File += share.File
	}
	sum.File = max(0, sum.File-s.moved(living, before))
	return sum
}

// moved returns how much file-backed memory the processes have mapped and unmapped since before. The sum
// of their shares can be too high by this amount: if another process maps a page between two readings,
// the first process counts the whole page and the other one counts half of it.
func (s *treeSampler) moved(living []process, before []ResidentMemory) (bytes int64) {
	for i, p := range living {
		if now, ok := readStatus(p.pid, s.buf[:]); ok {
			bytes += distance(now.File, before[i].File)
		}
	}
	return bytes
}

// record adds a sample to the timeline. When the timeline is full, every other sample is
// dropped and half as many are recorded from then on.
func (s *treeSampler) record(t TreeSample) {
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

// scan finds new processes of the command: their parent is a process of the command, or this process if
// they are orphans. It reads only processes that did not exist at the last scan.
func (s *treeSampler) scan(w *watch) {
	began := time.Now()
	pids := allProcesses()
	known := make(map[int]bool, len(pids))
	for _, pid := range pids {
		known[pid] = true
		if s.known != nil && !s.known[pid] {
			w.find(pid, parseStatus(readProc(pid, "status", s.buf[:])))
		}
	}
	s.known = known
	s.lastScan = time.Now()
	s.scanCost = s.lastScan.Sub(began)
}

// unchanged reports whether no process started, executed a program or ended since.
func (w *watch) unchanged(changes int) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.changes == changes
}

// lost removes an untraced process that no longer has memory. The tracer removes traced processes.
func (w *watch) lost(pid int) {
	w.mu.Lock()
	p := w.processes[pid]
	untraced := p != nil && !p.traced
	w.mu.Unlock()
	if untraced {
		w.gone(pid)
	}
}

// claim asks the tracer to trace a process that has no tracer.
func (w *watch) claim(pid, tracer int) {
	if w.untraced != "" || tracer != 0 {
		return
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if p := w.processes[pid]; p != nil && !p.traced && !p.refused {
		w.adopt = append(w.adopt, pid)
		w.wake.wake() // if the tracer is not waiting yet, the next sample wakes it again
	}
}

// find adds a process if it belongs to the command and the tracer does not know it.
func (w *watch) find(pid int, status procStatus) {
	if status.HighWater == 0 || status.tracer == w.wake.thread {
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

// recheck checks processes whose state can change without the tracer. An untraced process that had its
// parent's memory may have executed a program. A process whose main thread has ended may have executed
// one too: if another thread calls execve(2), it replaces the main thread, and is not traced.
func (w *watch) recheck(buf []byte) {
	for _, p := range w.unsure() {
		text := readProc(p.pid, "status", buf)
		status := parseStatus(text)
		switch {
		case p.leaving && len(text) == 0:
			w.miss(p.pid)
		case p.leaving && status.HighWater > 0 && status.tracer == 0:
			w.execThread(p.pid)
		case p.leaving:
		case status.HighWater == 0:
			w.lost(p.pid)
		case !sharesMemory(p.pid, p.parent):
			w.execute(p.pid)
		}
	}
}

// unsure returns copies of the processes to recheck.
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

// execThread notes that another thread of the process has executed a program.
func (w *watch) execThread(pid int) {
	w.mu.Lock()
	p := w.processes[pid]
	if p != nil && p.leaving {
		w.replace(p)
		p.traced = false
	}
	w.mu.Unlock()
	w.claim(pid, 0)
}

// miss notes that a process has disappeared without a report to the tracer. The tracer may be about to
// handle the report, so miss removes the process only if the tracer has waited twice since.
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
