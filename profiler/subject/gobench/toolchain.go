package gobench

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
)

// A toolchain is an installed version of Go.
type toolchain struct {
	root      string // a link to its GOROOT
	version   string
	workspace bool // go.work applies to the module
}

func (t toolchain) program() string { return filepath.Join(t.root, "bin", "go") }

// env returns an environment in which go commands use the toolchain.
func (t toolchain) env(env []string) []string {
	return setEnv(env, "GOROOT="+t.root, "GOTOOLCHAIN=local")
}

// toolchain returns the toolchain with that name, or if it is "", the one that go.mod selects for a module. It never
// downloads one. The go command refuses overlays of files in the module cache, where downloaded toolchains are, so it
// returns the path of a link.
func (s *Subject) toolchain(ctx context.Context, module, name string, env []string) (toolchain, error) {
	var found goEnv
	var err error
	if name == "" {
		found, err = goEnvOf(ctx, "go", module, env)
	} else {
		found, err = installed(ctx, module, name, env)
	}
	if err != nil {
		return toolchain{}, err
	}
	link := filepath.Join(s.Folder, "go", found.GOVERSION)
	tools := toolchain{link, found.GOVERSION, found.GOWORK != "" && found.GOWORK != "off"}
	if to, err := os.Readlink(link); err == nil && to == found.GOROOT {
		return tools, nil
	}
	return tools, errors.Join(os.MkdirAll(filepath.Dir(link), 0o700), os.RemoveAll(link), os.Symlink(found.GOROOT, link))
}

// installed returns the environment of the toolchain with that name: the go command's own, one in the PATH or in the
// module cache, or one that golang.org/dl installed.
func installed(ctx context.Context, module, name string, env []string) (goEnv, error) {
	found, err := goEnvOf(ctx, "go", module, setEnv(env, "GOTOOLCHAIN="+name))
	if err == nil && found.GOVERSION == name {
		return found, nil
	}
	if home := valueOf(env, "HOME"); home != "" {
		program := filepath.Join(home, "sdk", name, "bin", "go")
		if found, err := goEnvOf(ctx, program, module, setEnv(env, "GOTOOLCHAIN=local")); err == nil && found.GOVERSION == name {
			return found, nil
		}
	}
	return goEnv{}, fmt.Errorf("%s is not installed, and heaplab never downloads a toolchain. This command does: GOTOOLCHAIN=%s go version", name, name)
}

// A goEnv is a part of what go env prints.
type goEnv struct{ GOROOT, GOVERSION, GOWORK string }

// goEnvOf returns the environment of a go command in a folder.
func goEnvOf(ctx context.Context, program, dir string, env []string) (found goEnv, err error) {
	if !filepath.IsAbs(program) {
		if program = lookUp(program, env); program == "" {
			return found, errors.New("there is no go command in the PATH")
		}
	}
	cmd := exec.CommandContext(ctx, program, "env", "-json", "GOROOT", "GOVERSION", "GOWORK")
	cmd.Dir, cmd.Env, cmd.WaitDelay = dir, setEnv(env, "GOPROXY=off"), waitDelay
	out, err := cmd.Output()
	var exit *exec.ExitError
	switch {
	case errors.As(err, &exit):
		return found, errors.New(lastLine(string(exit.Stderr), err))
	case err != nil:
		return found, err
	}
	return found, json.Unmarshal(out, &found)
}

// valueOf returns the value of a variable of an environment, or "".
func valueOf(env []string, name string) string {
	for _, v := range slices.Backward(env) {
		if value, ok := strings.CutPrefix(v, name+"="); ok {
			return value
		}
	}
	return ""
}
