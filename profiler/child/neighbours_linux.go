package child

import (
	"fmt"
	"os"
	"strings"
	"time"
)

// A neighbourhood measures how much processor time other processes take while a child runs.
type neighbourhood struct {
	before cpuTime
	err    error
}

// watchNeighbours starts a measurement.
func watchNeighbours() neighbourhood {
	before, err := readCPUTime()
	return neighbourhood{before, err}
}

// since returns the processor time that other processes used since the start, and the time that the
// hypervisor took. child is the time that the child used. Both results are 0 if they are not known. The
// kernel counts in ticks of 10 ms, so others can be negative after a short run; only the sum over many
// runs is meaningful.
func (n neighbourhood) since(child time.Duration) (others, steal time.Duration) {
	now, err := readCPUTime()
	if n.err != nil || err != nil {
		return 0, 0
	}
	return now.busy - n.before.busy - child, now.steal - n.before.steal
}

// tick is the unit of /proc/stat: USER_HZ is 100 on every Linux that Go runs on.
const tick = 10 * time.Millisecond

// A cpuTime is the time of all processors of the machine since it started.
type cpuTime struct {
	busy  time.Duration // used by processes, the kernel and interrupts
	steal time.Duration // taken by the hypervisor
}

// readCPUTime reads the first line of /proc/stat. See proc_stat(5).
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
