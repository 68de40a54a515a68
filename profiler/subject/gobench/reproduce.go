package gobench

import (
	"fmt"
	"path/filepath"

	"heaplab/profiler"
	"heaplab/profiler/subject"
)

// Reproduce returns the command line of heaplab bench that compares the same versions again, and that of go test for
// one of them.
func (s *Subject) Reproduce(e profiler.Experiment) []subject.Command {
	t := s.target(&e.Design)
	flags := []string{"--bench " + subject.Quote(t.bench), "--benchtime " + e.Config.Benchtime}
	for i, v := range e.Design.Variants {
		ref, _ := e.Design.Params[v.Name].(string)
		if commit, ok := e.Design.Params[commitParam(v.Name)].(string); ok {
			ref = fmt.Sprintf("%.*s", shortHash, commit)
		}
		switch {
		case i == 0:
			flags = append(flags, "--before "+subject.Quote(ref))
		case ref != Dirty || len(e.Design.Variants) > 2:
			flags = append(flags, "--after "+subject.Quote(ref))
		}
	}
	lines := subject.Lines(fmt.Sprintf("heaplab bench --count %d", e.Config.Count), flags)
	test := fmt.Sprintf("go test -run '^$' -bench %s -benchmem -benchtime %s -count %d", subject.Quote(t.bench), e.Config.Benchtime, e.Config.Count)
	in := "cd " + subject.Quote(filepath.Join(t.dir, filepath.FromSlash(t.pkg)))
	return []subject.Command{
		{Title: "Run the whole experiment again", Lines: append([]string{in}, lines...)},
		{Title: "Run the benchmark of the files as they are, without heaplab", Lines: []string{in, test}},
	}
}
