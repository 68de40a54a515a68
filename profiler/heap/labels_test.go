package heap

import (
	"fmt"
	"slices"
	"testing"
)

func TestRootByLabel(t *testing.T) {
	p := newProfile(stack{[]string{"f", "main"}, 100}, stack{[]string{"f", "main"}, 200}, stack{[]string{"g", "main"}, 50}, stack{[]string{"g"}, 7})
	p.Sample[0].Label = map[string][]string{"tenant": {"a"}}
	p.Sample[1].Label = map[string][]string{"tenant": {"b"}, "thread": {"1"}}
	p.Sample[2].Label = map[string][]string{"tenant": {"a"}}
	p.Sample[3].NumLabel = map[string][]int64{"bytes": {64}}
	d, err := NewDigest(p)
	if err != nil {
		t.Fatal(err)
	}
	if want := []string{"bytes", "tenant", "thread"}; !slices.Equal(d.Labels, want) {
		t.Errorf("labels %q, want %q", d.Labels, want)
	}
	total := d.Totals
	for key, want := range map[string]map[string]int64{
		"tenant": {"tenant: a": 150, "tenant: b": 200, "tenant: none": 7},
		"bytes":  {"bytes: none": 350, "bytes: 64": 7},
		"absent": {"absent: none": 357},
	} {
		q, err := RootByLabel(p.Copy(), key)
		if err != nil {
			t.Fatal(err)
		}
		d, err := NewDigest(q)
		if err != nil {
			t.Fatal(err)
		}
		got := map[string]int64{}
		for _, n := range d.Nodes {
			if n.Parent == 0 {
				got[d.Functions[n.Function].Name] = n.Values.AllocSpace
			}
		}
		if fmt.Sprint(got) != fmt.Sprint(want) || d.Totals != total {
			t.Errorf("%s: %v of %+v, want %v of %+v", key, got, d.Totals, want, total)
		}
		checkTree(t, d)
	}
}

// Of many values, the largest have their own function.
func TestManyLabelValues(t *testing.T) {
	var stacks []stack
	for i := range 300 {
		stacks = append(stacks, stack{[]string{"f"}, int64(1000 + i)})
	}
	p := newProfile(stacks...)
	for i, s := range p.Sample {
		s.Label = map[string][]string{"request": {fmt.Sprint(i)}}
	}
	p, err := RootByLabel(p, "request")
	if err != nil {
		t.Fatal(err)
	}
	d, err := NewDigest(p)
	if err != nil {
		t.Fatal(err)
	}
	if len(d.Functions) != 1+maxLabelValues+1 {
		t.Errorf("%d functions, want f, %d values and others", len(d.Functions), maxLabelValues)
	}
	checkTree(t, d)
}
