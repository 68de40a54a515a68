package child

import (
	"runtime"
	"sync"
	"time"
)

// warmThreads is how many threads a child starts before it measures.
func WarmThreads() int { return min(4*runtime.GOMAXPROCS(0), 64) }

// startThreads has the runtime start n threads, which it keeps for when it needs one, and
// has each use a timer. What the runtime allocates for those it does not always record: seen
// as 5,576 bytes that its own count held and the profile did not, whenever a thread started
// within the window.
func StartThreads(n int) {
	var started, all sync.WaitGroup
	release := make(chan struct{})
	for range n {
		started.Add(1)
		all.Go(func() {
			runtime.LockOSThread()
			defer runtime.UnlockOSThread() // without it the thread would end
			time.Sleep(time.Millisecond)
			started.Done()
			<-release
		})
	}
	started.Wait()
	close(release)
	all.Wait()
}
