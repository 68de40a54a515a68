package heap

import (
	"testing"

	"github.com/google/pprof/profile"
)

func TestProcess(t *testing.T) {
	of := func(vdso uint64, build string) string {
		return process(&profile.Profile{Mapping: []*profile.Mapping{
			{Start: 0x400000, Limit: 0x500000, File: "/app", BuildID: build},
			{Start: vdso, Limit: vdso + 0x2000, File: "[vdso]"},
			{Start: 0xffffffffff600000, Limit: 0xffffffffff601000, File: "[vsyscall]"},
		}})
	}
	const place = 0x7f58a435b000
	one := of(place, "a")
	if one == "" || of(place, "a") != one {
		t.Errorf("two profiles of one process: %q and %q", one, of(place, "a"))
	}
	if of(place+0x1000, "a") == one || of(place, "b") == one {
		t.Error("profiles of other processes are equal")
	}
	if p := of(0x600000, "a"); p != "" { // places that do not differ
		t.Errorf("without a random place: %q", p)
	}
	if p := process(&profile.Profile{}); p != "" {
		t.Errorf("without mappings: %q", p)
	}
}
