package profiler

import (
	"encoding/json"
	"math"
	"reflect"
	"testing"
)

func TestParseAssignments(t *testing.T) {
	got, err := ParseAssignments([]string{"a=1", "b=x=y", "c="})
	if want := map[string]any{"a": "1", "b": "x=y", "c": ""}; err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("got %v, %v; want %v", got, err, want)
	}
	for _, bad := range []string{"a", "=1", ""} {
		if _, err := ParseAssignments([]string{bad}); err == nil {
			t.Errorf("%q was accepted", bad)
		}
	}
}

func TestFloatInJSON(t *testing.T) {
	text, err := json.Marshal([]Float{1.5, Undefined(), Float(math.Inf(1)), Float(math.Inf(-1))})
	if err != nil || string(text) != "[1.5,null,null,null]" {
		t.Fatalf("JSON = %s, %v", text, err)
	}
	var back []Float
	if err := json.Unmarshal(text, &back); err != nil || back[0] != 1.5 || back[1].Finite() {
		t.Errorf("read back %v, %v", back, err)
	}
}
