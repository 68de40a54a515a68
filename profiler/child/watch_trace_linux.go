package child

import (
	"errors"
	"fmt"
	"os"
	"syscall"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

// traceOptions trace main threads only. Other threads are never stopped. The sampler's scan of /proc finds
// processes that they start, which are traced from then on.
const traceOptions = unix.PTRACE_O_EXITKILL | unix.PTRACE_O_TRACEEXIT | unix.PTRACE_O_TRACEEXEC |
	unix.PTRACE_O_TRACEFORK | unix.PTRACE_O_TRACEVFORK

// ptrace is ptrace(2) without an address.
func ptrace(request, pid int, data uintptr) error {
	if _, _, errno := unix.Syscall6(unix.SYS_PTRACE, uintptr(request), uintptr(pid), 0, data, 0, 0); errno != 0 {
		return errno
	}
	return nil
}

// resume continues a stopped process, and delivers the signal to it if it is not 0. It fails only if the
// process has been killed.
func resume(pid int, signal syscall.Signal) { _ = ptrace(unix.PTRACE_CONT, pid, uintptr(signal)) }

// follow waits for all processes until the command has ended, kills the processes that are left, and
// returns the observation.
func (w *watch) follow() (Observation, error) {
	w.beginRound()
	stop := w.startSampler()
	for {
		var s syscall.WaitStatus
		var r syscall.Rusage
		pid, err := syscall.Wait4(-1, &s, unix.WALL, &r)
		w.beginRound()
		switch {
		case errors.Is(err, syscall.EINTR):
			continue
		case err != nil:
			stop()
			return Observation{}, err
		}
		if pid == w.command && !s.Stopped() {
			w.wall, w.status, w.used, w.maxRSS = w.since(), s, childrenUsage(), r.Maxrss<<10
			stop()
			return w.finish(), nil
		}
		w.handle(pid, s)
	}
}

// handle handles the report of a process.
func (w *watch) handle(pid int, s syscall.WaitStatus) {
	if !s.Stopped() {
		w.gone(pid)
		return
	}
	switch event, signal := int(s)>>16, s.StopSignal(); event {
	case 0:
		resume(pid, signal)
	case unix.PTRACE_EVENT_FORK, unix.PTRACE_EVENT_VFORK:
		if child, err := unix.PtraceGetEventMsg(pid); err == nil {
			w.enter(int(child), pid, true, event == unix.PTRACE_EVENT_VFORK)
		}
		resume(pid, 0)
	case unix.PTRACE_EVENT_EXEC:
		w.execute(pid)
		resume(pid, 0)
	case unix.PTRACE_EVENT_EXIT:
		w.readLast(pid)
		w.leave(pid)
		resume(pid, 0)
	case unix.PTRACE_EVENT_STOP:
		if stopsGroup(signal) {
			_ = ptrace(unix.PTRACE_LISTEN, pid, 0) // it stays stopped until a SIGCONT
			return
		}
		w.enter(pid, 0, true, false) // it has just started, or continues after a SIGCONT
		w.killLate(pid)
		resume(pid, 0)
	default:
		resume(pid, 0)
	}
}

// stopsGroup reports whether the signal stops a process until a SIGCONT.
func stopsGroup(signal syscall.Signal) bool {
	switch signal {
	case syscall.SIGSTOP, syscall.SIGTSTP, syscall.SIGTTIN, syscall.SIGTTOU:
		return true
	}
	return false
}

// killLate kills a process that started after kill.
func (w *watch) killLate(pid int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.ending {
		_ = syscall.Kill(pid, syscall.SIGKILL)
	}
}

// readLast reads the memory of a process that is ending.
func (w *watch) readLast(pid int) {
	w.sampler.beforeEnd(w)
	if s, ok := readStatus(pid, make([]byte, 4096)); ok {
		w.note(pid, s.ResidentMemory)
	}
}

// beginRound starts a round of the tracer: it traces the processes that the scan of /proc has found.
func (w *watch) beginRound() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.rounds++
	for _, pid := range w.adopt {
		if p := w.processes[pid]; p != nil && !p.traced && !w.ending {
			p.traced = ptrace(unix.PTRACE_SEIZE, pid, traceOptions) == nil
			p.refused = !p.traced
		}
	}
	w.adopt = w.adopt[:0]
}

// kill kills all known processes, including the command. Processes that start later are killed too.
func (w *watch) kill() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.ending = true
	_ = syscall.Kill(-w.command, syscall.SIGKILL)
	for pid := range w.processes {
		_ = syscall.Kill(pid, syscall.SIGKILL)
	}
}

// finish notes the memory of processes that outlive the command and kills them. It waits for the traced
// ones, because they need their tracer to end.
func (w *watch) finish() Observation {
	w.gone(w.command)
	w.sampler.sample(w)
	w.mu.Lock()
	for _, p := range w.processes {
		w.close(p, p.last.HighWater > 0)
	}
	w.mu.Unlock()
	o := w.observation()
	w.kill()
	w.await(5 * time.Second)
	return o
}

// await handles the reports of processes until no traced process is left or the time limit is over.
func (w *watch) await(limit time.Duration) {
	for end := time.Now().Add(limit); time.Now().Before(end); {
		var s syscall.WaitStatus
		pid, err := wait(-1, &s, unix.WALL|unix.WNOHANG)
		switch {
		case err != nil:
			return
		case pid > 0:
			w.handle(pid, s)
		case !w.tracesAny():
			return
		default:
			time.Sleep(time.Millisecond)
		}
	}
}

// tracesAny reports whether this thread still traces a process.
func (w *watch) tracesAny() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	for pid := range w.processes {
		if parseStatus(readProc(pid, "status", make([]byte, 4096))).tracer == w.wake.thread {
			return true
		}
	}
	return false
}

// wait is wait4(2), repeated if a signal interrupts it.
func wait(pid int, s *syscall.WaitStatus, options int) (int, error) {
	for {
		found, err := syscall.Wait4(pid, s, options, nil)
		if !errors.Is(err, syscall.EINTR) {
			return found, err
		}
	}
}

// A waker interrupts wait4(2) in the thread that created it. The Go runtime makes the kernel restart
// system calls after signals. A waker turns that off for one signal that nothing else uses.
type waker struct{ thread int }

const wakeSignal = syscall.Signal(40)

func newWaker() (*waker, error) {
	// The kernel's struct sigaction: handler, flags, restorer, mask.
	var action [4]uint64
	const restart = 0x10000000 // SA_RESTART
	call := func(set, get *[4]uint64) error {
		_, _, errno := unix.RawSyscall6(unix.SYS_RT_SIGACTION, uintptr(wakeSignal),
			uintptr(unsafe.Pointer(set)), uintptr(unsafe.Pointer(get)), unsafe.Sizeof(action[0]), 0, 0)
		if errno != 0 {
			return fmt.Errorf("sigaction: %w", errno)
		}
		return nil
	}
	if err := call(nil, &action); err != nil {
		return nil, err
	}
	action[1] &^= restart
	return &waker{unix.Gettid()}, call(&action, nil)
}

func (w *waker) wake() { _ = unix.Tgkill(os.Getpid(), w.thread, wakeSignal) }
