package builtin

import (
	"encoding/json"
	"reflect"
	"testing"
)

func TestHandles(t *testing.T) {
	n := NewInt("n", 3, 1, 10, "a count")
	x := NewNumber("x", 0.5, 0, 1, "a share")
	mode := NewChoice("mode", "up", []string{"up", "down"}, "a direction")
	c := Case{Params: ParamsOf(n.AtLeast(2), x, mode.WithChoices("left"))}

	got, err := json.Marshal(c.Params)
	const want = `[{"name":"n","type":"int","default":3,"min":2,"max":10,"help":"a count"},` +
		`{"name":"x","type":"number","default":0.5,"min":0,"max":1,"help":"a share"},` +
		`{"name":"mode","type":"choice","default":"up","min":0,"max":0,"choices":["up","down","left"],"help":"a direction"}]`
	if err != nil || string(got) != want {
		t.Errorf("got  %s, %v\nwant %s", got, err, want)
	}
	if n.Param().Min != 1 || len(mode.Param().Choices) != 2 {
		t.Errorf("the original params changed: %+v, %+v", n.Param(), mode.Param())
	}

	p, faults := c.Resolve(Values(n.Is(7), mode.Is("left")))
	if faults != nil {
		t.Fatal(faults)
	}
	if n.Of(p) != 7 || x.Of(p) != 0.5 || mode.Of(p) != "left" {
		t.Errorf("resolved to %v", p)
	}
	if values := Values(); values == nil || len(values) != 0 {
		t.Errorf("Values() = %v, want an empty map", values)
	}
	if values := Values(n.Is(7), x.Is(1)); !reflect.DeepEqual(values, map[string]any{"n": int64(7), "x": 1.0}) {
		t.Errorf("Values = %v", values)
	}
}
