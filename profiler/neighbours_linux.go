package profiler

import (
	"fmt"
	"os"
	"runtime"
	"strings"
	"time"
)

// tick is the unit of /proc/stat: USER_HZ is 100 on every Linux that Go runs on.
const tick = 10 * time.Millisecond

// cpuTime is what all processors of the machine have done since it started.
type cpuTime struct{ busy, steal time.Duration }

// readCPUTime reads the first line of /proc/stat, see proc_stat(5).
func readCPUTime() (cpuTime, error) {
	b, err := os.ReadFile("/proc/stat")
	if err != nil {
		return cpuTime{}, err
	}
	return parseCPUTime(string(b))
}

func parseCPUTime(stat string) (cpuTime, error) {
	var user, nice, system, idle, iowait, irq, softirq, steal int64
	line, _, _ := strings.Cut(stat, "\n")
	_, err := fmt.Sscanf(line, "cpu %d %d %d %d %d %d %d %d", &user, &nice, &system, &idle, &iowait, &irq, &softirq, &steal)
	if err != nil {
		return cpuTime{}, fmt.Errorf("read /proc/stat: %w", err)
	}
	return cpuTime{
		busy:  time.Duration(user+nice+system+irq+softirq) * tick,
		steal: time.Duration(steal) * tick,
	}, nil
}

// A neighbourhood watches what else the machine does while a child runs.
type neighbourhood struct {
	before cpuTime
	err    error
}

func watchNeighbours() neighbourhood {
	before, err := readCPUTime()
	return neighbourhood{before, err}
}

// since returns the processor time that others than the child took, and that the hypervisor
// took away; both are 0 where they cannot be found out.
func (n neighbourhood) since(child time.Duration) (others, steal time.Duration) {
	now, err := readCPUTime()
	if n.err != nil || err != nil {
		return 0, 0
	}
	return max(now.busy-n.before.busy-child, 0), max(now.steal-n.before.steal, 0)
}

// Shares of the machine's processor time from which neighbours are worth a warning.
const (
	muchOthers = 0.10
	muchSteal  = 0.02
)

// neighbourWarnings says when the machine was busy with other things while the measure runs
// took place.
func neighbourWarnings(runs []Run) []string {
	var took, others, steal time.Duration
	for _, r := range runs {
		if r.Kind == Measure {
			took += r.Duration * time.Duration(runtime.NumCPU())
			others += r.Others
			steal += r.Steal
		}
	}
	if took == 0 {
		return nil
	}
	var out []string
	if share := float64(others) / float64(took); share > muchOthers {
		out = append(out, fmt.Sprintf("The machine was busy while this was measured: other processes took %.0f%% of its processors. "+
			"Times are less sure for it; bytes and allocations are not touched.", 100*share))
	}
	if share := float64(steal) / float64(took); share > muchSteal {
		out = append(out, fmt.Sprintf("The hypervisor gave %.0f%% of the processors to other machines while this was measured: times are less sure for it.", 100*share))
	}
	return out
}
