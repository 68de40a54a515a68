package child_test

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"heaplab/profiler/child"
	"heaplab/profiler/profilertest"
)

// All processes that a child started are killed when its run ends.
func TestRunKillsDescendants(t *testing.T) {
	for _, variant := range []string{"forks", "escapes", "escapes and hangs", "escapes and works"} {
		t.Run(variant, func(t *testing.T) {
			if variant == "escapes and hangs" {
				child.SkipInShort(t)
			}
			cases := profilertest.Subject(t)
			run, err := broken(variant).run(t.Context(), cases)
			text := run.Output + fmt.Sprint(err)
			started := regexp.MustCompile(`started (\d+)`).FindAllStringSubmatch(text, -1)
			if len(started) == 0 || (err == nil) != (variant == "escapes and works") {
				t.Fatalf("error = %v, output = %q; want the id of a process", err, run.Output)
			}
			for _, match := range started {
				pid, err := strconv.Atoi(match[1])
				if err != nil {
					t.Fatal(err)
				}
				if !gone(pid) {
					t.Errorf("process %d still runs", pid)
					_ = syscall.Kill(pid, syscall.SIGKILL)
				}
			}
			if left, err := os.ReadDir(cases.Executor.Dir); err != nil || len(left) > 0 {
				t.Errorf("folders left: %v, %v", left, err)
			}
		})
	}
}

// All processes that a child started are killed when the server ends, which closes the child's standard
// input.
func TestDescendantsEndWithServer(t *testing.T) {
	cmd := exec.CommandContext(t.Context(), profilertest.Executor(t).Path)
	stdin, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	cmd.Dir = t.TempDir()
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	if err := json.NewEncoder(stdin).Encode(broken("escapes and hangs").spec(t)); err != nil {
		t.Fatal(err)
	}
	var pid int
	if _, err := fmt.Fscanf(stdout, "started %d\n", &pid); err != nil {
		t.Fatal(err)
	}
	if gone(pid) {
		t.Errorf("process %d has ended too early", pid)
	}
	stdin.Close()
	if rest, err := io.ReadAll(stdout); err != nil || len(rest) > 0 { // ends when no process holds it open
		t.Errorf("output = %q, %v", rest, err)
	}
	if err := cmd.Wait(); err == nil || !gone(pid) {
		t.Errorf("the child ended with %v; process %d is gone: %v", err, pid, gone(pid))
	}
}

// spec returns the Spec that an Executor would send to a child that runs l.
func (l launch) spec(t *testing.T) child.Spec {
	t.Helper()
	args, err := json.Marshal(l)
	if err != nil {
		t.Fatal(err)
	}
	return child.Spec{Job: "run", Args: args, Config: l.Config}
}

// gone reports whether a process has ended. It may still be a zombie.
func gone(pid int) bool {
	state, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	return err != nil || strings.Contains(string(state), ") Z ")
}
