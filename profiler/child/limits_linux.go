package child

import (
	"fmt"
	"os"
	"runtime"
	"sync"
	"time"

	"golang.org/x/sys/unix"
)

// limitMemory limits the data segment and the private mappings of this process, in bytes. RLIMIT_AS
// does not work: a Go program reserves much more address space than it uses.
func limitMemory(bytes int64) error {
	limit := unix.Rlimit{Cur: uint64(bytes), Max: uint64(bytes)}
	if err := unix.Setrlimit(unix.RLIMIT_DATA, &limit); err != nil {
		return err
	}
	return raiseOOMScore(os.Getpid())
}

// raiseOOMScore makes the kernel kill a process before the server if the machine runs out of memory.
func raiseOOMScore(pid int) error {
	return os.WriteFile(fmt.Sprintf("/proc/%d/oom_score_adj", pid), []byte("500"), 0)
}

// threadStacks returns how much of the data limit the stacks of this process's threads take, in bytes.
// Each stack has the size RLIMIT_STACK, although little of it is used.
func threadStacks() int64 {
	const usual = 8 << 20
	var limit unix.Rlimit
	if unix.Getrlimit(unix.RLIMIT_STACK, &limit) != nil || limit.Cur > 1<<30 { // or unlimited
		limit.Cur = usual
	}
	threads := warmThreads() + 2*runtime.GOMAXPROCS(0) + 8
	return int64(threads) * int64(limit.Cur)
}

// warmThreads returns the number of threads that StartThreads starts.
func warmThreads() int { return min(4*runtime.GOMAXPROCS(0), 64) }

// StartThreads starts threads and uses a timer on each. The runtime keeps the threads for later. Call it
// before a measurement: the runtime does not record all memory that it allocates for a new thread. A
// thread that started within the window added 5,576 bytes to the runtime's count that were not in the
// profile.
func StartThreads() {
	var started, all sync.WaitGroup
	release := make(chan struct{})
	for range warmThreads() {
		started.Add(1)
		all.Go(func() {
			runtime.LockOSThread()
			defer runtime.UnlockOSThread() // a thread that stays locked would end with its goroutine
			time.Sleep(time.Millisecond)
			started.Done()
			<-release
		})
	}
	started.Wait()
	close(release)
	all.Wait()
}
