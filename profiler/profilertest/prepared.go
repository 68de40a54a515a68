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

// prepared loads a file that is made once: param bytes of it, unless fail is 1.
var prepared = builtin.Case{
	Name:      "prepared",
	Title:     "Prepared once",
	Technique: "test",
	Params: []builtin.Param{
		{Name: "bytes", Type: builtin.Int, Default: int64(1000), Min: 1, Max: 1 << 20, Help: "size of the file"},
		{Name: "fail", Type: builtin.Int, Default: int64(0), Min: 0, Max: 1, Help: "1: the preparation fails"},
		{Name: "sleep", Type: builtin.Int, Default: int64(0), Min: 0, Max: 60_000, Help: "milliseconds that the preparation takes"},
		{Name: "other", Type: builtin.Int, Default: int64(0), Min: 0, Max: 9, Help: "what is prepared does not depend on it"},
	},
	Presets:  []builtin.Preset{{Name: "large", Title: "Large", Params: map[string]any{"bytes": 5000}}},
	Variants: []builtin.Variant{{Name: "before", Setup: load}, {Name: "after", Setup: load}},
	Primary:  []string{profiler.BytesPerOp},
	Estimate: func(profiler.Params) builtin.Estimate { return builtin.Estimate{Op: time.Millisecond} },
	Preparation: &builtin.Preparation{
		What:    "the making of the file",
		Version: func() string { return "1" },
		Params:  []string{"bytes", "fail", "sleep"},
		Make: func(p builtin.Input, w io.Writer) error {
			time.Sleep(time.Duration(p.Int("sleep")) * time.Millisecond)
			if p.Int("fail") == 1 {
				return errors.New("the data is <gone>")
			}
			_, err := io.WriteString(w, strings.Repeat("x", p.Int("bytes")))
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
	if len(b) != in.Int("bytes") {
		return nil, fmt.Errorf("the file has %d bytes, want %d", len(b), in.Int("bytes"))
	}
	return &work{op: func(mark func()) error { mark(); return nil }}, nil
}
