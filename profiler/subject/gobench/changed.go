package gobench

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

// Changes says which benchmarks of a module can differ between two versions.
type Changes struct {
	Packages     []string // with benchmarks that depend on what changed, such as "./json"
	NoBenchmarks []string // packages that depend on it and have no benchmarks
	New          []string // packages that depend on it and had no benchmarks before
	Independent  []string // packages with benchmarks that do not depend on it
	Files        []string // changed files that no package is built from; their paths in the repository
}

// Changed compares the files of two versions of a module, and returns which of the packages in a folder below it depend
// on those that differ, also by their tests. It changes nothing outside of scratch, a folder of this program.
func Changed(ctx context.Context, dir, below, scratch string, before, after Version, env []string) (Changes, error) {
	r, err := openRepo(ctx, dir, filepath.Join(scratch, "objects"))
	if err != nil {
		return Changes{}, err
	}
	if err := os.MkdirAll(r.private, 0o700); err != nil { // git refuses a folder of objects that does not exist
		return Changes{}, err
	}
	from, err := r.revision(ctx, before.Ref)
	if err != nil {
		return Changes{}, err
	}
	to, err := r.revision(ctx, after.Ref)
	if err != nil {
		return Changes{}, err
	}
	out, err := r.git(ctx, r.privateObjects(), "diff-tree", "-r", "-z", "--name-only", "--no-renames", from.Tree, to.Tree)
	if err != nil {
		return Changes{}, err
	}
	files := strings.FieldsFunc(out, func(c rune) bool { return c == 0 })
	source := filepath.Join(scratch, "src")
	if err := r.checkOut(ctx, to.Tree, source); err != nil {
		return Changes{}, err
	}
	packages, err := listPackages(ctx, filepath.Join(source, r.prefix), below, after.buildFlags(), env)
	if err != nil {
		return Changes{}, err
	}
	m := newImpact(source, packages)
	m.all = before.settings() != after.settings()
	for _, file := range files {
		m.add(file)
	}
	had, err := r.benchmarkFolders(ctx, from.Tree)
	if err != nil {
		return Changes{}, err
	}
	return m.changes(filepath.Join(source, r.prefix), had), nil
}

// benchmarkFolders returns the folders of a tree with benchmarks, as paths in the repository.
func (r repo) benchmarkFolders(ctx context.Context, tree string) (map[string]bool, error) {
	out, err := r.git(ctx, r.privateObjects(), "grep", "-z", "-l", "-E", "^func Benchmark", tree, "--", ":/*_test.go")
	if err != nil && !strings.HasSuffix(err.Error(), "exit status 1") { // nothing found
		return nil, err
	}
	folders := map[string]bool{}
	for name := range strings.SplitSeq(out, "\x00") {
		_, file, _ := strings.Cut(name, ":")
		folders[path.Dir(file)] = true
	}
	return folders, nil
}

// A listed is a package as go list prints it. The test binary of a package is one of its own, with its name and ".test".
type listed struct {
	ImportPath, Dir, ForTest                              string
	Standard, DepOnly                                     bool
	Deps                                                  []string
	TestGoFiles, XTestGoFiles, EmbedFiles, TestEmbedFiles []string
	XTestEmbedFiles                                       []string
}

// listPackages lists the packages in a folder below a module, with their tests and all that they depend on. flags are
// those of go build: tags choose the files of packages.
func listPackages(ctx context.Context, module, below string, flags, env []string) ([]listed, error) {
	program := lookUp("go", env)
	if program == "" {
		return nil, errors.New("there is no go command in the PATH")
	}
	const fields = "-json=ImportPath,Dir,ForTest,Standard,DepOnly,Deps,TestGoFiles,XTestGoFiles,EmbedFiles,TestEmbedFiles,XTestEmbedFiles"
	args := slices.Concat([]string{"list", "-e", "-deps", "-test", fields}, flags, []string{"./" + path.Join(filepath.ToSlash(below), "...")})
	cmd := exec.CommandContext(ctx, program, args...)
	cmd.Dir, cmd.Env, cmd.WaitDelay = module, setEnv(env, "GOPROXY=off"), waitDelay
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("the packages cannot be listed: %s", lastLine(stderr.String(), err))
	}
	var packages []listed
	for d := json.NewDecoder(bytes.NewReader(out)); ; {
		var p listed
		switch err := d.Decode(&p); {
		case err == io.EOF:
			return packages, nil
		case err != nil:
			return nil, err
		case !p.Standard:
			packages = append(packages, p)
		}
	}
}

// An impact finds the packages that changed files can affect.
type impact struct {
	source   string // folder of the repository
	packages []listed
	byDir    map[string]*listed // by folder in the repository, with slashes
	code     map[string]bool    // import paths of packages whose code changed
	tests    map[string]bool    // import paths of packages of which only tests changed
	all      bool               // everything can differ
	ignored  []string
}

func newImpact(source string, packages []listed) *impact {
	m := &impact{source: source, packages: packages, byDir: map[string]*listed{}, code: map[string]bool{}, tests: map[string]bool{}}
	for i, p := range packages {
		if rel, err := filepath.Rel(source, p.Dir); p.Dir != "" && p.ForTest == "" && err == nil && filepath.IsLocal(rel) && !strings.HasSuffix(p.ImportPath, ".test") {
			m.byDir[filepath.ToSlash(rel)] = &packages[i]
		}
	}
	return m
}

// codeFile matches files that a package can be built from.
var codeFile = regexp.MustCompile(`\.(go|s|S|sx|c|h|cc|cpp|cxx|hh|hpp|hxx|m|f|F|for|f90|swig|swigcxx|syso)$`)

// add adds a changed file.
func (m *impact) add(file string) {
	dir, name := path.Dir(file), path.Base(file)
	switch {
	case name == "go.mod" || name == "go.sum" || name == "go.work" || name == "go.work.sum" || name == "modules.txt":
		m.all = true
		return
	case strings.HasSuffix(name, "_test.go") && m.byDir[dir] != nil:
		m.tests[m.byDir[dir].ImportPath] = true
		return
	case codeFile.MatchString(name) && m.byDir[dir] != nil:
		m.code[m.byDir[dir].ImportPath] = true
		return
	}
	known := false
	for above := dir; ; above = path.Dir(above) {
		if p := m.byDir[above]; p != nil {
			rest := strings.TrimPrefix(strings.TrimPrefix(file, above), "/")
			switch {
			case slices.Contains(p.EmbedFiles, rest):
				m.code[p.ImportPath], known = true, true
			case slices.Contains(p.TestEmbedFiles, rest) || slices.Contains(p.XTestEmbedFiles, rest) || strings.HasPrefix(rest, "testdata/"):
				m.tests[p.ImportPath], known = true, true
			}
		}
		if above == "." || above == "/" {
			break
		}
	}
	if !known {
		m.ignored = append(m.ignored, file)
	}
}

// changes returns the packages of the module in a folder. had names the folders that had benchmarks before.
func (m *impact) changes(module string, had map[string]bool) Changes {
	c := Changes{Files: m.ignored}
	tested := map[string]bool{} // import paths of packages whose test binary a change affects
	for _, p := range m.packages {
		if of, ok := strings.CutSuffix(p.ImportPath, ".test"); ok && p.ForTest == "" {
			tested[of] = slices.ContainsFunc(p.Deps, func(dep string) bool {
				dep, _, _ = strings.Cut(dep, " [")
				return m.code[dep]
			})
		}
	}
	for _, p := range m.packages {
		rel, err := filepath.Rel(module, p.Dir)
		if p.DepOnly || p.ForTest != "" || strings.HasSuffix(p.ImportPath, ".test") || err != nil {
			continue
		}
		name := "./" + filepath.ToSlash(rel)
		if rel == "." {
			name = "."
		}
		folder, _ := filepath.Rel(m.source, p.Dir)
		affected := m.all || m.tests[p.ImportPath] || m.code[p.ImportPath] || tested[p.ImportPath]
		switch has := p.hasBenchmarks(); {
		case affected && has && !had[filepath.ToSlash(folder)]:
			c.New = append(c.New, name)
		case affected && has:
			c.Packages = append(c.Packages, name)
		case affected:
			c.NoBenchmarks = append(c.NoBenchmarks, name)
		case has:
			c.Independent = append(c.Independent, name)
		}
	}
	for _, names := range [][]string{c.Packages, c.New, c.NoBenchmarks, c.Independent} { // go list sorts dependencies first
		slices.Sort(names)
	}
	return c
}

var benchmarkFunc = regexp.MustCompile(`(?m)^func Benchmark[^(]*\(\w+ \*testing\.B\)`)

func (p *listed) hasBenchmarks() bool {
	return slices.ContainsFunc(slices.Concat(p.TestGoFiles, p.XTestGoFiles), func(file string) bool {
		text, err := os.ReadFile(filepath.Join(p.Dir, file))
		return err == nil && benchmarkFunc.Match(text)
	})
}
