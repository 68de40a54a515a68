package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// results returns lines of one benchmark with these bytes per operation, and about the same time.
func results(name string, bytes ...int) string {
	var b strings.Builder
	for i, n := range bytes {
		fmt.Fprintf(&b, "Benchmark%s-8\t100\t%d ns/op\t%d B/op\n", name, 5000+i, n)
	}
	return b.String()
}

// compareText runs heaplab compare on files a, b and so on.
func compareText(t *testing.T, stdin string, files []string, args ...string) (stdout, stderr string, status int) {
	t.Helper()
	dir := t.TempDir()
	for i, text := range files {
		if err := os.WriteFile(filepath.Join(dir, string(rune('a'+i))), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	cmd := exec.Command(program, append([]string{"compare"}, args...)...)
	cmd.Dir, cmd.Stdin = dir, strings.NewReader(stdin)
	var out, errs strings.Builder
	cmd.Stdout, cmd.Stderr = &out, &errs
	err := cmd.Run()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	return out.String(), errs.String(), cmd.ProcessState.ExitCode()
}

func TestCompareStatus(t *testing.T) {
	same, more := results("A", 64, 64, 64, 64, 64, 64), results("A", 640, 640, 640, 640, 640, 640)
	few := results("A", 64)
	often := func(text string) string { return strings.ReplaceAll(text, "\t100\t", "\t100000\t") }
	for name, test := range map[string]struct {
		files  []string
		stdin  string
		args   string
		status int
		stderr string // a part
	}{
		"no condition":         {[]string{same, more}, "", "a b", 0, ""},
		"does not hold":        {[]string{same, same}, "", "a b --fail-on B/op>+0,ns/op>+5%", 0, "ns/op>+5%: after: 5.00 µs to 5.00 µs, 0%, same"},
		"holds":                {[]string{same, more}, "", "a b --fail-on ns/op>+5%,B/op>+5%", exitHolds, "B/op>+5% holds"},
		"holds in a third":     {[]string{same, same, more}, "", "a b c --fail-on B/op>+5%", exitHolds, "after-2: 64 B to 640 B"},
		"not decided":          {[]string{results("A", 64), results("A", 64)}, "", "a b --fail-on ns/op<-0", 0, "unclear"},
		"small, many ops":      {[]string{often(same), often(results("A", 72, 72, 72, 72, 72, 72))}, "", "a b --fail-on B/op>+5%", exitHolds, "64 B to 72 B"},
		"small, few ops":       {[]string{same, results("A", 72, 72, 72, 72, 72, 72)}, "", "a b --fail-on B/op>+5%", 0, "same (within the margin of 25"},
		"rounded":              {[]string{often(same), often(results("A", 65, 65, 65, 65, 65, 65))}, "", "a b --fail-on B/op>+0", 0, "same"},
		"left out":             {[]string{same + few + results("Gone", 1), more}, "", "a b --fail-on ns/op>+5%", 0, "Gone-8"},
		"other processors":     {[]string{"cpu: x\n" + same, "cpu: y\n" + more}, "", "a b --fail-on B/op>+5%", 0, "cpu was x"},
		"nothing in common":    {[]string{same, results("B", 1)}, "", "a b --fail-on B/op>+5%", exitError, "no benchmark of the baseline"},
		"standard input":       {[]string{same}, more, "a - --fail-on B/op>+5%", exitHolds, "B/op>+5% holds"},
		"standard input twice": {nil, more, "- -", exitError, "only one"},
		"no such unit":         {[]string{same, more}, "", "a b --fail-on widgets>+5%", exitError, "compares no widgets"},
		"no condition at all":  {[]string{same, more}, "", "a b --fail-on B/op", exitError, "expected > or <"},
		"no file":              {[]string{same}, "", "a b", exitError, "no such file"},
		"one file":             {[]string{same}, "", "a", exitError, "expected"},
		"no results":           {[]string{same, "PASS\n"}, "", "a b", exitError, "b has no results"},
		"infinite":             {[]string{same, "BenchmarkA-8 1 Inf ns/op\n"}, "", "a b", exitError, "line 1 of b"},
		"a folder":             {[]string{same}, "", "a .", exitError, "is a directory"},
	} {
		t.Run(name, func(t *testing.T) {
			stdout, stderr, status := compareText(t, test.stdin, test.files, strings.Fields(test.args)...)
			if status != test.status || !strings.Contains(stderr, test.stderr) {
				t.Errorf("status %d, want %d with %q\n%s\n%s", status, test.status, test.stderr, stdout, stderr)
			}
		})
	}
}

func TestCompareFormats(t *testing.T) {
	files := []string{results("A", 64, 64, 64, 64) + results("<b>|", 1, 1, 1, 1), results("A", 32, 32, 32, 32) + "BenchmarkA-8 x\n"}
	stdout, _, status := compareText(t, "", files, "old=a", "b", "--json", "--fail-on", "B/op>+5%")
	var got struct {
		Tables []struct {
			Unit  string
			Files []string
		}
		Skipped    []string `json:"skipped_lines"`
		Conditions []condition
	}
	if err := json.Unmarshal([]byte(stdout), &got); err != nil || status != 0 {
		t.Fatalf("status %d, %v\n%s", status, err, stdout)
	}
	if len(got.Tables) != 2 || got.Tables[1].Unit != "B/op" || got.Tables[1].Files[0] != "old" || len(got.Skipped) != 1 || len(got.Conditions) != 1 || got.Conditions[0].Holds {
		t.Errorf("%+v", got)
	}
	if !strings.Contains(stdout, `"delta_percent": -50,`) {
		t.Errorf("no change of -50%%:\n%s", stdout)
	}
	stdout, _, _ = compareText(t, "", files, "a", "b", "--markdown", "--fail-on", "B/op>+5%")
	for _, part := range []string{"| `A-8` | 64.00 ± ∞ ¹ | 32.00 ± ∞ ¹ | -50.00% (p=0.029 n=4) |", `\<b\>\|-8`, "✓ `B/op>+5%` does not hold"} {
		if !strings.Contains(stdout, part) {
			t.Errorf("no %q in:\n%s", part, stdout)
		}
	}
}
