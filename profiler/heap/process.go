package heap

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"

	"github.com/google/pprof/profile"
)

// randomised is the lowest address at which Linux places what a process maps at random: the [vdso], shared libraries and
// the heap of a position-independent program.
const randomised = 1 << 44

// process returns a hash of the places and files of a profile's mappings. The kernel chooses some places at random, so
// profiles with the same hash come from one process, from forks of one, or from a system that places nothing at random.
// It returns "" if no mapping has such a place.
func process(prof *profile.Profile) string {
	random := false
	hash := sha256.New()
	for _, m := range prof.Mapping {
		fmt.Fprintf(hash, "%x %x %q %q\n", m.Start, m.Limit, m.File, m.BuildID)
		random = random || m.Start >= randomised && m.Start < 1<<63 // the kernel's own half, with [vsyscall], is fixed
	}
	if !random {
		return ""
	}
	return hex.EncodeToString(hash.Sum(nil)[:8])
}
