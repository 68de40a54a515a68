package child

import (
	"os"
	"testing"
	"time"
)

func TestParseProcStatus(t *testing.T) {
	const kib = 1 << 10
	tests := []struct {
		name, text string
		want       procStatus
	}{
		{"a process", "Name:\tpython3\nUmask:\t0022\nState:\tt (tracing stop)\nPid:\t70\nPPid:\t69\nTracerPid:\t12\nVmPeak:\t  230000 kB\nVmHWM:\t  213200 kB\nVmRSS:\t  213100 kB\nRssAnon:\t  206000 kB\nRssFile:\t    7000 kB\nRssShmem:\t     100 kB\nThreads:\t1\n",
			procStatus{resident{213200 * kib, 206000 * kib, 7100 * kib}, 69, 12}},
		{"a name like a line", "Name:\tVmHWM:\t9 kB\nPPid:\t1\nTracerPid:\t0\nVmHWM:\t8 kB\nRssAnon:\t8 kB\n", procStatus{resident{8 * kib, 8 * kib, 0}, 1, 0}},
		{"a zombie", "Name:\ttrue\nState:\tZ (zombie)\nPPid:\t69\nTracerPid:\t0\n", procStatus{parent: 69}},
		{"cut off", "Name:\ttrue\nPPid:\t69\nVmHWM:\t  12", procStatus{resident{highWater: 12 * kib}, 69, 0}},
		{"nothing", "", procStatus{}},
	}
	for _, test := range tests {
		if got := parseProcStatus([]byte(test.text)); got != test.want {
			t.Errorf("%s: %+v, want %+v", test.name, got, test.want)
		}
	}
}

func TestParseShare(t *testing.T) {
	const text = "555b6f9c1000-7ffe1746b000 ---p 00000000 00:00 0                          [rollup]\n" +
		"Rss:                1616 kB\nPss:                 288 kB\nPss_Dirty:           116 kB\nPss_Anon:            116 kB\n" +
		"Pss_File:            172 kB\nPss_Shmem:             8 kB\nShared_Clean:       1460 kB\nSwapPss:               0 kB\n"
	if got, want := parseShare([]byte(text)), (resident{anon: 116 << 10, file: 180 << 10}); got != want {
		t.Errorf("%+v, want %+v", got, want)
	}
	if got := parseShare(nil); got != (resident{}) {
		t.Errorf("%+v of no text, want nothing", got)
	}
}

func TestReadOwnMemory(t *testing.T) {
	buf := make([]byte, 8192)
	status, ok := readStatus(os.Getpid(), buf)
	if !ok || status.parent != os.Getppid() || status.total() > status.highWater {
		t.Errorf("status %+v of the parent %d", status, os.Getppid())
	}
	share, ok := readShare(os.Getpid(), buf)
	if !ok || share.total() == 0 || share.anon > status.highWater {
		t.Errorf("share %+v, status %+v", share, status)
	}
	if _, ok := readStatus(1<<30, buf); ok {
		t.Error("a process that does not exist has a status")
	}
}

func TestAttribute(t *testing.T) {
	tests := []struct {
		name       string
		last, now  resident
		anon, file int64
	}{
		{"no higher than seen", resident{100, 90, 10}, resident{100, 50, 10}, 0, 0},
		{"as high as now", resident{100, 90, 10}, resident{120, 110, 10}, 0, 0},
		{"anonymous memory was freed", resident{100, 90, 10}, resident{120, 5, 10}, 110, 10},
		{"anonymous memory, and a few file pages", resident{100, 90, 10}, resident{120, 5, 12}, 108, 12},
		{"a file was unmapped", resident{100, 10, 90}, resident{120, 10, 5}, 10, 110},
		{"too high above both", resident{100, 90, 10}, resident{200, 5, 10}, 0, 0},
		{"both changed", resident{100, 50, 50}, resident{120, 5, 5}, 0, 0},
		{"neither changed", resident{100, 50, 50}, resident{120, 50, 50}, 0, 0},
		{"the first sample", resident{}, resident{200, 5, 5}, 0, 0},
		{"another program", resident{200, 100, 100}, resident{100, 5, 5}, 0, 0},
	}
	for _, test := range tests {
		if anon, file := attribute(test.last, test.now); anon != test.anon || file != test.file {
			t.Errorf("%s: %d and %d, want %d and %d", test.name, anon, file, test.anon, test.file)
		}
	}
}

func TestMostTogether(t *testing.T) {
	tests := []struct {
		name  string
		spans []span
		want  int64
	}{
		{"none", nil, 0},
		{"one", []span{{1, 9, 5}}, 5},
		{"one after the other", []span{{1, 4, 5}, {4, 9, 7}}, 7},
		{"a child", []span{{1, 9, 5}, {2, 4, 7}}, 12},
		{"two children, one after the other", []span{{1, 9, 5}, {2, 4, 7}, {5, 6, 8}}, 13},
		{"all at once", []span{{1, 9, 5}, {2, 4, 7}, {3, 6, 8}}, 20},
	}
	for _, test := range tests {
		if got := mostTogether(test.spans); got != test.want {
			t.Errorf("%s: %d, want %d", test.name, got, test.want)
		}
	}
}

func TestTreeTimelineThinsOut(t *testing.T) {
	var s sampler
	for i := range 3 * maxTreeSamples {
		s.record(TreeSample{At: time.Duration(i) * processInterval})
	}
	if n := len(s.timeline); n > maxTreeSamples || n < maxTreeSamples/2 {
		t.Errorf("%d samples, want %d to %d", n, maxTreeSamples/2, maxTreeSamples)
	}
	for i, sample := range s.timeline {
		if want := time.Duration(i) * 4 * processInterval; sample.At != want {
			t.Fatalf("sample %d is at %v, want %v", i, sample.At, want)
		}
	}
}
