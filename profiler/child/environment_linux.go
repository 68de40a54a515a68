package child

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"math"
	"os"
	"runtime"
	"runtime/debug"
	"runtime/metrics"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"

	"heaplab/profiler"
)

// Environ describes this machine, this build, and the settings that c gives to children. It leaves out
// values that are not known.
func Environ(c profiler.Config) profiler.Environment {
	env := machine()
	if c.GOGC == "" { // the children are commands
		return env
	}
	env["gogc"] = c.GOGC
	env["gomemlimit"] = c.GOMEMLIMIT
	env["gomaxprocs"] = strconv.Itoa(c.GOMAXPROCS)
	env["memprofilerate"] = "0 (measure, fit), 1 in the window (allocs), 1 from set-up on (peak)"
	return env
}

// ownEnvironment describes this machine, this build, and the settings of this process's Go runtime.
func ownEnvironment() profiler.Environment {
	env := machine()
	settings := []metrics.Sample{{Name: "/gc/gogc:percent"}, {Name: "/gc/gomemlimit:bytes"}}
	metrics.Read(settings)
	env["gogc"], env["gomemlimit"] = profiler.Off, profiler.Off
	if percent := settings[0].Value.Uint64(); percent <= math.MaxInt32 {
		env["gogc"] = strconv.FormatUint(percent, 10)
	}
	if limit := settings[1].Value.Uint64(); limit < math.MaxInt64 {
		env["gomemlimit"] = profiler.FormatSize(int64(limit))
	}
	env["gomaxprocs"] = strconv.Itoa(runtime.GOMAXPROCS(0))
	env["godebug"] = os.Getenv("GODEBUG")
	return env
}

// machine describes this machine and this build.
func machine() profiler.Environment {
	env := profiler.Environment{
		"goos":      runtime.GOOS,
		"goarch":    runtime.GOARCH,
		"cpu-count": strconv.Itoa(runtime.NumCPU()),
		"toolchain": runtime.Version(),
		"mem-total": strconv.FormatInt(TotalMemory(), 10),
	}
	set := func(key, value string) {
		if value != "" {
			env[key] = value
		}
	}
	set("cpu", field("/proc/cpuinfo", "model name"))
	set("kernel", kernel())
	const hugePages = "/sys/kernel/mm/transparent_hugepage/"
	set("thp", chosen(hugePages+"enabled"))
	set("thp-defrag", chosen(hugePages+"defrag"))
	set("thp-max-ptes-none", firstLine(hugePages+"khugepaged/max_ptes_none"))
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
	env["machine"] = fingerprint(env)
	return env
}

// fingerprint returns an id of the machine. It depends on the properties that affect noise. It hashes
// the machine's own id, because reports must not contain that.
func fingerprint(env profiler.Environment) string {
	id, _ := os.ReadFile("/etc/machine-id") // containers do not have it
	hash := sha256.New()
	for _, key := range []string{"goos", "goarch", "cpu", "cpu-count", "mem-total", "kernel"} {
		fmt.Fprintf(hash, "%s=%s\n", key, env[key])
	}
	hash.Write(id)
	return hex.EncodeToString(hash.Sum(nil))[:12]
}

// TotalMemory returns the machine's memory in bytes, or 0 if it is not known.
func TotalMemory() int64 {
	kib, err := strconv.ParseInt(strings.TrimSuffix(field("/proc/meminfo", "MemTotal"), " kB"), 10, 64)
	if err != nil {
		return 0
	}
	return kib << 10
}

// kernel returns the release of the kernel, or "".
func kernel() string {
	var u unix.Utsname
	if unix.Uname(&u) != nil {
		return ""
	}
	return string(bytes.TrimRight(u.Release[:], "\x00"))
}

// chosen returns the choice in brackets in a file such as "always [madvise] never", or "".
func chosen(name string) string {
	_, rest, _ := strings.Cut(firstLine(name), "[")
	choice, _, _ := strings.Cut(rest, "]")
	return choice
}

// firstLine returns the first line of a file, or "".
func firstLine(name string) string {
	b, err := os.ReadFile(name)
	if err != nil {
		return ""
	}
	line, _, _ := strings.Cut(string(b), "\n")
	return strings.TrimSpace(line)
}

// field returns the value of the first line "key : value" with that key in a file, or "".
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
