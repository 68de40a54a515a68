package child

import (
	"fmt"
	"os"
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
// took away; both are 0 where they cannot be found out. The clock of the machine ticks coarsely:
// of a short run others can come out negative, and only the sum over many runs says something.
func (n neighbourhood) since(child time.Duration) (others, steal time.Duration) {
	now, err := readCPUTime()
	if n.err != nil || err != nil {
		return 0, 0
	}
	return now.busy - n.before.busy - child, now.steal - n.before.steal
}
