package child

import (
	"os"
	"os/exec"
	"slices"
	"testing"
)

func TestParseStatus(t *testing.T) {
	const kib = 1 << 10
	tests := []struct {
		name, text string
		want       procStatus
	}{
		{"a process", "Name:\tpython3\nUmask:\t0022\nState:\tt (tracing stop)\nPid:\t70\nPPid:\t69\nTracerPid:\t12\nVmPeak:\t  230000 kB\nVmHWM:\t  213200 kB\nVmRSS:\t  213100 kB\nRssAnon:\t  206000 kB\nRssFile:\t    7000 kB\nRssShmem:\t     100 kB\nThreads:\t1\n",
			procStatus{ResidentMemory{213200 * kib, 206000 * kib, 7100 * kib}, 69, 12}},
		{"a name like a line", "Name:\tVmHWM:\t9 kB\nPPid:\t1\nTracerPid:\t0\nVmHWM:\t8 kB\nRssAnon:\t8 kB\n", procStatus{ResidentMemory{8 * kib, 8 * kib, 0}, 1, 0}},
		{"a zombie", "Name:\ttrue\nState:\tZ (zombie)\nPPid:\t69\nTracerPid:\t0\n", procStatus{parent: 69}},
		{"cut off", "Name:\ttrue\nPPid:\t69\nVmHWM:\t  12", procStatus{ResidentMemory{HighWater: 12 * kib}, 69, 0}},
		{"nothing", "", procStatus{}},
	}
	for _, test := range tests {
		if got := parseStatus([]byte(test.text)); got != test.want {
			t.Errorf("%s: %+v, want %+v", test.name, got, test.want)
		}
	}
}

func TestParseShare(t *testing.T) {
	const text = "555b6f9c1000-7ffe1746b000 ---p 00000000 00:00 0                          [rollup]\n" +
		"Rss:                1616 kB\nPss:                 288 kB\nPss_Dirty:           116 kB\nPss_Anon:            116 kB\n" +
		"Pss_File:            172 kB\nPss_Shmem:             8 kB\nShared_Clean:       1460 kB\nSwapPss:               0 kB\n"
	if got, want := parseShare([]byte(text)), (ResidentMemory{Anon: 116 << 10, File: 180 << 10}); got != want {
		t.Errorf("%+v, want %+v", got, want)
	}
	if got := parseShare(nil); got != (ResidentMemory{}) {
		t.Errorf("%+v of no text, want nothing", got)
	}
}

func TestReadOwnMemory(t *testing.T) {
	buf := make([]byte, 8192)
	status, ok := readStatus(os.Getpid(), buf)
	if !ok || status.parent != os.Getppid() || status.total() > status.HighWater {
		t.Errorf("status %+v of the parent %d", status, os.Getppid())
	}
	share, ok := readShare(os.Getpid(), buf)
	if !ok || share.total() == 0 || share.Anon > status.HighWater {
		t.Errorf("share %+v, status %+v", share, status)
	}
	if _, ok := readStatus(1<<30, buf); ok {
		t.Error("a process that does not exist has a status")
	}
}

func TestParseStatm(t *testing.T) {
	for _, test := range []struct {
		text string
		want ResidentMemory
	}{
		{"3000 500 120 7 0 90 0\n", ResidentMemory{Anon: 380 * 4096, File: 120 * 4096}},
		{"3000 0 0 7 0 90 0\n", ResidentMemory{}},
		{"", ResidentMemory{}},
	} {
		if got := parseStatm([]byte(test.text), 4096); got != test.want {
			t.Errorf("%q: %+v, want %+v", test.text, got, test.want)
		}
	}
}

func TestChildren(t *testing.T) {
	cmd := exec.Command("sleep", "60")
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	pid := cmd.Process.Pid
	if got := children(); !slices.Contains(got, pid) || slices.Contains(got, os.Getpid()) {
		t.Errorf("children are %v, want %d among them", got, pid)
	}
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = cmd.Wait()
	if slices.Contains(children(), pid) {
		t.Error("a reaped process is still a child")
	}
}
