package handlers

import (
	"strconv"

	"heaplab/profiler"
	"heaplab/profiler/subject"
	"heaplab/profiler/subject/gobench"
	"heaplab/store/queue"
)

// A BenchmarkLaunch asks for an experiment that compares versions of a package's benchmarks. The first is the
// baseline.
type BenchmarkLaunch struct {
	Dir         string   `json:"dir"`     // folder of the module
	Package     string   `json:"package"` // path in the module
	Bench       string   `json:"bench"`   // regular expression
	Versions    []string `json:"versions"`
	Sweep       string   `json:"sweep,omitempty"` // such as "GOGC=50,100,200"
	Title       string   `json:"title,omitempty"`
	Env         [][]byte `json:"env"` // not always UTF-8, which a string in JSON would have to be
	Count       *int     `json:"count,omitempty"`
	Benchtime   string   `json:"benchtime,omitempty"`
	TimeLimit   string   `json:"time_limit,omitempty"`
	MemoryLimit string   `json:"memory_limit,omitempty"`
	Note        string   `json:"note,omitempty"`
}

func (l BenchmarkLaunch) launch() queue.Launch {
	out := queue.Launch{
		Subject: profiler.SubjectGoBench, Title: l.Title, Sweep: l.Sweep, Env: texts(l.Env),
		Params: map[string]any{
			gobench.ParamDir: l.Dir, gobench.ParamPackage: l.Package, gobench.ParamBench: l.Bench,
		},
		Benchtime: l.Benchtime, TimeLimit: l.TimeLimit, MemoryLimit: l.MemoryLimit, Note: l.Note,
	}
	for i, name := range subject.Variants(len(l.Versions)) {
		out.Params[name] = l.Versions[i]
	}
	if l.Count != nil {
		out.Count = strconv.Itoa(*l.Count)
	}
	return out
}
