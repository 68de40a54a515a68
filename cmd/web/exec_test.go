package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"os/exec"
	"strings"
	"testing"

	"heaplab/handlers"
	"heaplab/profiler"
	"heaplab/profiler/profilertest/installed"
	"heaplab/profiler/report"
)

// execReport runs heaplab exec with --json and returns the report.
func execReport(t *testing.T, data string, args ...string) report.Report {
	t.Helper()
	cmd := exec.Command(program, append([]string{"exec", "--data", data, "--json"}, args...)...)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("heaplab exec %q: %v\n%s", args, err, &stderr)
	}
	var rep report.Report
	if err := json.Unmarshal(out, &rep); err != nil {
		t.Fatalf("%v: %.500s", err, out)
	}
	return rep
}

// Python that holds 200 MiB or 20 MiB differs by 180 MiB of peak RSS.
func TestExecMeasuresPython(t *testing.T) {
	installed.Program(t, "python3")
	rep := execReport(t, t.TempDir(), "--count", "5", "--name", "Two arrays",
		"--before", `python3 -c "x=bytearray(200<<20)"`, "--after", `python3 -c "x=bytearray(20<<20)"`)
	c := rep.Comparison("after", profiler.PeakRSS)
	if c == nil {
		t.Fatalf("no comparison of peak RSS in %+v", rep.Comparisons)
	}
	if off := math.Abs(float64(c.Change)/(1<<20) + 180); off > 2 {
		t.Errorf("change of peak RSS = %.1f MiB, want −180 MiB within 2 MiB", float64(c.Change)/(1<<20))
	}
	if c.Verdict != report.Better || rep.Conclusion == nil || rep.Conclusion.Lead == "" || rep.Title != "Two arrays" {
		t.Errorf("verdict = %s, conclusion %+v, title %q", c.Verdict, rep.Conclusion, rep.Title)
	}
}

// A server that owns the data folder runs the commands, in the folder and with the environment of
// heaplab exec.
func TestExecThroughServer(t *testing.T) {
	d := startDashboard(t, t.TempDir())
	t.Setenv("HEAPLAB_TEST_WORD", "blue \xff")
	for i := range 12 {
		t.Setenv(fmt.Sprintf("HEAPLAB_TEST_LARGE_%d", i), strings.Repeat("x", 100<<10))
	}
	rep := execReport(t, d.data, "--count", "1", "--before", `test "$HEAPLAB_TEST_WORD" = "$(printf 'blue \377')"`, "--after", `test -e exec_test.go`)
	if rep.State != profiler.Done || rep.URL != d.url+"/experiments/1" {
		t.Errorf("%s at %s: %s", rep.State, rep.URL, rep.Error)
	}
}

func TestExecRefusesTextThatIsNotUTF8(t *testing.T) {
	for _, l := range []handlers.CommandLaunch{
		{Commands: []string{"true", "echo \xff"}}, {Dir: "/tmp/\xff"}, {Title: "\xff"}, {Note: "\xff"},
	} {
		if err := checkText(l); err == nil || !strings.Contains(err.Error(), "not valid UTF-8") {
			t.Errorf("%+v: error %v", l, err)
		}
	}
	if err := checkText(handlers.CommandLaunch{Commands: []string{"echo é"}, Env: [][]byte{[]byte("A=\xff")}}); err != nil {
		t.Error(err)
	}
}

func TestExecRefusesLargeEnvironment(t *testing.T) {
	large := handlers.CommandLaunch{Env: [][]byte{bytes.Repeat([]byte("x"), handlers.MaxCommandBody)}}
	_, err := client{token: "a token"}.exec(t.Context(), large)
	if err == nil || !strings.Contains(err.Error(), "environment and the commands are too large") || !strings.Contains(err.Error(), "4 MiB") {
		t.Errorf("error = %v", err)
	}
}
