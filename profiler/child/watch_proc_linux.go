package child

import (
	"bytes"
	"fmt"

	"golang.org/x/sys/unix"
)

// A resident is the resident memory of one process or of several, in bytes.
type resident struct{ highWater, anon, file int64 }

func (f resident) total() int64 { return f.anon + f.file }

// A procStatus is the part of /proc/PID/status that a watch needs. See proc_pid_status(5).
type procStatus struct {
	resident
	parent, tracer int
}

// readStatus reads /proc/PID/status. ok is false if the process has no memory: it has ended, or
// is ending, or belongs to the kernel. The process may be read until its parent has reaped it.
func readStatus(pid int, buf []byte) (s procStatus, ok bool) {
	text := readProc(pid, "status", buf)
	s = parseProcStatus(text)
	return s, s.highWater > 0
}

// readShare reads the process's share of resident memory from /proc/PID/smaps_rollup: a page
// that n processes have mapped counts as 1/n of a page. The kernel walks all page tables of
// the process for this, which takes 0.3 to 4 ms.
func readShare(pid int, buf []byte) (f resident, ok bool) {
	text := readProc(pid, "smaps_rollup", buf)
	return parseShare(text), len(text) > 0
}

// readProc returns nothing if the file cannot be read. The text is in buf.
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

// parseProcStatus counts memory shared with other processes as file-backed.
func parseProcStatus(text []byte) procStatus {
	return procStatus{
		resident: resident{
			highWater: lineNumber(text, "\nVmHWM:") << 10,
			anon:      lineNumber(text, "\nRssAnon:") << 10,
			file:      (lineNumber(text, "\nRssFile:") + lineNumber(text, "\nRssShmem:")) << 10,
		},
		parent: int(lineNumber(text, "\nPPid:")),
		tracer: int(lineNumber(text, "\nTracerPid:")),
	}
}

func parseShare(text []byte) resident {
	return resident{
		anon: lineNumber(text, "\nPss_Anon:") << 10,
		file: (lineNumber(text, "\nPss_File:") + lineNumber(text, "\nPss_Shmem:")) << 10,
	}
}

// lineNumber returns the number in the line that begins with key, such as "\nVmHWM:   2352 kB",
// or 0 if there is no such line.
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

// sharesMemory reports whether two processes have the same address space, as a child of
// vfork(2) has with its parent until it runs another program.
func sharesMemory(pid, other int) bool {
	const kcmpVM = 1
	differ, _, err := unix.Syscall6(unix.SYS_KCMP, uintptr(pid), uintptr(other), kcmpVM, 0, 0, 0)
	return err == 0 && differ == 0
}
