package child

import (
	"bytes"
	"io"
	"strings"
	"testing"

	"github.com/klauspost/compress/gzip"

	"heaplab/profiler"
	"heaplab/profiler/heap"
)

func TestCompareWith(t *testing.T) {
	check := func(total int64) *profiler.SelfCheck { return &profiler.SelfCheck{Calls: 5, TotalAlloc: total} }
	profile := func(space int64, digest string) *profiler.Profile {
		p := &profiler.Profile{Summary: profiler.Summary{Totals: heap.Values{AllocSpace: space}}}
		if digest != "" {
			p.Digest = []byte(digest)
		}
		return p
	}
	for _, test := range []struct {
		name    string
		check   *profiler.SelfCheck
		profile *profiler.Profile
		want    *profiler.SelfCheck
	}{
		{"equal", check(7), profile(7, "x"), &profiler.SelfCheck{Calls: 5, TotalAlloc: 7, AllocSpace: 7, OK: true}},
		{"one byte too few", check(7), profile(6, "x"), &profiler.SelfCheck{Calls: 5, TotalAlloc: 7, AllocSpace: 6}},
		{"one byte too many", check(7), profile(8, "x"), &profiler.SelfCheck{Calls: 5, TotalAlloc: 7, AllocSpace: 8}},
		{"unread profile", check(7), profile(0, ""), nil},
		{"peak run", nil, profile(7, "x"), nil},
	} {
		t.Run(test.name, func(t *testing.T) {
			got := compareWith(test.check, test.profile)
			if got == nil || test.want == nil {
				if got != test.want {
					t.Fatalf("got %+v, want %+v", got, test.want)
				}
				return
			}
			if *got != *test.want {
				t.Errorf("got %+v, want %+v", *got, *test.want)
			}
		})
	}
}

func TestDecompressed(t *testing.T) {
	zip := func(content string) string {
		var b bytes.Buffer
		w := gzip.NewWriter(&b)
		_, _ = io.WriteString(w, content)
		w.Close()
		return b.String()
	}
	for _, test := range []struct{ name, file, want string }{
		{"compressed", zip("a profile"), "a profile"},
		{"compressed and empty", zip(""), ""},
		{"not compressed", "a profile", "a profile"},
		{"one byte", "\x1f", "\x1f"},
		{"empty", "", ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			r, err := decompressed(strings.NewReader(test.file))
			if err != nil {
				t.Fatal(err)
			}
			if got, err := io.ReadAll(r); err != nil || string(got) != test.want {
				t.Errorf("got %q, %v; want %q", got, err, test.want)
			}
		})
	}
	if _, err := decompressed(strings.NewReader("\x1f\x8bnonsense")); err == nil {
		t.Error("no error for an invalid gzip header")
	}
	r, err := decompressed(strings.NewReader(zip(strings.Repeat("profile", 1000))[:30]))
	if err == nil {
		_, err = io.ReadAll(r)
	}
	if err == nil {
		t.Error("no error for a file that is cut off")
	}
}

func TestTail(t *testing.T) {
	const note = "[the beginning was dropped]\n"
	for _, test := range []struct {
		name   string
		writes []string
		want   string
	}{
		{"nothing", nil, ""},
		{"less than the limit", []string{"ab", "c"}, "abc"},
		{"the limit", []string{"abcd"}, "abcd"},
		{"one byte more", []string{"abcde"}, note + "bcde"},
		{"many small writes", strings.Split("abcdefghijklmnop", ""), note + "mnop"},
		{"one large write", []string{"x", strings.Repeat("y", 100) + "end"}, note + "yend"},
		{"empty writes", []string{"", "ab", ""}, "ab"},
	} {
		t.Run(test.name, func(t *testing.T) {
			tail := &tail{limit: 4}
			for _, text := range test.writes {
				if n, err := tail.Write([]byte(text)); n != len(text) || err != nil {
					t.Errorf("write of %d bytes = %d, %v", len(text), n, err)
				}
				if len(tail.buf) > 2*tail.limit {
					t.Errorf("%d bytes are kept, with a limit of %d", len(tail.buf), tail.limit)
				}
			}
			for range 2 {
				if got := string(tail.Bytes()); got != test.want {
					t.Errorf("got %q, want %q", got, test.want)
				}
			}
		})
	}
}
