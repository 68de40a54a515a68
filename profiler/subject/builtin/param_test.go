package builtin

import (
	"encoding/json"
	"math"
	"reflect"
	"strings"
	"testing"

	"heaplab/profiler"
)

var (
	inputN    = NewInt("n", 3, 1, 1_000_000, "")
	inputX    = NewNumber("x", 0.5, 0, 1, "")
	inputMode = NewChoice("mode", "up", []string{"up", "down"}, "")
)

var inputCase = Case{
	Name:   "c",
	Params: ParamsOf(inputN, inputX, inputMode),
	Check: func(p profiler.Params) profiler.Faults {
		if inputN.Of(p) == 13 {
			return profiler.Faults{{Field: "n", Message: "is unlucky"}}
		}
		return nil
	},
}

func TestResolve(t *testing.T) {
	defaults := profiler.Params{"n": int64(3), "x": 0.5, "mode": "up"}
	for _, test := range []struct {
		name  string
		raw   map[string]any
		want  profiler.Params
		fault string // field and part of the message, or ""
	}{
		{"nothing", nil, defaults, ""},
		{"empty text", map[string]any{"n": "", "x": ""}, defaults, ""},
		{"text", map[string]any{"n": " 7 ", "x": "0.25", "mode": "down"}, profiler.Params{"n": int64(7), "x": 0.25, "mode": "down"}, ""},
		{"JSON", map[string]any{"n": 1e6, "x": 1.0}, profiler.Params{"n": int64(1e6), "x": 1.0, "mode": "up"}, ""},
		{"unknown", map[string]any{"m": 1}, nil, `m: case c has no param "m"; it has n, x, mode`},
		{"low", map[string]any{"n": 0}, nil, "n: must be from 1 to 1000000"},
		{"high", map[string]any{"x": 1.01}, nil, "x: must be from 0 to 1"},
		{"fraction", map[string]any{"n": 1.5}, nil, "n: must be a whole number"},
		{"word", map[string]any{"n": "many"}, nil, "n: must be a whole number"},
		{"list", map[string]any{"n": []any{1}}, nil, "n: must be a whole number"},
		{"not a number", map[string]any{"x": math.NaN()}, nil, "x: must be a number"},
		{"infinite", map[string]any{"x": "Inf"}, nil, "x: must be a number"},
		{"no choice", map[string]any{"mode": "sideways"}, nil, "mode: must be one of up, down"},
		{"together", map[string]any{"n": 13}, nil, "n: is unlucky"},
		{"two faults", map[string]any{"n": -1, "x": 9}, nil, "n: must be from 1 to 1000000; x: must be from 0 to 1"},
	} {
		t.Run(test.name, func(t *testing.T) {
			got, faults := inputCase.Resolve(test.raw)
			if test.fault == "" && faults != nil || test.fault != "" && (faults == nil || !strings.Contains(faults.Error(), test.fault)) {
				t.Fatalf("faults = %v, want %q", faults, test.fault)
			}
			if !reflect.DeepEqual(got, test.want) {
				t.Errorf("params = %#v, want %#v", got, test.want)
			}
		})
	}
}

func TestParamsSurviveJSON(t *testing.T) {
	want, _ := inputCase.Resolve(map[string]any{"n": 1_000_000, "x": 1})
	text, err := json.Marshal(want)
	if err != nil {
		t.Fatal(err)
	}
	var read profiler.Params
	if err := json.Unmarshal(text, &read); err != nil {
		t.Fatal(err)
	}
	got, faults := inputCase.Resolve(read)
	if faults != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("params = %#v, %v; want %#v", got, faults, want)
	}
	if s := read.String(); s != "mode=up,n=1000000,x=1" {
		t.Errorf("as text = %q", s)
	}
}

func TestMatches(t *testing.T) {
	params, faults := inputCase.Resolve(map[string]any{"x": 1})
	if faults != nil {
		t.Fatal(faults)
	}
	for _, test := range []struct {
		name   string
		stored string
		want   bool
	}{
		{"the same", `{"n":3,"x":1,"mode":"up"}`, true},
		{"a number with a fraction of 0", `{"n":3.0,"x":1.0,"mode":"up"}`, true},
		{"a number as text", `{"n":"3","x":"1e0","mode":"up"}`, true},
		{"stored before the case had a mode", `{"n":3,"x":1}`, true},
		{"another default", `{"n":3,"mode":"up"}`, false},
		{"another number", `{"n":4,"x":1,"mode":"up"}`, false},
		{"another choice", `{"n":3,"x":1,"mode":"down"}`, false},
		{"a choice that is gone", `{"n":3,"x":1,"mode":"sideways"}`, false},
		{"a param that is gone", `{"n":3,"x":1,"mode":"up","model":"gpt2"}`, false},
		{"a list", `{"n":[3],"x":1,"mode":"up"}`, false},
		{"nothing", `{}`, false},
	} {
		var stored profiler.Params
		if err := json.Unmarshal([]byte(test.stored), &stored); err != nil {
			t.Fatal(err)
		}
		if got := inputCase.Matches(stored, params); got != test.want {
			t.Errorf("%s: Matches = %t, want %t", test.name, got, test.want)
		}
	}
}
