package child

import (
	"bytes"
	"fmt"
	"os"
	"runtime"

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

// threadStacks is what the stacks of this process's threads take of its data limit, in bytes,
// though hardly any of it is used: each is as large as RLIMIT_STACK.
func threadStacks() int64 {
	const usual = 8 << 20
	var limit unix.Rlimit
	if unix.Getrlimit(unix.RLIMIT_STACK, &limit) != nil || limit.Cur > 1<<30 { // or without a limit
		limit.Cur = usual
	}
	threads := WarmThreads() + 2*runtime.GOMAXPROCS(0) + 8
	return int64(threads) * int64(limit.Cur)
}

// resetPeakRSS sets the high-water mark of resident memory back to what is resident now.
// See proc_pid_clear_refs(5).
func ResetPeakRSS() error {
	return os.WriteFile("/proc/self/clear_refs", []byte("5"), 0)
}

// residentMemory is what /proc/self/status says of resident memory, in bytes.
type ResidentMemory struct{ HighWater, Anon, File int64 }

// A procFile is a file of /proc/self, kept open. Reading it allocates nothing.
type procFile struct {
	name string
	fd   int
	buf  *[4096]byte
}

func OpenProc(name string) (procFile, error) {
	name = "/proc/self/" + name
	fd, err := unix.Open(name, unix.O_RDONLY|unix.O_CLOEXEC, 0)
	if err != nil {
		return procFile{}, fmt.Errorf("open %s: %w", name, err)
	}
	return procFile{name, fd, new([4096]byte)}, nil
}

// read returns the file's content, which the next read overwrites.
func (f procFile) Read() ([]byte, error) {
	n, err := unix.Pread(f.fd, f.buf[:], 0)
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", f.name, err)
	}
	return f.buf[:n], nil
}

func (f procFile) Close() { _ = unix.Close(f.fd) }

// parseStatm reads what /proc/self/statm says of resident memory, in pages: the same as in
// status, at a fraction of its cost, but without the high-water mark. See proc_pid_statm(5).
func parseStatm(statm []byte, page int64) ResidentMemory {
	var fields [3]int64
	n := 0
	for _, c := range statm {
		if c == ' ' {
			if n++; n == len(fields) {
				break
			}
			continue
		}
		fields[n] = fields[n]*10 + int64(c-'0')
	}
	resident, shared := fields[1]*page, fields[2]*page
	return ResidentMemory{Anon: resident - shared, File: shared}
}

// parseStatus reads the lines of /proc/self/status that are about resident memory. Memory
// shared with other processes counts as file-backed.
func ParseStatus(status []byte) ResidentMemory {
	return ResidentMemory{
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
