package child

import (
	"bytes"
	"fmt"
	"os"
	"slices"
	"strconv"
	"time"

	"golang.org/x/sys/unix"
)

// A ResidentMemory is the resident memory of one process or of several, in bytes. Memory shared with
// other processes counts as file-backed. HighWater is the peak that the kernel recorded.
type ResidentMemory struct{ HighWater, Anon, File int64 }

func (m ResidentMemory) total() int64 { return m.Anon + m.File }

// ResetPeakRSS resets the high-water mark of this process's resident memory to its current value. See
// proc_pid_clear_refs(5).
func ResetPeakRSS() error {
	return os.WriteFile("/proc/self/clear_refs", []byte("5"), 0)
}

// A MemoryStatus reads the resident memory of this process. Reading allocates nothing.
type MemoryStatus struct{ file procFile }

// OpenMemoryStatus opens /proc/self/status.
func OpenMemoryStatus() (*MemoryStatus, error) {
	file, err := openProc("status")
	if err != nil {
		return nil, err
	}
	return &MemoryStatus{file}, nil
}

// Read returns the current resident memory.
func (s *MemoryStatus) Read() (ResidentMemory, error) {
	text, err := s.file.read()
	return parseResident(text), err
}

// Close closes the file.
func (s *MemoryStatus) Close() { s.file.close() }

// A procFile is an open file of /proc/self. Reading it allocates nothing.
type procFile struct {
	name string
	fd   int
	buf  *[4096]byte
}

// openProc opens a file of /proc/self.
func openProc(name string) (procFile, error) {
	name = "/proc/self/" + name
	fd, err := unix.Open(name, unix.O_RDONLY|unix.O_CLOEXEC, 0)
	if err != nil {
		return procFile{}, fmt.Errorf("open %s: %w", name, err)
	}
	return procFile{name, fd, new([4096]byte)}, nil
}

// read returns the content of the file. The next read overwrites it.
func (f procFile) read() ([]byte, error) {
	n, err := unix.Pread(f.fd, f.buf[:], 0)
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", f.name, err)
	}
	return f.buf[:n], nil
}

func (f procFile) close() { _ = unix.Close(f.fd) }

// A procStatus is the part of /proc/PID/status that this package needs. See proc_pid_status(5).
type procStatus struct {
	ResidentMemory
	parent, tracer int
}

// readStatus reads /proc/PID/status. ok is false if the process has no memory: it has ended, or
// is ending, or belongs to the kernel. The process may be read until its parent has reaped it.
func readStatus(pid int, buf []byte) (s procStatus, ok bool) {
	s = parseStatus(readProc(pid, "status", buf))
	return s, s.HighWater > 0
}

// readShare reads the process's share of resident memory from /proc/PID/smaps_rollup: a page
// that n processes have mapped counts as 1/n of a page. The kernel walks all page tables of
// the process for this, which takes 0.3 to 4 ms.
func readShare(pid int, buf []byte) (m ResidentMemory, ok bool) {
	text := readProc(pid, "smaps_rollup", buf)
	return parseShare(text), len(text) > 0
}

// readProc reads a file of /proc/PID into buf. It returns nil if the file cannot be read.
func readProc(pid int, name string, buf []byte) []byte {
	fd, err := unix.Open(fmt.Sprintf("/proc/%d/%s", pid, name), unix.O_RDONLY|unix.O_CLOEXEC, 0)
	if err != nil {
		return nil
	}
	defer unix.Close(fd)
	n, err := unix.Read(fd, buf)
	if err != nil {
		return nil
	}
	return buf[:n]
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

// children returns the ids of the children of this process, including those that have ended and were
// not reaped.
func children() (pids []int) {
	buf := make([]byte, 4096)
	for _, pid := range allProcesses() {
		if parseStatus(readProc(pid, "status", buf)).parent == os.Getpid() {
			pids = append(pids, pid)
		}
	}
	return pids
}

// A usage holds the kernel's counts for the children that this process reaped, and for the descendants
// that they reaped.
type usage struct {
	user, system             time.Duration
	minorFaults, majorFaults int64
}

// childrenUsage returns the usage of all children that this process has reaped. Adding up the usage that
// wait4(2) returns would count a traced process twice if it is another process's child: once for the
// tracer and once in the usage of its parent.
func childrenUsage() usage {
	var r unix.Rusage
	_ = unix.Getrusage(unix.RUSAGE_CHILDREN, &r) // fails only for a wrong argument
	return usage{
		user:        time.Duration(r.Utime.Nano()),
		system:      time.Duration(r.Stime.Nano()),
		minorFaults: r.Minflt,
		majorFaults: r.Majflt,
	}
}

// ownHighWater returns the highest resident memory that this process has had, in bytes.
func ownHighWater() int64 {
	s, _ := readStatus(os.Getpid(), make([]byte, 4096))
	return s.HighWater
}

// parseStatus parses /proc/PID/status.
func parseStatus(text []byte) procStatus {
	return procStatus{
		ResidentMemory: parseResident(text),
		parent:         int(lineNumber(text, "\nPPid:")),
		tracer:         int(lineNumber(text, "\nTracerPid:")),
	}
}

// parseResident parses the lines of /proc/PID/status about resident memory.
func parseResident(text []byte) ResidentMemory {
	return ResidentMemory{
		HighWater: lineNumber(text, "\nVmHWM:") << 10,
		Anon:      lineNumber(text, "\nRssAnon:") << 10,
		File:      (lineNumber(text, "\nRssFile:") + lineNumber(text, "\nRssShmem:")) << 10,
	}
}

// parseShare parses the lines of /proc/PID/smaps_rollup about shares of resident memory.
func parseShare(text []byte) ResidentMemory {
	return ResidentMemory{
		Anon: lineNumber(text, "\nPss_Anon:") << 10,
		File: (lineNumber(text, "\nPss_File:") + lineNumber(text, "\nPss_Shmem:")) << 10,
	}
}

// lineNumber returns the number in the line that begins with key, such as "\nVmHWM:   2352 kB", or 0 if
// there is no such line. It allocates nothing.
func lineNumber(text []byte, key string) (n int64) {
	_, line, _ := bytes.Cut(text, []byte(key))
	for _, c := range line {
		switch {
		case c >= '0' && c <= '9':
			n = n*10 + int64(c-'0')
		case c != ' ' && c != '\t':
			return n
		}
	}
	return n
}

// parseStatm parses the resident memory in /proc/PID/statm, for pages of that many bytes. The values
// are the same as in status and cost much less to read, but there is no high-water mark. See
// proc_pid_statm(5).
func parseStatm(text []byte, page int64) ResidentMemory {
	var fields [3]int64
	n := 0
	for _, c := range text {
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

// sharesMemory reports whether two processes have the same address space, as a child of
// vfork(2) has with its parent until it runs another program.
func sharesMemory(pid, other int) bool {
	const kcmpVM = 1
	differ, _, err := unix.Syscall6(unix.SYS_KCMP, uintptr(pid), uintptr(other), kcmpVM, 0, 0, 0)
	return err == 0 && differ == 0
}
