package words

import (
	"fmt"
	"math"
	"strconv"
	"time"

	"heaplab/profiler"
)

// Value writes a value of a unit, such as "12.5 KiB" or "18.4 µs".
func Value(unit string, v float64) string {
	switch profiler.LookupUnit(unit).Quantity {
	case profiler.Bytes:
		return Bytes(v)
	case profiler.Duration:
		return Duration(v)
	case profiler.Seconds:
		return Duration(v * 1e9)
	case profiler.Share:
		return Share(v)
	}
	return Count(v)
}

// Signed writes a change in a unit with its sign. A change of a share is in points.
func Signed(unit string, v float64) string {
	if profiler.LookupUnit(unit).Quantity == profiler.Share {
		return signOf(v) + strconv.FormatFloat(math.Abs(100*v), 'f', 1, 64) + " points"
	}
	if v > 0 {
		return "+" + Value(unit, v)
	}
	return Value(unit, v)
}

// A scale is a multiple of a unit, such as KiB, for values of at least its size.
type scale struct {
	Size float64
	name string
}

var (
	ByteScales = []scale{{1 << 40, "TiB"}, {1 << 30, "GiB"}, {1 << 20, "MiB"}, {1 << 10, "KiB"}, {1, "B"}}
	TimeScales = []scale{{1e9, "s"}, {1e6, "ms"}, {1e3, "µs"}, {1, "ns"}}
)

// Bytes writes a number of bytes. The number of bytes per operation may be a fraction.
func Bytes(v float64) string { return scaled(v, ByteScales) }

// AboutSize writes a rounded size.
func AboutSize(bytes int64) string {
	switch {
	case bytes < 1<<10:
		return fmt.Sprintf("%d B", bytes)
	case bytes < 1<<20:
		return fmt.Sprintf("%d KiB", (bytes+1<<10-1)>>10)
	case bytes < 1<<30:
		return fmt.Sprintf("%d MiB", (bytes+1<<20-1)>>20)
	}
	return fmt.Sprintf("%.1f GiB", float64(bytes)/(1<<30))
}

// Duration writes a number of nanoseconds. For a minute or more it writes two units, such as
// "3 min 12 s".
func Duration(ns float64) string {
	if math.Abs(ns) < 60e9 {
		return scaled(ns, TimeScales)
	}
	sign := ""
	if ns < 0 {
		sign, ns = Minus, -ns
	}
	s := int64(math.Round(ns / 1e9))
	if s < 3600 {
		return sign + twoUnits(s, 60, "min", "s")
	}
	return sign + twoUnits(s/60, 60, "h", "min")
}

func twoUnits(n, size int64, large, small string) string {
	if n%size == 0 {
		return fmt.Sprintf("%d %s", n/size, large)
	}
	return fmt.Sprintf("%d %s %d %s", n/size, large, n%size, small)
}

// Elapsed writes a wall-clock time. For ten seconds or more it writes whole seconds.
func Elapsed(d time.Duration) string {
	if d >= 10*time.Second {
		d = d.Round(time.Second)
		if d < time.Minute {
			return fmt.Sprintf("%d s", d/time.Second)
		}
	}
	return Duration(float64(d))
}

// About writes an estimated time in whole seconds.
func About(d time.Duration) string {
	return Elapsed(max(d.Round(time.Second), time.Second))
}

func scaled(v float64, scales []scale) string {
	if !Finite(v) {
		return None
	}
	if v == 0 {
		return "0 " + scales[len(scales)-1].name
	}
	s := ScaleOf(v, scales)
	return Figures(v/s.Size) + " " + s.name
}

// ScaleOf returns the scale for a value. Rounding never reaches the next scale, as in 1024.0 KiB.
func ScaleOf(v float64, scales []scale) scale {
	for i, s := range scales {
		shown := math.Abs(v) / s.Size
		if i > 0 && shown*s.Size >= scales[i-1].Size-s.Size*0.05 {
			return scales[i-1]
		}
		if shown >= 1 {
			return s
		}
	}
	return scales[len(scales)-1]
}

// Date writes a time for people. The zero time is None.
func Date(t time.Time) string {
	if t.IsZero() {
		return None
	}
	return t.UTC().Format("2 Jan 2006, 15:04 UTC")
}

// Day writes the day of a time for people.
func Day(t time.Time) string { return t.UTC().Format("2 Jan 2006") }

// MachineTime writes a time for the datetime attribute of HTML.
func MachineTime(t time.Time) string { return t.UTC().Format(time.RFC3339) }
