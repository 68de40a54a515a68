package heap

import (
	"slices"
	"strconv"
	"strings"

	"github.com/google/pprof/profile"
)

// memStatsPrefix begins the comment of a converted profile that has the numbers of MemStats.
const memStatsPrefix = "runtime.MemStats: "

// MemStats holds what Go says about the memory of a whole process below a heap profile in text, in bytes.
// Its fields are those of runtime.MemStats.
type MemStats struct {
	Sys          int64 `json:"sys" doc:"bytes obtained from the operating system"`
	HeapAlloc    int64 `json:"heap_alloc" doc:"bytes of objects on the heap, including those that are not yet swept"`
	HeapSys      int64 `json:"heap_sys" doc:"bytes of address space of the heap"`
	HeapIdle     int64 `json:"heap_idle" doc:"bytes in spans without objects"`
	HeapInuse    int64 `json:"heap_inuse" doc:"bytes in spans with objects"`
	HeapReleased int64 `json:"heap_released" doc:"bytes of idle spans that were given back to the operating system"`
	Stack        int64 `json:"stack_sys" doc:"bytes of stacks"`
	MaxRSS       int64 `json:"max_rss,omitempty" doc:"largest resident set of the process in bytes; missing if it does not say"`
}

// ProcessMemory returns the MemStats in a comment of a profile that Protobuf converted, or nil.
func ProcessMemory(prof *profile.Profile) *MemStats {
	at := slices.IndexFunc(prof.Comments, func(c string) bool { return strings.HasPrefix(c, memStatsPrefix) })
	if at < 0 {
		return nil
	}
	var m MemStats
	fields := map[string]*int64{
		"Sys": &m.Sys, "HeapAlloc": &m.HeapAlloc, "HeapSys": &m.HeapSys, "HeapIdle": &m.HeapIdle, "HeapInuse": &m.HeapInuse,
		"HeapReleased": &m.HeapReleased, "Stack": &m.Stack, "MaxRSS": &m.MaxRSS,
	}
	for _, number := range strings.Split(strings.TrimPrefix(prof.Comments[at], memStatsPrefix), ", ") {
		name, text, _ := strings.Cut(number, " = ")
		field := fields[name]
		if field == nil {
			continue
		}
		if _, system, ok := strings.Cut(text, " / "); ok { // Go writes in use / obtained
			text = system
		}
		if v, err := strconv.ParseInt(text, 10, 64); err == nil && v >= 0 && v <= maxTotal {
			*field = v
		}
	}
	if m.Sys == 0 {
		return nil
	}
	return &m
}
