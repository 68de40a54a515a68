package profiler

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// Bounds of a Config.
const (
	MaxCount      = 100
	MaxBenchtime  = 10 * time.Second
	MaxIterations = 1_000_000
)

// A Config is how an experiment is measured, whatever its case.
type Config struct {
	Count       int           `json:"count"`        // measuring children of each variant
	Benchtime   string        `json:"benchtime"`    // of each child, as go test's -benchtime: "500ms" or "20x"
	GOGC        string        `json:"gogc"`         // of the children: a percentage or "off"
	TimeLimit   time.Duration `json:"time_limit"`   // of one child, in nanoseconds
	MemoryLimit int64         `json:"memory_limit"` // of one child's data, in bytes
}

// maxMemory is the default memory limit of a child, where the machine has twice as much.
const maxMemory = 4 << 30

// DefaultConfig is what an experiment is measured with where nothing else is asked for, on
// a machine of that many bytes of memory; 0 where that is not known.
func DefaultConfig(memory int64) Config {
	if memory <= 0 {
		memory = 2 * maxMemory
	}
	return Config{
		Count:       6,
		Benchtime:   "500ms",
		GOGC:        "100",
		TimeLimit:   2 * time.Minute,
		MemoryLimit: min(memory/2, maxMemory),
	}
}

// Check returns what is wrong with c.
func (c Config) Check() Faults {
	var faults Faults
	if c.Count < 1 || c.Count > MaxCount {
		faults = append(faults, Fault{"count", fmt.Sprintf("must be from 1 to %d rounds", MaxCount)})
	}
	if _, err := ParseBenchtime(c.Benchtime); err != nil {
		faults = append(faults, Fault{"benchtime", err.Error()})
	}
	if err := checkGOGC(c.GOGC); err != nil {
		faults = append(faults, Fault{"gogc", err.Error()})
	}
	return faults
}

func checkGOGC(s string) error {
	if s == "off" {
		return nil
	}
	if n, err := strconv.Atoi(s); err != nil || n < 1 || n > 10_000 {
		return fmt.Errorf("must be a percentage from 1 to 10000, or off")
	}
	return nil
}

// A Benchtime is how long a benchmark runs: a duration, or a number of iterations.
type Benchtime struct {
	Duration   time.Duration
	Iterations int
}

// ParseBenchtime reads "500ms" or "20x".
func ParseBenchtime(s string) (Benchtime, error) {
	if digits, ok := strings.CutSuffix(s, "x"); ok {
		n, err := strconv.Atoi(digits)
		if err != nil || n < 1 || n > MaxIterations {
			return Benchtime{}, fmt.Errorf("must be from 1x to %dx iterations", MaxIterations)
		}
		return Benchtime{Iterations: n}, nil
	}
	d, err := time.ParseDuration(s)
	if err != nil {
		return Benchtime{}, fmt.Errorf("must be a time such as 500ms or a number of iterations such as 20x")
	}
	if d < time.Millisecond || d > MaxBenchtime {
		return Benchtime{}, fmt.Errorf("must be from 1ms to %v", MaxBenchtime)
	}
	return Benchtime{Duration: d}, nil
}
