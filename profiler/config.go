package profiler

import (
	"fmt"
	"runtime"
	"strconv"
	"strings"
	"time"
)

// Bounds of a Config.
const (
	MaxCount      = 100
	maxBenchtime  = 10 * time.Second
	maxIterations = 1_000_000
	MaxTimeLimit  = 30 * time.Minute
	minTimeLimit  = time.Second
	minMemory     = 16 << 20 // a Go program that does nothing needs less
	maxProcs      = 256
)

// DefaultBenchtime is the length of a benchmark if none is chosen.
const DefaultBenchtime = "500ms"

// Off is the value of a runtime setting that is switched off.
const Off = "off"

// A Config says how an experiment is measured. It does not depend on the subject.
type Config struct {
	Count       int           `json:"count"`        // rounds: measure children of each variant
	Benchtime   string        `json:"benchtime"`    // of a child, like -benchtime of go test: "500ms" or "20x"
	GOGC        string        `json:"gogc"`         // of the children: a percentage or "off"
	GOMEMLIMIT  string        `json:"gomemlimit"`   // of the children: a size such as "512MiB", or "off"
	GOMAXPROCS  int           `json:"gomaxprocs"`   // of the children
	TimeLimit   time.Duration `json:"time_limit"`   // of a child, in nanoseconds
	MemoryLimit int64         `json:"memory_limit"` // of a child's data, in bytes
}

// maxMemory is the largest default memory limit of a child. On a machine with less than twice as
// much, the default is half of the memory.
const maxMemory = 4 << 30

// DefaultConfig returns the default Config for a machine with that many bytes of memory; 0 if they
// are not known.
func DefaultConfig(memory int64) Config {
	if memory <= 0 {
		memory = 2 * maxMemory
	}
	return Config{
		Count:       6,
		Benchtime:   DefaultBenchtime,
		GOGC:        "100",
		GOMEMLIMIT:  Off,
		GOMAXPROCS:  runtime.GOMAXPROCS(0), // of this process
		TimeLimit:   2 * time.Minute,
		MemoryLimit: min(memory/2, maxMemory),
	}
}

// Check returns the faults of c on a machine with that many bytes of memory; 0 if they are not
// known.
func (c Config) Check(memory int64) Faults {
	var faults Faults
	add := func(field string, err error) {
		if err != nil {
			faults = append(faults, Fault{field, err.Error()})
		}
	}
	if c.Count < 1 || c.Count > MaxCount {
		add("count", fmt.Errorf("must be from 1 to %d rounds", MaxCount))
	}
	_, err := ParseBenchtime(c.Benchtime)
	add("benchtime", err)
	add("gogc", checkGOGC(c.GOGC))
	add("gomemlimit", checkGOMEMLIMIT(c.GOMEMLIMIT))
	if c.GOMAXPROCS < 1 || c.GOMAXPROCS > maxProcs {
		add("gomaxprocs", fmt.Errorf("must be from 1 to %d", maxProcs))
	}
	if c.TimeLimit < minTimeLimit || c.TimeLimit > MaxTimeLimit {
		add("time_limit", fmt.Errorf("must be from %v to %v", minTimeLimit, MaxTimeLimit))
	}
	switch {
	case c.MemoryLimit < minMemory:
		add("memory_limit", fmt.Errorf("must be at least %s", FormatSize(minMemory)))
	case memory > 0 && c.MemoryLimit > memory:
		add("memory_limit", fmt.Errorf("must be at most the machine's memory, %.1f GiB", float64(memory)/(1<<30)))
	}
	return faults
}

func checkGOGC(s string) error {
	if s == Off {
		return nil
	}
	if n, err := strconv.Atoi(s); err != nil || n < 1 || n > 10_000 {
		return fmt.Errorf("must be a percentage from 1 to 10000, or off")
	}
	return nil
}

func checkGOMEMLIMIT(s string) error {
	if s == Off {
		return nil
	}
	if n, err := ParseSize(s); err != nil || n < 1<<20 {
		return fmt.Errorf("must be a size of at least 1MiB, such as 512MiB, or off")
	}
	return nil
}

// sizes lists the suffixes that the runtime accepts in GOMEMLIMIT, the largest first.
var sizes = []struct {
	suffix string
	bytes  int64
}{{"TiB", 1 << 40}, {"GiB", 1 << 30}, {"MiB", 1 << 20}, {"KiB", 1 << 10}, {"B", 1}}

// ParseSize parses a number of bytes in the form of GOMEMLIMIT: 1048576, 512MiB, 4GiB.
func ParseSize(s string) (int64, error) {
	digits, unit := s, int64(1)
	for _, size := range sizes {
		if rest, ok := strings.CutSuffix(s, size.suffix); ok {
			digits, unit = rest, size.bytes
			break
		}
	}
	n, err := strconv.ParseInt(digits, 10, 64)
	if err != nil || n < 0 || n > (1<<60)/unit {
		return 0, fmt.Errorf("must be a size such as 512MiB or 4GiB")
	}
	return n * unit, nil
}

// FormatSize writes a number of bytes in the form that ParseSize parses.
func FormatSize(bytes int64) string {
	for _, size := range sizes {
		if bytes >= size.bytes && bytes%size.bytes == 0 {
			return strconv.FormatInt(bytes/size.bytes, 10) + size.suffix
		}
	}
	return "0B"
}

// A Benchtime is the length of a benchmark: a duration, or a number of iterations.
type Benchtime struct {
	Duration   time.Duration
	Iterations int
}

// ParseBenchtime parses a duration such as "500ms" or a number of iterations such as "20x".
func ParseBenchtime(s string) (Benchtime, error) {
	if digits, ok := strings.CutSuffix(s, "x"); ok {
		n, err := strconv.Atoi(digits)
		if err != nil || n < 1 || n > maxIterations {
			return Benchtime{}, fmt.Errorf("must be from 1x to %dx iterations", maxIterations)
		}
		return Benchtime{Iterations: n}, nil
	}
	d, err := time.ParseDuration(s)
	if err != nil {
		return Benchtime{}, fmt.Errorf("must be a time such as 500ms or a number of iterations such as 20x")
	}
	if d < time.Millisecond || d > maxBenchtime {
		return Benchtime{}, fmt.Errorf("must be from 1ms to %v", maxBenchtime)
	}
	return Benchtime{Duration: d}, nil
}
