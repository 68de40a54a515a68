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
	"slices"
	"strings"
	"time"

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

// build checks out a tree and builds the test binary of a package. Its errors are like those of subject.Prepare.
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
	overlayDir := filepath.Join(folder, "overlay")
	if err := os.MkdirAll(overlayDir, 0o700); err != nil {
		return build{}, err
	}
	overlay, err := writeOverlay(tools.root, overlayDir)
	if err != nil {
		return build{}, &profiler.RunError{Reason: fmt.Sprintf("At %s: %v.", who, err)}
	}
	b := build{Binary: filepath.Join(folder, "test"), Dir: filepath.Join(module, filepath.FromSlash(t.pkg)), Source: source, Go: tools.version}
	if err := os.RemoveAll(b.Binary); err != nil {
		return build{}, err
	}
	argv := []string{tools.program(), "test", "-c", "-overlay", overlay, "-o", b.Binary}
	argv = append(argv, "./"+strings.TrimPrefix(t.pkg, "./"))
	program := child.Program{Spec: func(dir string) (child.ProgramSpec, error) {
		return child.ProgramSpec{Argv: argv, Dir: module, Env: bytesOf(setEnv(tools.env(env), "TMPDIR="+dir))}, nil
	}}
	_, err = s.Executor.RunProgram(ctx, child.Spec{Who: "The build of " + who, Config: buildLimits()}, program, profiler.Task{})
	if err != nil {
		return build{}, err
	}
	if _, err := os.Stat(b.Binary); err != nil {
		return build{}, &profiler.RunError{Reason: fmt.Sprintf("The package %s has no tests at %s, so it has no benchmarks.", t.pkg, who)}
	}
	return b, nil
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
