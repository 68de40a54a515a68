package gobench

import (
	"cmp"
	"fmt"
	"path/filepath"
	"strings"

	"heaplab/profiler"
	"heaplab/profiler/subject"
)

// Reproduce returns the command line of heaplab bench that compares the same versions again, and that of go test for
// one of them.
func (s *Subject) Reproduce(e profiler.Experiment) []subject.Command {
	t := s.target(&e.Design)
	versions, err := versionsOf(&e.Design)
	if err != nil || len(versions) == 0 { // nothing reads what this program did not write
		return nil
	}
	var flags []string
	if needsBench(versions) {
		flags = append(flags, "--bench "+subject.Quote(t.bench))
	}
	flags = append(flags, "--benchtime "+e.Config.Benchtime)
	for i, v := range versions {
		if commit, ok := e.Design.Params[commitParam(e.Design.Variants[i].Name)].(string); ok {
			v.Ref = fmt.Sprintf("%.*s", shortHash, commit)
		}
		switch text := v.String(); {
		case i == 0:
			flags = append(flags, "--before "+subject.Quote(text))
		case text != Dirty || len(versions) > 2:
			flags = append(flags, "--after "+subject.Quote(text))
		}
	}
	if e.Sweep != nil {
		flags = append(flags, "--sweep "+subject.Quote(e.Sweep.String()))
	}
	lines := subject.Lines(fmt.Sprintf("heaplab bench --count %d", e.Config.Count), flags)
	test := goTest(versions[len(versions)-1], t.bench, e.Config)
	in := "cd " + subject.Quote(filepath.Join(t.dir, filepath.FromSlash(t.pkg)))
	return []subject.Command{
		{Title: "Run the whole experiment again", Lines: append([]string{in}, lines...)},
		{Title: "Run the benchmark of the files as they are, without heaplab", Lines: []string{in, test}},
	}
}

// goTest returns the command line of go test for the benchmarks of a version, without its files.
func goTest(v Version, bench string, c profiler.Config) string {
	var line strings.Builder
	if v.Toolchain != "" {
		line.WriteString("GOTOOLCHAIN=" + v.Toolchain + " ")
	}
	line.WriteString("go test -run '^$'")
	for _, flag := range v.buildFlags() {
		line.WriteString(" " + subject.Quote(flag))
	}
	fmt.Fprintf(&line, " -bench %s -benchmem -benchtime %s -count %d", subject.Quote(cmp.Or(v.Bench, bench)), c.Benchtime, c.Count)
	return line.String()
}
