package gobench

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"

	"golang.org/x/mod/modfile"

	"heaplab/profiler"
	"heaplab/profiler/child"
)

// A workshop is the folder in which the sides of a module are built. Each side has a folder of its own that keeps
// its path, because the build cache of Go depends on the paths of source files. So a second build of a side only
// compiles what changed.
//
//	objects/   git objects of files that are not committed
//	go/        a link to each toolchain
//	N/src/     the repository at the version of side N
//	N/overlay/ files of package testing
//	N/test     its test binary
type workshop string

// newWorkshop returns the workshop of a module in a folder.
func newWorkshop(folder, module string) workshop {
	sum := sha256.Sum256([]byte(module))
	return workshop(filepath.Join(folder, filepath.Base(module)+"-"+hex.EncodeToString(sum[:6])))
}

func (w workshop) objects() string { return filepath.Join(string(w), "objects") }

func (w workshop) side(i int) string { return filepath.Join(string(w), fmt.Sprint(i)) }

// A build is the test binary of a package at one version.
type build struct {
	Binary string // file
	Dir    string // folder of the package, in which the binary runs
	Source string // folder of the repository
	Go     string // version of the toolchain
}

// buildLimits returns the limits of a build.
func buildLimits() profiler.Config {
	c := profiler.DefaultConfig(child.TotalMemory())
	c.TimeLimit = 10 * time.Minute
	return c
}

// build checks out a tree and builds the test binary of a package, unless it is the one that was built last. Its errors
// are like those of subject.Prepare.
func (s *Subject) build(ctx context.Context, t target, r repo, side int, v version, env []string, who string) (build, error) {
	folder := t.workshop.side(side)
	source := filepath.Join(folder, "src")
	if err := os.RemoveAll(source); err != nil {
		return build{}, err
	}
	if err := r.checkOut(ctx, v.Tree, source); err != nil {
		return build{}, &profiler.RunError{Reason: fmt.Sprintf("The files of %s could not be checked out: %v.", who, err)}
	}
	module := filepath.Join(source, r.prefix)
	if _, err := os.Stat(filepath.Join(module, "go.mod")); err != nil {
		return build{}, &profiler.RunError{Reason: fmt.Sprintf("At %s there is no go.mod in the folder of the module.", who)}
	}
	tools, err := s.toolchain(ctx, t.workshop, module, env)
	if err != nil {
		return build{}, &profiler.RunError{Reason: fmt.Sprintf("At %s the Go toolchain could not be chosen: %v.", who, err)}
	}
	b := build{Binary: filepath.Join(folder, "test"), Dir: filepath.Join(module, filepath.FromSlash(t.pkg)), Source: source, Go: tools.version}
	built, key := filepath.Join(folder, "built"), buildKey(t, v, tools, env)
	if known, err := os.ReadFile(built); err == nil && string(known) == key && isClosed(module, source) {
		return b, nil
	}
	if err := errors.Join(os.RemoveAll(built), os.RemoveAll(b.Binary)); err != nil {
		return build{}, err
	}
	if err := s.compile(ctx, t.pkg, module, b.Binary, filepath.Join(folder, "overlay"), tools, env, who); err != nil {
		return build{}, err
	}
	return b, os.WriteFile(built, []byte(key), 0o600)
}

// compile builds the test binary of a package with an overlay of package testing.
func (s *Subject) compile(ctx context.Context, pkg, module, binary, overlayDir string, tools toolchain, env []string, who string) error {
	if err := os.MkdirAll(overlayDir, 0o700); err != nil {
		return err
	}
	overlay, err := writeOverlay(tools.root, overlayDir)
	if err != nil {
		return &profiler.RunError{Reason: fmt.Sprintf("At %s: %v.", who, err)}
	}
	argv := []string{tools.program(), "test", "-c", "-overlay", overlay, "-o", binary, "./" + strings.TrimPrefix(pkg, "./")}
	program := child.Program{Spec: func(dir string) (child.ProgramSpec, error) {
		return child.ProgramSpec{Argv: argv, Dir: module, Env: bytesOf(setEnv(tools.env(env), "TMPDIR="+dir))}, nil
	}}
	if _, err = s.Executor.RunProgram(ctx, child.Spec{Who: "The build of " + who, Config: buildLimits()}, program, profiler.Task{}); err != nil {
		return err
	}
	if _, err := os.Stat(binary); err != nil {
		return &profiler.RunError{Reason: fmt.Sprintf("The package %s has no tests at %s, so it has no benchmarks.", pkg, who)}
	}
	return nil
}

// buildKey returns a hash of all that the test binary of a version depends on, if the module is closed. Modules in the
// module cache never change.
func buildKey(t target, v version, tools toolchain, env []string) string {
	h := sha256.New()
	fmt.Fprintf(h, "%s\n%s\n%s\n%s\n%s\n", v.Tree, t.dir, t.pkg, tools.root, tools.version)
	h.Write(hooks)
	for _, variable := range slices.Sorted(slices.Values(env)) {
		if buildVariable.MatchString(variable) {
			fmt.Fprintf(h, "%q\n", variable)
		}
	}
	return hex.EncodeToString(h.Sum(nil))
}

// buildVariable matches the environment variables that the go command and C compilers read.
var buildVariable = regexp.MustCompile(`^(GO|CGO_|CC=|CXX=|AR=|FC=|PKG_CONFIG|PATH=|HOME=|CPATH=|C_INCLUDE_PATH=|LIBRARY_PATH=)`)

// isClosed reports whether the code of a module depends only on its repository and on the module cache: no
// replacement leads to another folder, and there is no workspace.
func isClosed(module, source string) bool {
	for dir := module; strings.HasPrefix(dir, source); dir = filepath.Dir(dir) {
		if _, err := os.Stat(filepath.Join(dir, "go.work")); err == nil {
			return false
		}
	}
	text, err := os.ReadFile(filepath.Join(module, "go.mod"))
	if err != nil {
		return false
	}
	mod, err := modfile.Parse("go.mod", text, nil)
	return err == nil && !slices.ContainsFunc(mod.Replace, func(r *modfile.Replace) bool { return r.New.Version == "" })
}

// A toolchain is an installed version of Go.
type toolchain struct {
	root    string // a link to its GOROOT
	version string
}

func (t toolchain) program() string { return filepath.Join(t.root, "bin", "go") }

// env returns an environment in which go commands use the toolchain.
func (t toolchain) env(env []string) []string {
	return setEnv(env, "GOROOT="+t.root, "GOTOOLCHAIN=local")
}

// toolchain returns the toolchain that go.mod selects for a module. It never downloads one. The go command refuses
// overlays of files in the module cache, where downloaded toolchains are, so it returns the path of a link.
func (s *Subject) toolchain(ctx context.Context, w workshop, module string, env []string) (toolchain, error) {
	cmd := exec.CommandContext(ctx, "go", "env", "-json", "GOROOT", "GOVERSION")
	cmd.Dir, cmd.Env = module, setEnv(env, "GOPROXY=off")
	out, err := cmd.Output()
	var exit *exec.ExitError
	switch {
	case errors.Is(err, exec.ErrNotFound):
		return toolchain{}, errors.New("there is no go command on this machine")
	case errors.As(err, &exit):
		return toolchain{}, errors.New(lastLine(string(exit.Stderr), err))
	case err != nil:
		return toolchain{}, err
	}
	var found struct{ GOROOT, GOVERSION string }
	if err := json.Unmarshal(out, &found); err != nil {
		return toolchain{}, err
	}
	link := filepath.Join(string(w), "go", found.GOVERSION)
	if to, err := os.Readlink(link); err == nil && to == found.GOROOT {
		return toolchain{link, found.GOVERSION}, nil
	}
	err = errors.Join(os.MkdirAll(filepath.Dir(link), 0o700), os.RemoveAll(link), os.Symlink(found.GOROOT, link))
	return toolchain{link, found.GOVERSION}, err
}

// setEnv returns an environment with variables set.
func setEnv(env []string, set ...string) []string {
	out := slices.DeleteFunc(slices.Clone(env), func(v string) bool {
		name, _, _ := strings.Cut(v, "=")
		return slices.ContainsFunc(set, func(s string) bool { return strings.HasPrefix(s, name+"=") })
	})
	return append(out, set...)
}

func bytesOf(env []string) [][]byte {
	out := make([][]byte, len(env))
	for i, v := range env {
		out[i] = []byte(v)
	}
	return out
}
