package command

import (
	"strings"
	"testing"
	"time"

	"heaplab/profiler"
	"heaplab/profiler/child"
)

func TestReproduce(t *testing.T) {
	e := profiler.Experiment{
		Config: profiler.Config{Count: 3, TimeLimit: 7 * time.Second, MemoryLimit: 64 << 20},
		Design: profiler.Design{Subject: profiler.SubjectCommand, Labels: map[string]string{
			"before": "true", "after": `echo "it's"`, "after-2": "false", ParamDir: "/a b", ParamGCTrace: "1",
		}},
	}
	const want = `cd '/a b'
./heaplab exec --count 3 \
  --gctrace \
  --time-limit 7s \
  --memory-limit 64MiB \
  --before 'true' \
  --after 'echo "it'\''s"' \
  --after 'false'`
	if got := strings.Join((&Subject{}).Reproduce(e)[0].Lines, "\n"); got != want {
		t.Errorf("%s\nwant\n%s", got, want)
	}
	e.Config = profiler.DefaultConfig(child.TotalMemory())
	if got := strings.Join((&Subject{}).Reproduce(e)[0].Lines, "\n"); strings.Contains(got, "limit") {
		t.Errorf("default limits are repeated:\n%s", got)
	}
}
