package words

import (
	"math"
	"testing"
	"time"

	"heaplab/profiler"
)

func TestBytes(t *testing.T) {
	for _, c := range []struct {
		v    float64
		want string
	}{
		{0, "0 B"},
		{0.004, "0.0040 B"},
		{0.5, "0.50 B"},
		{64, "64 B"},
		{1023, "1,023 B"},
		{1023.99, "1.00 KiB"},
		{1024, "1 KiB"},
		{12_840, "12.5 KiB"},
		{1<<20 - 1, "1.00 MiB"},
		{1_183_744, "1.13 MiB"},
		{-524_288, "−512 KiB"},
		{3 << 40, "3 TiB"},
		{math.NaN(), "–"},
		{math.Inf(1), "–"},
	} {
		if got := Bytes(c.v); got != c.want {
			t.Errorf("Bytes(%v) = %q, want %q", c.v, got, c.want)
		}
	}
}

func TestDuration(t *testing.T) {
	for _, c := range []struct {
		ns   float64
		want string
	}{
		{0, "0 ns"},
		{820, "820 ns"},
		{18_420, "18.4 µs"},
		{3_412_000, "3.41 ms"},
		{999_999, "1.00 ms"},
		{1.2e9, "1.20 s"},
		{192e9, "3 min 12 s"},
		{120e9, "2 min"},
		{3_720e9, "1 h 2 min"},
		{-90e9, "−1 min 30 s"},
	} {
		if got := Duration(c.ns); got != c.want {
			t.Errorf("Duration(%v) = %q, want %q", c.ns, got, c.want)
		}
	}
}

func TestElapsed(t *testing.T) {
	for _, c := range []struct {
		d    time.Duration
		want string
	}{
		{2130 * time.Millisecond, "2.13 s"},
		{51_400 * time.Millisecond, "51 s"},
		{59_600 * time.Millisecond, "1 min"},
		{194 * time.Second, "3 min 14 s"},
	} {
		if got := Elapsed(c.d); got != c.want {
			t.Errorf("Elapsed(%v) = %q, want %q", c.d, got, c.want)
		}
	}
}

// Only 0 is written as "0".
func TestCount(t *testing.T) {
	for _, c := range []struct {
		v    float64
		want string
	}{
		{0, "0"},
		{0.002, "0.0020"},
		{0.4, "0.40"},
		{1.25, "1.25"},
		{34, "34"},
		{12_840, "12,840"},
		{1_234_567.8, "1,234,568"},
		{1.2e-7, "1.2e−7"},
		{-3, "−3"},
		{math.NaN(), "–"},
	} {
		if got := Count(c.v); got != c.want {
			t.Errorf("Count(%v) = %q, want %q", c.v, got, c.want)
		}
	}
}

func TestPercent(t *testing.T) {
	for _, c := range []struct {
		v    float64
		want string
	}{
		{0, "0%"},
		{-74.2, "−74.2%"},
		{1, "+1.0%"},
		{-99.9676, "−99.96%"},
		{-99.9999, "−99.99%"},
		{-100, "−100%"},
		{0.04, "+0.04%"},
		{-0.001, "< 0.01%"},
		{0.001, "< 0.01%"},
		{150, "+150.0%"},
		{8_345, "+8,345%"},
		{73_046, "over 100 ×"},
		{math.NaN(), "–"},
	} {
		if got := Percent(c.v); got != c.want {
			t.Errorf("Percent(%v) = %q, want %q", c.v, got, c.want)
		}
	}
}

func TestTimes(t *testing.T) {
	for _, c := range []struct {
		ratio float64
		want  string
	}{
		{17, "17.0 ×"},
		{102.4, "over 100 ×"},
		{1, "1.00 ×"},
		{9.996, "10.0 ×"},
		{99.96, "100 ×"},
		{0.5, "0.500 ×"},
		{11_853.4, "over 100 ×"},
		{0, "0 ×"},
		{math.Inf(1), "–"},
	} {
		if got := Times(c.ratio); got != c.want {
			t.Errorf("Times(%v) = %q, want %q", c.ratio, got, c.want)
		}
	}
}

func TestAbout(t *testing.T) {
	for d, want := range map[time.Duration]string{
		80 * time.Millisecond:   "1 s",
		2130 * time.Millisecond: "2 s",
		74 * time.Second:        "1 min 14 s",
	} {
		if got := About(d); got != want {
			t.Errorf("About(%v) = %q, want %q", d, got, want)
		}
	}
}

func TestRoundsOf(t *testing.T) {
	for _, c := range []struct {
		count     int
		benchtime string
		want      string
	}{
		{6, "5x", "6 rounds of 5 operations"},
		{1, "1x", "1 round of 1 operation"},
		{6, "500ms", "6 rounds of 500 ms"},
		{2, "1m", "2 rounds of 1 min"},
		{2, "fast", "2 rounds of fast"},
	} {
		if got := RoundsOf(profiler.Config{Count: c.count, Benchtime: c.benchtime}); got != c.want {
			t.Errorf("%q, want %q", got, c.want)
		}
	}
}

func TestPlain(t *testing.T) {
	for _, c := range []struct{ s, want string }{
		{"batch=64", "batch=64"},
		{"内存 · naïve", "内存 · naïve"},
		{"a\x00b\x1b[31m", `a\x00b\x1b[31m`},
		{"user\u202egnp.exe", `user\u202egnp.exe`},
		{"zero\u200bwidth", `zero\u200bwidth`},
		{"bad\xffbyte", `bad\xffbyte`},
		{"a\nb", `a\nb`},
		{"real \ufffd", "real \ufffd"},
	} {
		if got := Plain(c.s); got != c.want {
			t.Errorf("Plain(%q) = %q, want %q", c.s, got, c.want)
		}
	}
	if got := PlainLines("a\n\tb\r"); got != "a\n\tb\\r" {
		t.Errorf("PlainLines keeps lines: %q", got)
	}
}
