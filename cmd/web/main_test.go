package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"heaplab/profiler/report"
	"heaplab/profiler/weights/weightstest"
)

// program is heaplab, built without the race detector, which would change the measurements.
var program string

func TestMain(m *testing.M) { os.Exit(testMain(m)) }

func testMain(m *testing.M) int {
	dir, err := os.MkdirTemp("", "heaplab-test-")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer os.RemoveAll(dir)
	program = filepath.Join(dir, "heaplab")
	if out, err := exec.Command("go", "build", "-o", program, ".").CombinedOutput(); err != nil {
		fmt.Fprintf(os.Stderr, "build heaplab: %v\n%s", err, out)
		return 1
	}
	return m.Run()
}

func TestCommandLine(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir: "testdata",
		Setup: func(env *testscript.Env) error {
			env.Setenv("PATH", filepath.Dir(program)+string(os.PathListSeparator)+env.Getenv("PATH"))
			env.Setenv("HEAPLAB_DATA", filepath.Join(env.WorkDir, "data"))
			writeProfiles(t, env.WorkDir)
			weightstest.WriteSafetensors(t, filepath.Join(env.WorkDir, "gpt2.safetensors"), weightstest.GPT2Small()...)
			return nil
		},
	})
}

// A dashboard is a running heaplab with its data folder.
type dashboard struct {
	*testing.T
	url, data string
	cmd       *exec.Cmd
	log       *output
}

// output keeps the output of a process, and can be read while the process runs.
type output struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.b.Write(p)
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.b.String()
}

var announced = regexp.MustCompile(`heaplab is at (\S+),`)

// startDashboard starts the program on a data folder. More flags are optional.
func startDashboard(t *testing.T, data string, flags ...string) *dashboard {
	t.Helper()
	d := &dashboard{T: t, data: data, log: &output{}}
	d.cmd = exec.Command(program, append([]string{"--addr", "127.0.0.1:0", "--data", data}, flags...)...)
	d.cmd.Stderr = d.log
	stdout, err := d.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := d.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = d.cmd.Process.Kill()
		_ = d.cmd.Wait()
	})
	line, err := bufio.NewReader(stdout).ReadString('\n')
	found := announced.FindStringSubmatch(line)
	if found == nil {
		t.Fatalf("heaplab said %q, %v\n%s", line, err, d.log)
	}
	d.url = found[1]
	return d
}

// stop ends the server with SIGTERM, and returns the error of its exit.
func (d *dashboard) stop() error {
	if err := d.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		return err
	}
	return d.cmd.Wait()
}

func (d *dashboard) post(path, body string) (*http.Response, map[string]any) {
	d.Helper()
	resp, err := http.Post(d.url+path, "application/json", strings.NewReader(body))
	if err != nil {
		d.Fatal(err)
	}
	defer resp.Body.Close()
	var answer map[string]any
	if err := json.NewDecoder(resp.Body).Decode(&answer); err != nil {
		d.Fatalf("%s: %v", path, err)
	}
	return resp, answer
}

// await waits until ok accepts the report of an experiment.
func (d *dashboard) await(id int, ok func(report.Report) bool) report.Report {
	d.Helper()
	for deadline := time.Now().Add(4 * time.Minute); time.Now().Before(deadline); time.Sleep(100 * time.Millisecond) {
		rep, err := client{base: d.url}.report(d.Context(), int64(id))
		if err != nil {
			d.Fatalf("%v\n%s", err, d.log)
		}
		if ok(rep) {
			return rep
		}
	}
	d.Fatalf("experiment %d did not reach the state\n%s", id, d.log)
	return report.Report{}
}

// readFile returns the content of a file, or "" if it cannot be read.
func readFile(name string) string {
	b, _ := os.ReadFile(name)
	return string(b)
}

func ended(r report.Report) bool { return r.State.Terminal() }
