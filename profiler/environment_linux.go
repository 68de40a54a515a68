package profiler

import (
	"bytes"
	"os"
	"runtime"
	"runtime/debug"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// Environ describes this machine and this build, and how a Config has its children run.
// What cannot be found out is left out.
func Environ(c Config) Environment {
	env := Environment{
		"goos":           runtime.GOOS,
		"goarch":         runtime.GOARCH,
		"cpu-count":      strconv.Itoa(runtime.NumCPU()),
		"toolchain":      runtime.Version(),
		"gogc":           c.GOGC,
		"gomemlimit":     "off",
		"gomaxprocs":     strconv.Itoa(runtime.GOMAXPROCS(0)),
		"mem-total":      strconv.FormatInt(TotalMemory(), 10),
		"memprofilerate": "0 (measure, fit), 1 in the window (allocs), 1 (peak)",
	}
	set := func(key, value string) {
		if value != "" {
			env[key] = value
		}
	}
	set("cpu", field("/proc/cpuinfo", "model name"))
	set("kernel", kernel())
	if info, ok := debug.ReadBuildInfo(); ok {
		set("heaplab", info.Main.Version)
		for _, s := range info.Settings {
			switch s.Key {
			case "vcs.revision":
				set("commit", s.Value)
			case "vcs.modified":
				set("dirty", s.Value)
			}
		}
	}
	return env
}

// TotalMemory is the machine's memory in bytes, or 0 where it cannot be found out.
func TotalMemory() int64 {
	kib, err := strconv.ParseInt(strings.TrimSuffix(field("/proc/meminfo", "MemTotal"), " kB"), 10, 64)
	if err != nil {
		return 0
	}
	return kib << 10
}

func kernel() string {
	var u unix.Utsname
	if unix.Uname(&u) != nil {
		return ""
	}
	return string(bytes.TrimRight(u.Release[:], "\x00"))
}

// field returns the first value of a key in a file of lines "key : value", or "".
func field(name, key string) string {
	b, err := os.ReadFile(name)
	if err != nil {
		return ""
	}
	for line := range strings.Lines(string(b)) {
		if k, v, ok := strings.Cut(line, ":"); ok && strings.TrimSpace(k) == key {
			return strings.TrimSpace(v)
		}
	}
	return ""
}
