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
	inherited int64 // highest memory that the command's ru_maxrss may have from this process

	begun   time.Time     // when the command was started
	resumed time.Time     // when it was let run, if it was stopped at its first instruction
	setUp   time.Duration // how long it was stopped there
	status  syscall.WaitStatus
	wall    time.Duration
	used    usage
	maxRSS  int64 // the command's ru_maxrss, in bytes

	sampler sampler

	mu        sync.Mutex // guards what follows
	processes map[int]*process
	early     map[int]bool // processes that ended before their parents reported them
	changes   int          // how often a process started, got another program or ended
	rounds    int          // how often the tracer has waited
	adopt     []int        // processes that the tracer should seize
	ending    bool         // whatever is left is killed
	over      bool         // the memory limit was exceeded
	peak      resident
	seen      int64 // highest memory that is attributed to anonymous and file-backed memory
	spans     []span
	unbounded bool // an end or a beginning was missed
	all, most int
}

// A process is one of the command's.
type process struct {
	pid, parent int
	traced      bool
	refused     bool // it cannot be traced
	named       bool // its parent is known
	borrows     bool // it has its parent's memory until it executes a program
	leaving     bool // its main thread is ending
	missing     int  // the tracer's round in which it was found to have disappeared
	since       time.Duration
	last        resident // when it was last read
}

func newWatch(limit int64, wake *waker) *watch {
	return &watch{limit: limit, wake: wake, processes: map[int]*process{}, early: map[int]bool{}}
}

// since returns the time since the start of the command.
func (w *watch) since() time.Duration { return time.Since(w.begun) - w.setUp }

// enter adds a process that has started, or whose parent becomes known. borrows says whether it
// has the memory of its parent. The parent may be 0: not known yet.
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

// execute notes that a process has got another program, and with it fresh memory.
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
	if !p.borrows {
		w.spans = append(w.spans, span{p.since, w.since(), p.last.highWater})
	}
	*p = process{pid: p.pid, parent: p.parent, traced: p.traced, refused: p.refused, named: true, since: w.since()}
}

// leave notes that the main thread of a traced process ends. The process still has its memory,
// which is not to be read after this.
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
	if p.traced && !p.named {
		w.early[pid] = true
	}
	w.close(p, p.leaving)
}

// close ends the span of the process's memory. final reports whether it was read at the last
// moment. w.mu must be locked.
func (w *watch) close(p *process, final bool) {
	if p.borrows {
		return
	}
	w.spans = append(w.spans, span{p.since, w.since(), p.last.highWater})
	if !final || p.last.highWater == 0 {
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

// note takes the memory that a process was seen to have.
func (w *watch) note(pid int, now resident) {
	w.mu.Lock()
	defer w.mu.Unlock()
	p := w.processes[pid]
	if p == nil {
		return
	}
	anon, file := attribute(p.last, now)
	p.last = now
	w.peak.highWater = max(w.peak.highWater, now.highWater)
	w.peak.anon = max(w.peak.anon, anon, now.anon)
	w.peak.file = max(w.peak.file, file, now.file)
	w.seen = max(w.seen, anon+file, now.total())
	w.checkLimit(now.highWater)
}

// noteTree takes the memory of all processes together.
func (w *watch) noteTree(now resident) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.peak.highWater = max(w.peak.highWater, now.total())
	w.peak.anon = max(w.peak.anon, now.anon)
	w.peak.file = max(w.peak.file, now.file)
	w.seen = max(w.seen, now.total())
	w.checkLimit(now.total())
}

// checkLimit has all killed if bytes exceed the limit. w.mu must be locked.
func (w *watch) checkLimit(bytes int64) {
	if w.limit > 0 && bytes > w.limit && !w.over {
		w.over = true
		go w.kill()
	}
}

// attribute splits a peak that lies between two samples of a process into anonymous and
// file-backed memory. The peak is the high-water mark now, if it has risen above both samples.
// It is attributed to a kind of memory if that kind differs between the samples by more than the
// peak is above them, and the other kind hardly differs: a program that has freed an array since
// the last sample has less anonymous memory, and the same files. This is wrong for a program that
// also mapped and unmapped a file between the samples. Both results are 0 if there is no such
// peak, or it is attributed to neither kind.
func attribute(last, now resident) (anon, file int64) {
	above := now.highWater - max(last.total(), now.total())
	if last.total() == 0 || now.highWater <= last.highWater || above <= 0 {
		return 0, 0
	}
	const clear = 8 // times as much of one kind as of the other
	da, df := distance(last.anon, now.anon), distance(last.file, now.file)
	switch {
	case da >= above && da > clear*df:
		file = max(last.file, now.file)
		return now.highWater - file, file
	case df >= above && df > clear*da:
		anon = max(last.anon, now.anon)
		return anon, now.highWater - anon
	}
	return 0, 0
}

func distance(a, b int64) int64 { return max(a-b, b-a) }

// A span is the time in which a process had some memory, and the most that it had, in bytes.
type span struct {
	from, to  time.Duration
	highWater int64
}

// mostTogether returns the highest sum of spans that overlap. A span that ends when another
// begins does not overlap with it.
func mostTogether(spans []span) (most int64) {
	type edge struct {
		at    time.Duration
		bytes int64
	}
	edges := make([]edge, 0, 2*len(spans))
	for _, s := range spans {
		edges = append(edges, edge{s.from, s.highWater}, edge{s.to, -s.highWater})
	}
	slices.SortFunc(edges, func(a, b edge) int {
		if a.at != b.at {
			return int(a.at - b.at)
		}
		return int(a.bytes - b.bytes)
	})
	var sum int64
	for _, e := range edges {
		sum += e.bytes
		most = max(most, sum)
	}
	return most
}

// counterError is how much the counters of resident memory can be wrong, in bytes: the kernel
// keeps some on each processor.
const counterError = 1 << 20

// observed returns what was seen. The command has ended.
func (w *watch) observed() Observed {
	w.mu.Lock()
	defer w.mu.Unlock()
	peak := w.peak.highWater
	// ru_maxrss includes memory that a process had before it executed another program, and
	// processes that were too short to be seen. It also includes the memory of this process at
	// the fork, so that only a higher value is the command's.
	if w.maxRSS > max(peak, w.inherited)+counterError {
		peak = w.maxRSS
		w.unbounded = w.unbounded || w.all > 1
	}
	o := Observed{
		Status:      w.status,
		Wall:        w.wall,
		User:        w.used.user - w.before.user,
		System:      w.used.system - w.before.system,
		MinorFaults: w.used.minorFaults - w.before.minorFaults,
		MajorFaults: w.used.majorFaults - w.before.majorFaults,
		PeakRSS:     peak,
		How:         Sampled,
		PeakAnon:    w.peak.anon,
		PeakFile:    w.peak.file,
		Unseen:      max(0, peak-w.seen),
		Processes:   w.all,
		Together:    w.most,
		OverLimit:   w.over,
		Untraced:    w.untraced,
		Timeline:    w.sampler.timeline,
		Sampling:    w.sampler.spent,
	}
	if !w.unbounded && w.untraced == "" {
		o.AtMost = max(peak, mostTogether(w.spans))
		o.How = Bounded
		if o.AtMost == peak {
			o.How = Exact
		}
	}
	return o
}
