package profiler

import (
	"bytes"
	"fmt"
	"os"
	"sync"
	"time"

	"golang.org/x/sys/unix"
)

// limitMemory bounds the data segment and private mappings of this process. RLIMIT_AS would
// kill a Go program at its start, which reserves far more address space than it uses.
func limitMemory(bytes int64) error {
	limit := unix.Rlimit{Cur: uint64(bytes), Max: uint64(bytes)}
	if err := unix.Setrlimit(unix.RLIMIT_DATA, &limit); err != nil {
		return err
	}
	// Should the machine run out nevertheless, this process goes before the server does.
	return os.WriteFile("/proc/self/oom_score_adj", []byte("500"), 0)
}

// resetPeakRSS sets the high-water mark of resident memory back to what is resident now.
// See proc_pid_clear_refs(5).
func resetPeakRSS() error {
	return os.WriteFile("/proc/self/clear_refs", []byte("5"), 0)
}

// residentMemory is what /proc/self/status says of resident memory, in bytes.
type residentMemory struct{ HighWater, Anon, File int64 }

// An rssSampler keeps the highest anonymous and file-backed resident memory that it sees:
// the kernel keeps a high-water mark of their sum alone.
type rssSampler struct {
	fd   int
	buf  [4096]byte
	once sync.Once
	quit chan struct{}
	done chan struct{}
	peak residentMemory
	err  error
}

func startRSSSampler(interval time.Duration) (*rssSampler, error) {
	fd, err := unix.Open("/proc/self/status", unix.O_RDONLY|unix.O_CLOEXEC, 0)
	if err != nil {
		return nil, fmt.Errorf("open /proc/self/status: %w", err)
	}
	s := &rssSampler{fd: fd, quit: make(chan struct{}), done: make(chan struct{})}
	go s.loop(interval)
	return s, nil
}

// loop allocates nothing: it runs beside what is measured.
func (s *rssSampler) loop(interval time.Duration) {
	defer close(s.done)
	ticker := time.NewTicker(interval)
	defer ticker.Stop()
	for {
		s.sample()
		select {
		case <-s.quit:
			s.sample()
			return
		case <-ticker.C:
		}
	}
}

func (s *rssSampler) sample() {
	n, err := unix.Pread(s.fd, s.buf[:], 0)
	if err != nil {
		s.err = fmt.Errorf("read /proc/self/status: %w", err)
		return
	}
	now := parseStatus(s.buf[:n])
	s.peak.HighWater = now.HighWater
	s.peak.Anon = max(s.peak.Anon, now.Anon)
	s.peak.File = max(s.peak.File, now.File)
}

// stop takes a last sample and returns what was highest. It may be called again.
func (s *rssSampler) stop() (residentMemory, error) {
	s.once.Do(func() {
		close(s.quit)
		<-s.done
		unix.Close(s.fd)
	})
	return s.peak, s.err
}

// parseStatus reads the lines of /proc/self/status that are about resident memory. Memory
// shared with other processes counts as file-backed.
func parseStatus(status []byte) residentMemory {
	return residentMemory{
		HighWater: statusBytes(status, "\nVmHWM:"),
		Anon:      statusBytes(status, "\nRssAnon:"),
		File:      statusBytes(status, "\nRssFile:") + statusBytes(status, "\nRssShmem:"),
	}
}

// statusBytes reads a line such as "VmHWM:     2352 kB" without allocating.
func statusBytes(status []byte, key string) int64 {
	i := bytes.Index(status, []byte(key))
	if i < 0 {
		return 0
	}
	var n int64
	for _, c := range status[i+len(key):] {
		switch {
		case c >= '0' && c <= '9':
			n = n*10 + int64(c-'0')
		case c == '\n':
			return n << 10
		}
	}
	return n << 10
}
