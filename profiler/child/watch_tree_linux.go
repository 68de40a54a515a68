package child

import (
	"slices"
	"sync"
	"syscall"
	"time"
)

// A watch follows the processes of a command. Two threads use it: the tracer, which starts the
// command and waits for all processes, and the sampler.
type watch struct {
	command   int // process id
	limit     int64
	untraced  string
	wake      *waker
	before    usage // of children before the start
	inherited int64 // highest memory of this process, which the command's ru_maxrss may contain

	begun  time.Time     // when the command was started
	setUp  time.Duration // how long it was stopped at its first instruction
	status syscall.WaitStatus
	wall   time.Duration
	used   usage
	maxRSS int64 // the command's ru_maxrss, in bytes

	sampler treeSampler

	mu        sync.Mutex // guards the fields below
	processes map[int]*process
	early     map[int]bool // processes that ended before their parents reported them
	changes   int          // number of times that a process started, executed a program or ended
	rounds    int          // number of times that the tracer has waited
	adopt     []int        // processes that the tracer should seize
	ending    bool         // all processes are killed, also new ones
	over      bool         // the memory limit was exceeded
	peak      ResidentMemory
	seen      int64 // highest memory whose anonymous and file-backed parts are known
	spans     []span
	replaced  bool // a process executed another program
	unbounded bool // the start or the end of a process was missed
	all, most int  // processes in all, and at the same time
}

// A process is a process of the command.
type process struct {
	pid, parent int
	traced      bool
	refused     bool // it cannot be traced
	named       bool // its parent is known
	reported    bool // its parent has reported it, or a scan has found it
	borrows     bool // it uses its parent's memory until it executes a program
	leaving     bool // its main thread is ending
	missing     int  // the tracer's round when it was found to be gone
	since       time.Duration
	last        ResidentMemory // when it was last read
}

func newWatch(limit int64, wake *waker) *watch {
	return &watch{limit: limit, wake: wake, processes: map[int]*process{}, early: map[int]bool{}}
}

// since returns the time since the start of the command.
func (w *watch) since() time.Duration { return time.Since(w.begun) - w.setUp }

// enter adds a process that has started, or sets its parent. borrows says whether the process uses the
// memory of its parent. A parent of 0 is not known yet.
func (w *watch) enter(pid, parent int, traced, borrows bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if parent != 0 && w.early[pid] {
		delete(w.early, pid)
		return
	}
	w.changes++
	p := w.processes[pid]
	if p == nil {
		p = &process{pid: pid, since: w.since()}
		w.processes[pid] = p
		w.all++
		w.most = max(w.most, w.running())
	}
	p.reported = p.reported || parent != 0
	p.traced = p.traced || traced
	if parent != 0 && !p.named { // it may have executed a program before its parent reports it
		p.parent, p.named, p.borrows = parent, true, borrows
	}
}

// running counts the processes that have not ended. w.mu must be locked.
func (w *watch) running() (n int) {
	for _, p := range w.processes {
		if !p.leaving {
			n++
		}
	}
	return n
}

// execute notes that a process has executed a program, which has new memory.
func (w *watch) execute(pid int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if p := w.processes[pid]; p != nil {
		w.replace(p)
	}
}

// replace ends the span of the process's memory and begins another. w.mu must be locked.
func (w *watch) replace(p *process) {
	w.changes++
	w.replaced = true
	if !p.borrows {
		w.spans = append(w.spans, span{p.since, w.since(), p.last.HighWater})
	}
	*p = process{pid: p.pid, parent: p.parent, traced: p.traced, refused: p.refused, named: true, reported: p.reported, since: w.since()}
}

// leave notes that the main thread of a traced process is ending. The process still has its memory, but
// the memory must not be read after this.
func (w *watch) leave(pid int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if p := w.processes[pid]; p != nil {
		w.changes++
		p.leaving = true
	}
}

// gone removes a process that has ended.
func (w *watch) gone(pid int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	p := w.processes[pid]
	if p == nil {
		return
	}
	w.changes++
	delete(w.processes, pid)
	if p.traced && !p.reported {
		w.early[pid] = true
	}
	w.close(p, p.leaving)
}

// close ends the span of the process's memory. final says whether the memory was read when the process
// was ending. w.mu must be locked.
func (w *watch) close(p *process, final bool) {
	if p.borrows {
		return
	}
	w.spans = append(w.spans, span{p.since, w.since(), p.last.HighWater})
	if !final || p.last.HighWater == 0 {
		w.unbounded = true
	}
}

// living returns copies of the processes that have memory of their own, oldest first, and the
// count of changes so far.
func (w *watch) living() (living []process, changes int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, p := range w.processes {
		if p.named && !p.borrows && !p.leaving {
			living = append(living, *p)
		}
	}
	slices.SortFunc(living, func(a, b process) int {
		if a.since != b.since {
			return int(a.since - b.since)
		}
		return a.pid - b.pid
	})
	return living, w.changes
}

// note records the memory of a process.
func (w *watch) note(pid int, now ResidentMemory) {
	w.mu.Lock()
	defer w.mu.Unlock()
	p := w.processes[pid]
	if p == nil {
		return
	}
	anon, file := attribute(p.last, now)
	p.last = now
	w.peak.HighWater = max(w.peak.HighWater, now.HighWater)
	w.peak.Anon = max(w.peak.Anon, anon, now.Anon)
	w.peak.File = max(w.peak.File, file, now.File)
	w.seen = max(w.seen, anon+file, now.total())
	w.checkLimit(now.HighWater)
}

// noteTree records the memory of all processes together.
func (w *watch) noteTree(now ResidentMemory) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.peak.HighWater = max(w.peak.HighWater, now.total())
	w.peak.Anon = max(w.peak.Anon, now.Anon)
	w.peak.File = max(w.peak.File, now.File)
	w.seen = max(w.seen, now.total())
	w.checkLimit(now.total())
}

// checkLimit kills all processes if bytes is over the limit. w.mu must be locked.
func (w *watch) checkLimit(bytes int64) {
	if w.limit > 0 && bytes > w.limit && !w.over {
		w.over = true
		go w.kill()
	}
}

// counterError is the error of the kernel's counters of resident memory, in bytes. The kernel keeps part
// of each count per processor.
const counterError = 1 << 20

// observation returns the result. The command has ended.
func (w *watch) observation() Observation {
	w.mu.Lock()
	defer w.mu.Unlock()
	peak := w.peak.HighWater
	// ru_maxrss includes memory that a process had before it executed another program, and
	// processes that were too short to be seen. It also includes the memory of this process at
	// the fork, so only a higher value belongs to the command. It counts as the exact
	// peak only if a single process was seen, and that process executed another program.
	if w.maxRSS > max(peak, w.inherited)+counterError {
		peak = w.maxRSS
		w.unbounded = w.unbounded || w.all > 1 || !w.replaced
	}
	o := Observation{
		Status:      w.status,
		Wall:        w.wall,
		User:        w.used.user - w.before.user,
		System:      w.used.system - w.before.system,
		MinorFaults: w.used.minorFaults - w.before.minorFaults,
		MajorFaults: w.used.majorFaults - w.before.majorFaults,
		PeakRSS:     peak,
		Accuracy:    Sampled,
		PeakAnon:    w.peak.Anon,
		PeakFile:    w.peak.File,
		Unseen:      max(0, peak-w.seen),
		Processes:   w.all,
		Concurrent:  w.most,
		OverLimit:   w.over || w.limit > 0 && peak > w.limit,
		Untraced:    w.untraced,
		Timeline:    w.sampler.timeline,
		Sampling:    w.sampler.spent,
	}
	if !w.unbounded && w.untraced == "" {
		o.AtMost = max(peak, mostTogether(w.spans))
		o.Accuracy = Bounded
		if o.AtMost == peak {
			o.Accuracy = Exact
		}
	}
	return o
}
