package main

import (
	"encoding/json"
	"errors"
	"flag"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"golang.org/x/mod/modfile"

	"heaplab/profiler/report"
)

var modules = flag.Bool("modules", false, "measure benchmarks of modules from the Go module proxy, for an hour")

// skipWithoutModules skips a test that downloads modules.
func skipWithoutModules(t *testing.T) {
	t.Helper()
	if !*modules {
		t.Skip("takes an hour and downloads modules: run make modules")
	}
}

// newProxyModule returns a repository with one commit for each version of a module, the last version last. The
// go.mod and go.sum of each have what the tests of a package need.
func newProxyModule(t *testing.T, path, pkg string, versions ...string) goModule {
	t.Helper()
	m := goModule{t, t.TempDir()}
	m.output("git", "init", "--quiet", "--initial-branch=main")
	for _, version := range versions {
		m.replaceFiles(path + "@" + version)
		m.output("go", "list", "-mod=mod", "-test", "-deps", pkg)
		m.commit(version)
	}
	return m
}

// replaceFiles replaces the files of the module by those of a version.
func (m goModule) replaceFiles(version string) {
	m.Helper()
	var found struct{ Dir, GoMod string }
	if err := json.Unmarshal(m.output("go", "mod", "download", "-json", version), &found); err != nil {
		m.Fatal(err)
	}
	old, err := os.ReadDir(m.dir)
	if err != nil {
		m.Fatal(err)
	}
	for _, file := range old {
		if file.Name() == ".git" {
			continue
		}
		if err := os.RemoveAll(filepath.Join(m.dir, file.Name())); err != nil {
			m.Fatal(err)
		}
	}
	if err := os.CopyFS(m.dir, os.DirFS(found.Dir)); err != nil {
		m.Fatal(err)
	}
	m.write("go.mod", string(m.withoutReplacements(found.GoMod)))
}

// withoutReplacements returns a go.mod without replacements, which lead to folders that are not in the module.
func (m goModule) withoutReplacements(name string) []byte {
	m.Helper()
	text, err := os.ReadFile(name)
	if err != nil {
		m.Fatal(err)
	}
	file, err := modfile.Parse(name, text, nil)
	if err != nil {
		m.Fatal(err)
	}
	for _, r := range file.Replace {
		if err := file.DropReplace(r.Old.Path, r.Old.Version); err != nil {
			m.Fatal(err)
		}
	}
	file.Cleanup()
	out, err := file.Format()
	if err != nil {
		m.Fatal(err)
	}
	return out
}

// commit commits all files, also those that a .gitignore of the module names.
func (m goModule) commit(message string) {
	m.Helper()
	m.output("git", "add", "--all", "--force")
	m.output("git", "-c", "user.name=test", "-c", "user.email=test@localhost", "commit", "--quiet", "--allow-empty", "-m", message)
}

// output runs a program in the module and returns its output.
func (m goModule) output(program string, args ...string) []byte {
	m.Helper()
	return m.outputIn(".", nil, program, args...)
}

// outputIn runs a program in a folder of the module, with variables of the environment.
func (m goModule) outputIn(dir string, env []string, program string, args ...string) []byte {
	m.Helper()
	cmd := exec.Command(program, args...)
	cmd.Dir, cmd.Env = filepath.Join(m.dir, dir), append(os.Environ(), env...)
	out, err := cmd.Output()
	if exit, ok := errors.AsType[*exec.ExitError](err); ok {
		m.Fatalf("%s %q: %v\n%s%s", program, args, err, out, exit.Stderr)
	}
	if err != nil {
		m.Fatal(err)
	}
	return out
}

// compare measures a benchmark at the last two commits with heaplab bench, and returns the report.
func (m goModule) compare(pkg, bench, benchtime string) report.Report {
	m.Helper()
	stdout, stderr, status := m.bench(m.TempDir(), pkg, "--bench", bench, "--before", "HEAD~1", "--after", "HEAD", "--count", "2", "--benchtime", benchtime, "--json")
	if status != 0 {
		m.Fatalf("status %d\n%s%s", status, stdout, stderr)
	}
	var r report.Report
	if err := json.Unmarshal([]byte(stdout), &r); err != nil {
		m.Fatal(err)
	}
	return r
}
