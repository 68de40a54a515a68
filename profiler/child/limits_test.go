package child

import (
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"
)

// limitVariable is an environment variable with a number of bytes. A test binary that has it limits its
// memory to limitOfTest and allocates them.
const limitVariable = "HEAPLAB_TEST_ALLOCATE"

const limitOfTest = 512 << 20

// RunTestLimit allocates and exits if this process was started by TestLimitMemory.
func RunTestLimit() {
	size, err := strconv.Atoi(os.Getenv(limitVariable))
	if err != nil {
		return
	}
	if err := limitMemory(limitOfTest); err != nil {
		panic(err)
	}
	score, err := os.ReadFile("/proc/self/oom_score_adj")
	fmt.Printf("score %s %v\n", strings.TrimSpace(string(score)), err)
	for len(allocated)<<20 < size { // in small blocks: the kernel may let a single large mapping pass the limit
		allocated = append(allocated, make([]byte, 1<<20))
	}
	fmt.Println("allocated", len(allocated))
	os.Exit(0)
}

var allocated [][]byte

func TestLimitMemory(t *testing.T) {
	if RaceEnabled {
		t.Skip("the race detector has shadow memory for each byte")
	}
	for _, test := range []struct {
		name string
		size int
		ok   bool
	}{
		{"less than the limit", 64 << 20, true},
		{"more than the limit", 2 * limitOfTest, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			cmd := exec.CommandContext(t.Context(), os.Args[0])
			cmd.Env = append(os.Environ(), fmt.Sprintf("%s=%d", limitVariable, test.size))
			out, err := cmd.CombinedOutput()
			if allocated := strings.Contains(string(out), "allocated "); (err == nil) != test.ok || allocated != test.ok {
				t.Errorf("ended with %v, output %.400q", err, out)
			}
			if !strings.HasPrefix(string(out), "score 500 <nil>\n") { // the kernel kills it before the server
				t.Errorf("output begins %.40q", out)
			}
		})
	}
}

func TestStartThreads(t *testing.T) {
	StartThreads()
	threads, err := os.ReadDir("/proc/self/task")
	if err != nil {
		t.Fatal(err)
	}
	if len(threads) < warmThreads() {
		t.Errorf("%d threads, want at least %d", len(threads), warmThreads())
	}
}
