package builtin

import (
	"strings"
	"testing"

	"heaplab/profiler"
	"heaplab/profiler/child"
)

// Params can be names of files, which may contain anything.
func TestReproduceQuotesParams(t *testing.T) {
	e := profiler.Experiment{
		Kind:   profiler.KindComparison,
		Config: profiler.DefaultConfig(child.TotalMemory()),
		Design: profiler.Design{Subject: "case:mmap", Params: profiler.Params{"file": "$(touch x), y.safetensors", "mib": int64(4)}},
	}
	commands := (&Subject{}).Reproduce(e)
	if len(commands) != 2 {
		t.Fatalf("commands = %+v", commands)
	}
	run, bench := strings.Join(commands[0].Lines, "\n"), strings.Join(commands[1].Lines, "\n")
	if !strings.Contains(run, "--param 'file=$(touch x), y.safetensors'") || !strings.Contains(run, "--param mib=4") {
		t.Errorf("run command:\n%s", run)
	}
	if !strings.Contains(bench, "-params 'file=$(touch x), y.safetensors,mib=4'") || !strings.Contains(bench, "'Cases/^mmap$/'") {
		t.Errorf("go test command:\n%s", bench)
	}
	e.Kind, e.Sweep = profiler.KindSweep, &profiler.Sweep{Over: "gogc", Values: []string{"50", "100"}}
	if commands = (&Subject{}).Reproduce(e); len(commands) != 1 || strings.Contains(strings.Join(commands[0].Lines, "\n"), "--gogc") {
		t.Errorf("commands of a sweep = %+v", commands)
	}
}
