package gobench

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"

	"golang.org/x/mod/modfile"

	"heaplab/profiler"
)

// get changes the modules that the copy depends on to the versions that are asked for. The go command must not ask a
// host that only the launch names, so go.mod must require each of them.
func (b *builder) get(ctx context.Context) error {
	if len(b.version.Get) == 0 {
		return nil
	}
	required, err := requirements(b.module)
	if err != nil {
		return &profiler.RunError{Reason: fmt.Sprintf("At %s go.mod cannot be read: %v.", b.who, err)}
	}
	for _, asked := range b.version.Get {
		if path, _, _ := strings.Cut(asked, "@"); !slices.Contains(required, path) {
			return &profiler.RunError{Reason: fmt.Sprintf("At %s go.mod does not require %s, so there is no version of it to replace.", b.who, path)}
		}
	}
	if err := b.goCommand(ctx, "The go get", append([]string{"get"}, b.version.Get...)...); err != nil {
		return err
	}
	uses, err := b.dependencies(ctx)
	if err != nil {
		return failure(ctx, "At %s the dependencies of %s could not be listed: %v.", b.who, b.pkg, err)
	}
	for _, asked := range b.version.Get {
		path, version, _ := strings.Cut(asked, "@")
		reason := ""
		switch m, ok := uses[path]; {
		case !ok:
			reason = fmt.Sprintf("%s uses no package of %s, so another version of it has no effect", b.pkg, path)
		case m.replaced != "":
			reason = fmt.Sprintf("go.mod or go.work replaces %s by %s, so another version of it has no effect", path, m.replaced)
		case m.version != version:
			reason = fmt.Sprintf("%s is used at %s, not at %s: another module needs it", path, m.version, version)
		}
		if reason != "" {
			return &profiler.RunError{Reason: fmt.Sprintf("At %s %s.", b.who, reason)}
		}
	}
	return nil
}

// requirements returns the paths of the modules that the go.mod in a folder requires.
func requirements(dir string) ([]string, error) {
	text, err := os.ReadFile(filepath.Join(dir, "go.mod"))
	if err != nil {
		return nil, err
	}
	file, err := modfile.ParseLax("go.mod", text, nil)
	if err != nil {
		return nil, err
	}
	var paths []string
	for _, r := range file.Require {
		paths = append(paths, r.Mod.Path)
	}
	return paths, nil
}

// A dependency is a module that a package uses.
type dependency struct{ version, replaced string }

// dependencies returns the modules that the package and its tests use, by path.
func (b *builder) dependencies(ctx context.Context) (map[string]dependency, error) {
	const format = "{{with .Module}}{{.Path}}\t{{.Version}}\t{{with .Replace}}{{.Path}}{{end}}{{end}}"
	cmd := exec.CommandContext(ctx, b.tools.program(), slices.Concat([]string{"list", "-deps", "-test", "-f", format}, b.flags(), []string{b.pkg})...)
	cmd.Dir, cmd.Env, cmd.WaitDelay = b.module, b.env, waitDelay
	var errs strings.Builder
	cmd.Stderr = &errs
	out, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("%s", lastLine(errs.String(), err))
	}
	found := map[string]dependency{}
	for line := range strings.Lines(string(out)) {
		if f := strings.Split(strings.TrimSuffix(line, "\n"), "\t"); len(f) == 3 {
			found[f[0]] = dependency{f[1], f[2]}
		}
	}
	return found, nil
}
