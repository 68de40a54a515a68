package child

import (
	"os"
	"path/filepath"
	"strconv"
	"syscall"
	"testing"
	"time"

	"heaplab/profiler/profilertest/installed"
)

func TestWatchPrograms(t *testing.T) {
	memory := buildC(t, "memory")
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, make([]byte, 64*MiB), 0o600); err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		name      string
		args      []string
		peak      int64 // MiB
		anon      int64 // -1: not checked
		file      int64
		accuracy  Accuracy
		processes int
	}{
		{"anonymous memory", []string{"anon:100", "sleep:50"}, 100, 100, 0, Exact, 1},
		{"freed before the end", []string{"anon:100", "free"}, 100, 100, 0, Exact, 1},
		{"a mapped file", []string{"file:64", file, "sleep:50"}, 64, 0, 64, Exact, 1},
		{"a mapped file and anonymous memory", []string{"anon:30", "file:64", file, "free", "sleep:50"}, 94, 30, 64, Exact, 1},
		{"children that share memory", []string{"anon:50", "forks:2"}, 50, 50, 0, Bounded, 3},
		{"memory in a child", []string{"child", "anon:80", "free"}, 80, -1, 0, Bounded, 2},
		{"memory of both", []string{"anon:40", "child", "anon:40", "sleep:100"}, 80, 80, 0, Bounded, 2},
		{"memory before an exec", []string{"anon:100", "free", "exec", "sleep:10"}, 100, -1, 0, Exact, 1},
		{"memory after an exec", []string{"exec", "anon:100", "free"}, 100, 100, 0, Exact, 1},
		{"memory after a thread's exec", []string{"thread-exec", "sleep:50", "anon:100", "free"}, 100, 100, 0, Exact, 1},
		{"a child of a thread", []string{"thread-fork", "sleep:1500", "anon:100", "free"}, 100, 100, 0, Sampled, 2},
		{"an orphan that ends before", []string{"daemon:1200", "anon:60", "sleep:100"}, 60, 60, 0, Bounded, 3},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if test.name == "an orphan that ends before" || test.name == "a child of a thread" {
				SkipInShort(t)
			}
			a := run(t, append([]string{memory}, test.args...)...)
			t.Log(a)
			within(t, "peak", a.PeakRSS, test.peak*MiB+MiB, 2*MiB)
			if test.anon >= 0 {
				a.withinSeen(t, "anonymous peak", a.PeakAnon, test.anon*MiB+MiB, 2*MiB)
			}
			a.withinSeen(t, "file-backed peak", a.PeakFile, test.file*MiB+MiB, 2*MiB)
			if a.Accuracy != test.accuracy || a.Processes != test.processes || a.Left != 0 {
				t.Errorf("peak is %s, %d processes, %d left, want %s, %d, 0", a.Accuracy, a.Processes, a.Left, test.accuracy, test.processes)
			}
			if a.AtMost != 0 && a.AtMost < a.PeakRSS {
				t.Errorf("the peak is at most %d, less than %d", a.AtMost, a.PeakRSS)
			}
			if len(a.Timeline) == 0 || a.Wall <= 0 {
				t.Errorf("%d samples in %v", len(a.Timeline), a.Wall)
			}
		})
	}
}

func TestWatchStatus(t *testing.T) {
	memory := buildC(t, "memory")
	signaled := func(s syscall.Signal) syscall.WaitStatus { return syscall.WaitStatus(s) }
	tests := []struct {
		arg  string
		want syscall.WaitStatus
	}{
		{"exit:3", 3 << 8},
		{"signal:" + strconv.Itoa(int(syscall.SIGSEGV)), signaled(syscall.SIGSEGV)},
		{"signal:" + strconv.Itoa(int(syscall.SIGKILL)), signaled(syscall.SIGKILL)},
		{"signal:" + strconv.Itoa(int(syscall.SIGTERM)), signaled(syscall.SIGTERM)},
		{"signal:" + strconv.Itoa(int(syscall.SIGTRAP)), signaled(syscall.SIGTRAP)},
		{"alarms:100", 0},
		{"jobs", 0},
		{"session", 0},
	}
	for _, test := range tests {
		t.Run(test.arg, func(t *testing.T) {
			for _, untraced := range []bool{false, true} {
				a := watchCommand(t, Command{Argv: []string{memory, "anon:20", test.arg}, Untraced: untraced})
				if got := a.Status &^ 0x80; got != test.want { // without the flag of a core dump
					t.Errorf("untraced %v: status %#x, want %#x", untraced, a.Status, test.want)
				}
				if !untraced {
					within(t, "peak", a.PeakRSS, 21*MiB, MiB)
				}
			}
		})
	}
}

func TestWatchWithoutPermissionToTrace(t *testing.T) {
	memory := buildC(t, "memory")
	t.Setenv(forbidVariable, "1")
	a := run(t, memory, "anon:60", "child", "anon:40", "sleep:200", "free")
	if a.Accuracy != Sampled || a.Untraced != "ptrace: operation not permitted" || a.AtMost != 0 {
		t.Errorf("the peak is %s, at most %d, untraced because %q", a.Accuracy, a.AtMost, a.Untraced)
	}
	within(t, "peak", a.PeakRSS, 101*MiB, 2*MiB)
	_, result := startWarden(t, Command{Argv: []string{"/etc/passwd"}})
	if a := result(); a.Error != "start /etc/passwd: /etc/passwd is not executable: permission denied" {
		t.Errorf("error %q", a.Error)
	}
}

// A user other than root may not read the shares of some processes.
func TestWatchUnreadableProcesses(t *testing.T) {
	if os.Getuid() != 0 {
		t.Skip("the test must be root to become another user")
	}
	memory := buildC(t, "memory")
	for _, dir := range []string{filepath.Dir(memory), filepath.Dir(filepath.Dir(memory))} {
		if err := os.Chmod(dir, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	t.Setenv(userVariable, "65534")
	a := run(t, memory, "anon:40", "child", "exec", "undumpable", "anon:60", "sleep:300")
	within(t, "peak", a.PeakRSS, 101*MiB, 2*MiB)
}

// Processes that map the same memory during a sample do not count twice.
func TestWatchSharedMemory(t *testing.T) {
	memory := buildC(t, "memory")
	for range 5 {
		a := run(t, memory, "shared:100", "touches:3")
		if a.PeakRSS > 103*MiB || a.PeakRSS < 100*MiB || a.PeakFile > 103*MiB {
			t.Errorf("the peak is %.1f MiB, file-backed %.1f; want 100 to 103", mib(a.PeakRSS), mib(a.PeakFile))
		}
	}
}

// The peak of a process that ends before its first sample is not known without ptrace.
func TestWatchShortCommandUntraced(t *testing.T) {
	a := watchCommand(t, Command{Argv: []string{"/bin/true"}, Untraced: true})
	if got := accuracy(a.Observation); got["peak"] != "sampled" || got["parts"] != "sampled" {
		t.Errorf("accuracy = %v, want sampled", got)
	}
}

func TestWatchKillsRemainingProcesses(t *testing.T) {
	SkipInShort(t)
	memory := buildC(t, "memory")
	a := run(t, memory, "daemon:1000", "anon:60", "sleep:30000")
	t.Log(a)
	if a.Wall > 5*time.Second || a.Left != 0 || a.Processes != 3 {
		t.Errorf("the watch took %v; %d of %d processes are left, want 0 of 3", a.Wall, a.Left, a.Processes)
	}
	within(t, "peak", a.PeakRSS, 62*MiB, 2*MiB)
}

func TestWatchStop(t *testing.T) {
	memory := buildC(t, "memory")
	for _, untraced := range []bool{false, true} {
		stop, result := startWarden(t, Command{Argv: []string{memory, "daemon:8000", "sleep:8000"}, Untraced: untraced})
		time.Sleep(200 * time.Millisecond)
		began := time.Now()
		stop.Close()
		a := result()
		t.Log(a)
		if took := time.Since(began); took > 3*time.Second { // the race detector takes a second at exit
			t.Errorf("untraced %v: the watch took %v to end", untraced, took)
		}
		if !a.Status.Signaled() || a.Status.Signal() != syscall.SIGKILL {
			t.Errorf("untraced %v: status %#x, want killed", untraced, a.Status)
		}
	}
}

func TestWatchMemoryLimit(t *testing.T) {
	SkipInShort(t)
	memory := buildC(t, "memory")
	for _, args := range [][]string{
		{"anon:100", "sleep:8000"},
		{"anon:40", "child", "anon:40", "sleep:8000"},
		{"daemon:8000", "anon:100", "sleep:8000"},
	} {
		for _, untraced := range []bool{false, true} {
			a := watchCommand(t, Command{Argv: append([]string{memory}, args...), MemoryLimit: 60 * MiB, Untraced: untraced})
			if !a.OverLimit || !a.Status.Signaled() || a.Wall > 5*time.Second || a.Left > 1 {
				t.Errorf("%q: over limit %v; %v", args, a.OverLimit, a)
			}
		}
	}
	a := watchCommand(t, Command{Argv: []string{memory, "anon:50", "forks:3"}, MemoryLimit: 60 * MiB})
	if a.OverLimit || a.Status != 0 {
		t.Errorf("shared memory counts more than once: %v", a)
	}
}

func TestWatchCannotStart(t *testing.T) {
	dir := t.TempDir()
	write := func(name, text string, mode os.FileMode) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), mode); err != nil {
			t.Fatal(err)
		}
		return path
	}
	tests := []struct {
		name string
		c    Command
		want string
	}{
		{"no such program", Command{Argv: []string{"no-such"}, Env: []string{"PATH=/bin:/usr/bin"}},
			`start no-such: file does not exist: no such program in the PATH "/bin:/usr/bin"`},
		{"no such path", Command{Argv: []string{"/no/such"}}, "start /no/such: stat /no/such: no such file or directory"},
		{"a folder", Command{Argv: []string{dir}}, "start " + dir + ": " + dir + " is a folder"},
		{"no interpreter", Command{Argv: []string{write("script", "#!/no/such\n", 0o700)}},
			"start " + dir + "/script: the interpreter of " + dir + "/script does not exist: no such file or directory"},
		{"no program", Command{Argv: []string{write("text", "hello\n", 0o700)}},
			"start " + dir + "/text: " + dir + "/text is not a program, nor a script that begins with #!: exec format error"},
		{"not executable", Command{Argv: []string{write("plain", "hello\n", 0o600)}},
			"start " + dir + "/plain: " + dir + "/plain is not executable: permission denied"},
		{"no folder", Command{Argv: []string{"true"}, Dir: "/no/such"}, "start true: there is no folder /no/such"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			_, result := startWarden(t, test.c)
			if a := result(); a.Error != test.want {
				t.Errorf("error %q, want %q", a.Error, test.want)
			}
		})
	}
}

func TestWatchFindsProgram(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "hello"), []byte("#!/bin/sh\npwd; echo $X\n"), 0o700); err != nil {
		t.Fatal(err)
	}
	for _, c := range []Command{
		{Argv: []string{"hello"}, Env: []string{"X=1", "PATH=/bin:" + dir}},
		{Argv: []string{"./hello"}, Env: []string{"X=1"}, Dir: dir},
		{Argv: []string{"hello"}, Env: []string{"X=1", "PATH=."}, Dir: dir},
	} {
		c.Dir = dir
		if a := watchCommand(t, c); a.output != dir+"\n1\n" || a.Status != 0 {
			t.Errorf("%q in %s printed %q: %v", c.Argv, c.Dir, a.output, a)
		}
	}
}

func TestWatchPython(t *testing.T) {
	python := installed.Program(t, "python3")
	n := 10
	if testing.Short() {
		n = 1
	}
	for i := range n {
		large := run(t, python, "-c", "x=bytearray(200<<20)")
		few := run(t, python, "-c", "x=bytearray(20<<20)")
		if i == 0 {
			t.Log(large)
			t.Log(few)
		}
		within(t, "the difference", large.PeakRSS-few.PeakRSS, 180*MiB, 2*MiB)
		large.withinSeen(t, "the anonymous peak", large.PeakAnon, 207*MiB, 3*MiB)
		few.withinSeen(t, "the anonymous peak", few.PeakAnon, 27*MiB, 3*MiB)
	}
}

func TestWatchNode(t *testing.T) {
	SkipInShort(t)
	node := installed.Program(t, "node")
	large := run(t, node, "-e", "const x = Buffer.alloc(150<<20, 1)")
	few := run(t, node, "-e", "const x = Buffer.alloc(10<<20, 1)")
	t.Log(large)
	t.Log(few)
	within(t, "the difference", large.PeakRSS-few.PeakRSS, 140*MiB, 4*MiB)
}
