package gobench

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
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
	Root   string // its folder
}

// failure returns the error of a step that failed, or the cause of ctx if it has ended.
func failure(ctx context.Context, format string, args ...any) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	return &profiler.RunError{Reason: fmt.Sprintf(format, args...)}
}

// removeAll removes a folder, also if a benchmark made folders in it that cannot be written.
func removeAll(dir string) error {
	_ = filepath.WalkDir(dir, func(name string, entry fs.DirEntry, err error) error {
		if err == nil && entry.IsDir() {
			_ = os.Chmod(name, 0o700) // RemoveAll reports what it cannot remove
		}
		return nil
	})
	return os.RemoveAll(dir)
}

// Clean removes the folders of a previous server.
func (s *Subject) Clean() error { return removeAll(s.Folder) }

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
	if err := removeAll(source); err != nil {
		return build{}, err
	}
	if err := r.checkOut(ctx, v.Tree, source); err != nil {
		return build{}, failure(ctx, "The files of %s could not be checked out: %v.", who, err)
	}
	module := filepath.Join(source, r.prefix)
	if _, err := os.Stat(filepath.Join(module, "go.mod")); err != nil {
		return build{}, &profiler.RunError{Reason: fmt.Sprintf("At %s there is no go.mod in the folder of the module.", who)}
	}
	tools, err := s.toolchain(ctx, module, env)
	if err != nil {
		return build{}, failure(ctx, "At %s the Go toolchain could not be chosen: %v.", who, err)
	}
	b := build{Binary: filepath.Join(folder, "test"), Dir: filepath.Join(module, filepath.FromSlash(t.pkg)), Source: source, Go: tools.version, Root: tools.root}
	if err := os.RemoveAll(b.Binary); err != nil {
		return build{}, err
	}
	return b, s.compile(ctx, t.pkg, module, b.Binary, filepath.Join(folder, "overlay"), tools, env, who)
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
func (s *Subject) toolchain(ctx context.Context, module string, env []string) (toolchain, error) {
	program := lookUp("go", env)
	if program == "" {
		return toolchain{}, errors.New("there is no go command in the PATH")
	}
	cmd := exec.CommandContext(ctx, program, "env", "-json", "GOROOT", "GOVERSION")
	cmd.Dir, cmd.Env, cmd.WaitDelay = module, setEnv(env, "GOPROXY=off"), waitDelay
	out, err := cmd.Output()
	var exit *exec.ExitError
	switch {
	case errors.As(err, &exit):
		return toolchain{}, errors.New(lastLine(string(exit.Stderr), err))
	case err != nil:
		return toolchain{}, err
	}
	var found struct{ GOROOT, GOVERSION string }
	if err := json.Unmarshal(out, &found); err != nil {
		return toolchain{}, err
	}
	link := filepath.Join(s.Folder, "go", found.GOVERSION)
	if to, err := os.Readlink(link); err == nil && to == found.GOROOT {
		return toolchain{link, found.GOVERSION}, nil
	}
	err = errors.Join(os.MkdirAll(filepath.Dir(link), 0o700), os.RemoveAll(link), os.Symlink(found.GOROOT, link))
	return toolchain{link, found.GOVERSION}, err
}

// lookUp returns the path of a program in the PATH of an environment, or "".
func lookUp(name string, env []string) string {
	for _, v := range slices.Backward(env) {
		path, ok := strings.CutPrefix(v, "PATH=")
		if !ok {
			continue
		}
		for _, dir := range filepath.SplitList(path) {
			program := filepath.Join(dir, name)
			if info, err := os.Stat(program); filepath.IsAbs(dir) && err == nil && info.Mode().IsRegular() && info.Mode()&0o111 != 0 {
				return program
			}
		}
		return ""
	}
	return ""
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
