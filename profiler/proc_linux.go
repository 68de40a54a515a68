package profiler

import (
	"bytes"
	"fmt"
	"os"

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

// A statusFile is /proc/self/status, kept open. Reading it allocates nothing.
type statusFile struct {
	fd  int
	buf *[4096]byte
}

func openStatus() (statusFile, error) {
	fd, err := unix.Open("/proc/self/status", unix.O_RDONLY|unix.O_CLOEXEC, 0)
	if err != nil {
		return statusFile{}, fmt.Errorf("open /proc/self/status: %w", err)
	}
	return statusFile{fd: fd, buf: new([4096]byte)}, nil
}

func (f statusFile) read() (residentMemory, error) {
	n, err := unix.Pread(f.fd, f.buf[:], 0)
	if err != nil {
		return residentMemory{}, fmt.Errorf("read /proc/self/status: %w", err)
	}
	return parseStatus(f.buf[:n]), nil
}

func (f statusFile) close() { _ = unix.Close(f.fd) }

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
