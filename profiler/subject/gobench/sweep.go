package gobench

import (
	"fmt"

	"heaplab/profiler"
	"heaplab/profiler/subject"
)

// checkSweep returns the faults of a launch's sweep.
func checkSweep(l subject.Launch) (faults profiler.Faults) {
	if l.Sweep == nil {
		return nil
	}
	fail := func(format string, args ...any) {
		faults = append(faults, profiler.Fault{Field: "sweep", Message: fmt.Sprintf(format, args...)})
	}
	if !l.Sweep.IsSetting() {
		fail("must vary GOGC, GOMEMLIMIT or GOMAXPROCS. To vary a toolchain, flags of the compiler, tags or a dependency, compare several versions: --after 'HEAD tags=a' --after 'HEAD tags=b'")
		return faults
	}
	seen := map[profiler.Config]string{}
	for _, value := range l.Sweep.Values {
		c, wrong := l.Sweep.Config(l.Config, value)
		for _, f := range wrong {
			fail("%s: %s", value, f.Message)
		}
		if other, ok := seen[c]; ok {
			fail("%s and %s are the same value", other, value)
		}
		seen[c] = value
	}
	return faults
}

// sweepRows returns the names of the rows in the plan of a sweep, or nil.
func sweepRows(e *profiler.Experiment) []string {
	if e.Sweep == nil {
		return nil
	}
	return e.Sweep.Rows()
}
