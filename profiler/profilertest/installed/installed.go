// Package installed finds the programs that tests measure.
package installed

import (
	"os"
	"os/exec"
	"testing"
)

// Program returns the path of a program. If it is not installed, the test is skipped; with CI=true it
// fails, because a test that never runs would hide a failure.
func Program(t testing.TB, name string) string {
	t.Helper()
	path, err := exec.LookPath(name)
	if err == nil {
		return path
	}
	if os.Getenv("CI") == "true" {
		t.Fatalf("%s is not installed: apt-get install %s", name, packages[name])
	}
	t.Skipf("%s is not installed", name)
	return ""
}

// packages names the Debian packages of programs.
var packages = map[string]string{"python3": "python3", "node": "nodejs", "gcc": "gcc"}
