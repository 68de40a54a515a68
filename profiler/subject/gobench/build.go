package gobench

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io/fs"
	"os"
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

	Submodules []string // their folders in the repository, which are empty
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

// build checks out the files of a side and builds the test binary of its package. Its errors are like those of
// subject.Prepare.
func (s *Subject) build(ctx context.Context, t target, r repo, number int, v Version, tree string, env []string, who string) (build, error) {
	folder := t.workshop.side(number)
	source := filepath.Join(folder, "src")
	if err := removeAll(source); err != nil {
		return build{}, err
	}
	if err := r.checkOut(ctx, tree, source); err != nil {
		return build{}, failure(ctx, "The files of %s could not be checked out: %v.", who, err)
	}
	module := filepath.Join(source, r.prefix)
	if _, err := os.Stat(filepath.Join(module, "go.mod")); err != nil {
		return build{}, &profiler.RunError{Reason: fmt.Sprintf("At %s there is no go.mod in the folder of the module.", who)}
	}
	tools, err := s.toolchain(ctx, module, v.Toolchain, env)
	if err != nil {
		return build{}, failure(ctx, "At %s the Go toolchain could not be chosen: %v.", who, err)
	}
	b := build{Binary: filepath.Join(folder, "test"), Dir: filepath.Join(module, filepath.FromSlash(t.pkg)), Source: source, Go: tools.version, Root: tools.root}
	if err := os.RemoveAll(b.Binary); err != nil {
		return build{}, err
	}
	if b.Submodules, err = r.submodules(ctx, tree); err != nil {
		return build{}, failure(ctx, "The files of %s could not be listed: %v.", who, err)
	}
	in := builder{executor: s.Executor, version: v, tools: tools, module: module, pkg: "./" + strings.TrimPrefix(t.pkg, "./"), env: tools.env(env), who: who}
	if err := in.get(ctx); err != nil {
		return build{}, err
	}
	return b, in.compile(ctx, b.Binary, filepath.Join(folder, "overlay"))
}

// A builder runs go commands in the copy of a module.
type builder struct {
	executor *child.Executor
	version  Version
	tools    toolchain
	module   string   // folder
	pkg      string   // such as "./json"
	env      []string // of go commands
	who      string   // the name of the variant
}

// goCommand runs a go command. title is the command at the beginning of a sentence.
func (b *builder) goCommand(ctx context.Context, title string, args ...string) error {
	program := child.Program{Spec: func(dir string) (child.ProgramSpec, error) {
		return child.ProgramSpec{Argv: append([]string{b.tools.program()}, args...), Dir: b.module, Env: bytesOf(setEnv(b.env, "TMPDIR="+dir))}, nil
	}}
	_, err := b.executor.RunProgram(ctx, child.Spec{Who: title + " of " + b.who, Config: buildLimits()}, program, profiler.Task{})
	return err
}

// compile builds the test binary of a package with an overlay of package testing.
func (b *builder) compile(ctx context.Context, binary, overlayDir string) error {
	if err := os.MkdirAll(overlayDir, 0o700); err != nil {
		return err
	}
	overlay, err := writeOverlay(b.tools.root, overlayDir)
	if err != nil {
		return &profiler.RunError{Reason: fmt.Sprintf("At %s: %v.", b.who, err)}
	}
	// Vet takes time, and a version that it rejects can still be measured, as go test -bench -vet=off does.
	args := slices.Concat([]string{"test", "-c", "-vet=off", "-overlay", overlay, "-o", binary}, b.flags(), []string{b.pkg})
	if err := b.goCommand(ctx, "The build", args...); err != nil {
		return err
	}
	if _, err := os.Stat(binary); err != nil {
		return &profiler.RunError{Reason: fmt.Sprintf("The package %s has no tests at %s, so it has no benchmarks.", b.pkg, b.who)}
	}
	return nil
}

// flags returns the flags of the go commands that build and list packages. After go get, they allow missing lines of go.sum to
// be added, and not to use a folder vendor. There is no such flag in a workspace.
func (b *builder) flags() []string {
	flags := b.version.buildFlags()
	if len(b.version.Get) > 0 && !b.tools.workspace {
		flags = append(flags, "-mod=mod")
	}
	return flags
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
