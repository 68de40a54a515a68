package profilertest

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"

	"heaplab/profiler"
)

// Executor starts children that know Cases. They are built without the race detector, which
// would be measured along and needs more memory than any limit.
func Executor(t *testing.T) *profiler.Executor {
	t.Helper()
	path, err := build()
	if err != nil {
		t.Fatal(err)
	}
	return &profiler.Executor{Path: path, Dir: t.TempDir()}
}

// build builds the children's program once a test binary. It stays until the machine cleans
// up its temporary files: no test knows that it is the last.
var build = sync.OnceValues(func() (string, error) {
	dir, err := os.MkdirTemp("", "heaplab-profilertest-")
	if err != nil {
		return "", err
	}
	path := filepath.Join(dir, "child")
	out, err := exec.Command("go", "build", "-o", path, "heaplab/profiler/profilertest/child").CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("build the child: %w\n%s", err, out)
	}
	return path, nil
})
