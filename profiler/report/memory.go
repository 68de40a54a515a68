package report

import (
	"fmt"

	"heaplab/profiler"
	"heaplab/profiler/heap"
	"heaplab/profiler/words"
)

// A ProcessMemory compares the memory of the two processes of an import. Only Go's text format has it.
type ProcessMemory struct {
	Rows []MemoryRow
	Text string // why the process holds more than the profile shows
}

// A MemoryRow is a part of the memory of a process, before and after.
type MemoryRow struct {
	Title         string
	Before, After string // words.None if the profile does not say
	Change        string // with its sign; "" if one of the profiles does not say
}

// memoryParts lists the rows of a ProcessMemory: parts of what the process holds, then the whole. Memory that
// was given back to the operating system is no part of it.
var memoryParts = []struct {
	title string
	of    func(s profiler.Summary) int64
}{
	{"In use, in the profile", func(s profiler.Summary) int64 { return s.Totals.InuseSpace }},
	{"Not in the profile: new objects, garbage, gaps", garbage},
	{"Idle heap", func(s profiler.Summary) int64 { return idle(s.MemStats) }},
	{"Stacks", func(s profiler.Summary) int64 { return s.MemStats.Stack }},
	{"Runtime", func(s profiler.Summary) int64 { return ownMemory(s.MemStats) }},
	{"Held by the process", func(s profiler.Summary) int64 { return held(s.MemStats) }},
}

// garbage returns the memory of spans with objects that the profile does not show, as it is of the last collection:
// objects that were allocated since then or are no longer in use, and gaps between objects.
func garbage(s profiler.Summary) int64 { return max(s.MemStats.HeapInuse-s.Totals.InuseSpace, 0) }

// idle returns the memory of the heap that has no objects and was not given back.
func idle(m *heap.MemStats) int64 { return max(m.HeapIdle-m.HeapReleased, 0) }

// ownMemory returns the memory that the runtime needs for itself.
func ownMemory(m *heap.MemStats) int64 { return max(m.Sys-m.HeapSys-m.Stack, 0) }

// held returns the memory that the process got from the operating system and did not give back. Its resident
// set is smaller if parts of it were never written to.
func held(m *heap.MemStats) int64 { return max(m.Sys-m.HeapReleased, 0) }

// NewProcessMemory compares the memory of an import's processes. It returns nil if neither profile has it.
func NewProcessMemory(r Report) *ProcessMemory {
	var sides []profiler.Summary
	for _, p := range Sides(r) {
		if p.Merged < 2 {
			sides = append(sides, p.Summary)
		}
	}
	if len(sides) != 2 || sides[0].MemStats == nil && sides[1].MemStats == nil {
		return nil
	}
	var p ProcessMemory
	for _, part := range memoryParts {
		p.add(part.title, sides, part.of)
	}
	if hasMaxRSS(sides[0]) || hasMaxRSS(sides[1]) {
		p.add("Largest resident set", sides, func(s profiler.Summary) int64 { return s.MemStats.MaxRSS })
	}
	when, last := "After the change", sides[1]
	if last.MemStats == nil {
		when, last = "Before the change", sides[0]
	}
	m := last.MemStats
	p.Text = fmt.Sprintf("%s, the process held %s. The profile shows %s, as of the last collection. The rest is new objects, garbage and gaps (%s), idle heap (%s), stacks (%s) and the runtime (%s).",
		when, size(held(m)), size(last.Totals.InuseSpace), size(garbage(last)), size(idle(m)), size(m.Stack), size(ownMemory(m)))
	return &p
}

func hasMaxRSS(s profiler.Summary) bool { return s.MemStats != nil && s.MemStats.MaxRSS > 0 }

func (p *ProcessMemory) add(title string, sides []profiler.Summary, of func(profiler.Summary) int64) {
	row := MemoryRow{Title: title, Before: words.None, After: words.None}
	before, after := sides[0].MemStats != nil, sides[1].MemStats != nil
	if before {
		row.Before = size(of(sides[0]))
	}
	if after {
		row.After = size(of(sides[1]))
	}
	if before && after {
		change := of(sides[1]) - of(sides[0])
		row.Change = size(change)
		if change > 0 {
			row.Change = "+" + row.Change
		}
	}
	p.Rows = append(p.Rows, row)
}

func size(bytes int64) string { return words.Bytes(float64(bytes)) }
