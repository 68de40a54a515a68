package profilertest

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"heaplab/profiler"
	"heaplab/profiler/subject/builtin"
)

// Params of the case "prepared".
var (
	fileSize     = builtin.NewInt("bytes", 1000, 1, 1<<20, "size of the file")
	fail         = builtin.NewInt("fail", 0, 0, 1, "1: the preparation fails")
	prepareSleep = builtin.NewInt("sleep", 0, 0, 60_000, "milliseconds that the preparation takes")
	other        = builtin.NewInt("other", 0, 0, 9, "the prepared file does not depend on it")
)

// prepared loads a file that is made once: param bytes of it, unless fail is 1.
var prepared = builtin.Case{
	Name:      "prepared",
	Title:     "Prepared once",
	Technique: "test",
	Params:    builtin.ParamsOf(fileSize, fail, prepareSleep, other),
	Presets:   []builtin.Preset{{Name: "large", Title: "Large", Scale: builtin.Large, Params: builtin.Values(fileSize.Is(5000))}},
	Variants:  []builtin.Variant{{Name: "before", Setup: load}, {Name: "after", Setup: load}},
	Primary:   []string{profiler.BytesPerOp},
	Estimate:  func(profiler.Params) builtin.Estimate { return builtin.Estimate{Op: time.Millisecond} },
	Preparation: &builtin.Preparation{
		What:    "the making of the file",
		Version: func() string { return "1" },
		Params:  builtin.ParamsOf(fileSize, fail, prepareSleep),
		Make: func(p builtin.Input, w io.Writer) error {
			time.Sleep(time.Duration(prepareSleep.Of(p.Params)) * time.Millisecond)
			if fail.Of(p.Params) == 1 {
				return errors.New("the data is <gone>")
			}
			_, err := io.WriteString(w, strings.Repeat("x", fileSize.Of(p.Params)))
			return err
		},
		Duration: func(profiler.Params) time.Duration { return time.Second },
	},
}

func load(in builtin.Input) (builtin.Work, error) {
	b, err := os.ReadFile(in.Prepared)
	if err != nil {
		return nil, err
	}
	if len(b) != fileSize.Of(in.Params) {
		return nil, fmt.Errorf("the file has %d bytes, want %d", len(b), fileSize.Of(in.Params))
	}
	return &work{op: func(mark func()) error { mark(); return nil }}, nil
}
