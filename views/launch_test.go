package views

import (
	"testing"

	"heaplab/profiler"
	"heaplab/profiler/subject/builtin"
)

func TestLargeURL(t *testing.T) {
	size := builtin.NewInt("size", 1, 1, 100, "")
	seed := builtin.NewInt("seed", 1, 1, 100, "")
	c := builtin.Case{Name: "c", Params: builtin.ParamsOf(size, seed), Presets: []builtin.Preset{
		{Name: "default", Params: builtin.Values(), Scale: builtin.Small},
		{Name: "large", Params: builtin.Values(size.Is(64)), Scale: builtin.Large},
	}}
	const large = "/experiments/new?case=c&param.size=64"
	for _, test := range []struct {
		name   string
		stored profiler.Params
		want   string
	}{
		{"default params", profiler.Params{"size": int64(1), "seed": int64(1)}, large},
		{"large preset", profiler.Params{"size": int64(64), "seed": int64(1)}, ""},
		{"large preset, stored before the case had a seed", profiler.Params{"size": 64.0}, ""},
		{"large preset with another seed", profiler.Params{"size": int64(64), "seed": int64(2)}, large},
		{"a param that is gone", profiler.Params{"size": int64(64), "model": "gpt2"}, large},
	} {
		if got := LargeURL(c, test.stored); got != test.want {
			t.Errorf("%s: %q, want %q", test.name, got, test.want)
		}
	}
	c.Presets = c.Presets[:1]
	if got := LargeURL(c, nil); got != "" {
		t.Errorf("without a large preset: %q", got)
	}
}
