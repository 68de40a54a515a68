package profiler

import (
	"testing"
	"time"
)

func TestConfigCheck(t *testing.T) {
	good := DefaultConfig(8 << 30)
	for _, test := range []struct {
		name   string
		change func(*Config)
		field  string // of the fault, or ""
	}{
		{"defaults", func(*Config) {}, ""},
		{"iterations", func(c *Config) { c.Benchtime = "20x" }, ""},
		{"no collections", func(c *Config) { c.GOGC = "off" }, ""},
		{"no rounds", func(c *Config) { c.Count = 0 }, "count"},
		{"too many rounds", func(c *Config) { c.Count = 101 }, "count"},
		{"no time", func(c *Config) { c.Benchtime = "" }, "benchtime"},
		{"long time", func(c *Config) { c.Benchtime = "11s" }, "benchtime"},
		{"short time", func(c *Config) { c.Benchtime = "1us" }, "benchtime"},
		{"no iterations", func(c *Config) { c.Benchtime = "0x" }, "benchtime"},
		{"flag", func(c *Config) { c.Benchtime = "-exec=x" }, "benchtime"},
		{"negative GOGC", func(c *Config) { c.GOGC = "-1" }, "gogc"},
		{"GOGC in words", func(c *Config) { c.GOGC = "often" }, "gogc"},
		{"soft memory limit", func(c *Config) { c.GOMEMLIMIT = "512MiB" }, ""},
		{"soft memory limit in bytes", func(c *Config) { c.GOMEMLIMIT = "1048576" }, ""},
		{"no soft memory limit given", func(c *Config) { c.GOMEMLIMIT = "" }, "gomemlimit"},
		{"tiny soft memory limit", func(c *Config) { c.GOMEMLIMIT = "1023KiB" }, "gomemlimit"},
		{"soft memory limit in other units", func(c *Config) { c.GOMEMLIMIT = "512MB" }, "gomemlimit"},
		{"one processor", func(c *Config) { c.GOMAXPROCS = 1 }, ""},
		{"no processor", func(c *Config) { c.GOMAXPROCS = 0 }, "gomaxprocs"},
		{"too many processors", func(c *Config) { c.GOMAXPROCS = 1025 }, "gomaxprocs"},
		{"short time limit", func(c *Config) { c.TimeLimit = time.Second }, ""},
		{"too short a time limit", func(c *Config) { c.TimeLimit = time.Second - 1 }, "time_limit"},
		{"long time limit", func(c *Config) { c.TimeLimit = 30 * time.Minute }, ""},
		{"too long a time limit", func(c *Config) { c.TimeLimit = 30*time.Minute + 1 }, "time_limit"},
		{"little memory", func(c *Config) { c.MemoryLimit = 16 << 20 }, ""},
		{"too little memory", func(c *Config) { c.MemoryLimit = 16<<20 - 1 }, "memory_limit"},
		{"all memory", func(c *Config) { c.MemoryLimit = 8 << 30 }, ""},
		{"more memory than there is", func(c *Config) { c.MemoryLimit = 8<<30 + 1 }, "memory_limit"},
	} {
		t.Run(test.name, func(t *testing.T) {
			c := good
			test.change(&c)
			faults := c.Check(8 << 30)
			if test.field == "" && faults != nil || test.field != "" && (len(faults) != 1 || faults.For(test.field) == "") {
				t.Errorf("faults = %v, want one of %q", faults, test.field)
			}
		})
	}
	if good.MemoryLimit != 4<<30 || DefaultConfig(2<<30).MemoryLimit != 1<<30 {
		t.Error("the default memory limit is not half of the machine's memory, at most 4 GiB")
	}
	if faults := (Config{}).Check(8 << 30); len(faults) != 7 {
		t.Errorf("faults of an empty config = %v, want one of each field", faults)
	}
	huge := good
	huge.MemoryLimit = 1 << 50
	if faults := huge.Check(0); faults != nil {
		t.Errorf("faults where the machine's memory is not known = %v", faults)
	}
}

func TestParseSize(t *testing.T) {
	for _, test := range []struct {
		text string
		want int64 // −1: refused
	}{
		{"0", 0}, {"1", 1}, {"1048576", 1 << 20}, {"7B", 7}, {"3KiB", 3 << 10}, {"512MiB", 512 << 20}, {"4GiB", 4 << 30}, {"2TiB", 2 << 40},
		{"1048576TiB", 1 << 60},
		{"", -1}, {"MiB", -1}, {"-1", -1}, {"-1MiB", -1}, {"1.5GiB", -1}, {"1 GiB", -1}, {"1gib", -1}, {"1MB", -1}, {"1048577TiB", -1}, {"9223372036854775808", -1},
	} {
		got, err := ParseSize(test.text)
		if test.want < 0 && err == nil || test.want >= 0 && (err != nil || got != test.want) {
			t.Errorf("ParseSize(%q) = %d, %v; want %d", test.text, got, err, test.want)
		}
	}
}

func TestFormatSize(t *testing.T) {
	for _, test := range []struct {
		bytes int64
		want  string
	}{
		{0, "0B"}, {1, "1B"}, {1023, "1023B"}, {1 << 10, "1KiB"}, {1<<10 + 1, "1025B"}, {1536 << 10, "1536KiB"},
		{512 << 20, "512MiB"}, {4 << 30, "4GiB"}, {1 << 60, "1048576TiB"},
	} {
		got := FormatSize(test.bytes)
		if got != test.want {
			t.Errorf("FormatSize(%d) = %q, want %q", test.bytes, got, test.want)
		}
		if back, err := ParseSize(got); err != nil || back != test.bytes {
			t.Errorf("ParseSize(%q) = %d, %v; want what was formatted, %d", got, back, err, test.bytes)
		}
	}
}
