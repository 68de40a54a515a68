package report

import "testing"

func TestParseUnitGates(t *testing.T) {
	gates, err := ParseUnitGates("B/op>+5%, allocs/op>+0,ns/op>100")
	if err != nil || len(gates) != 3 {
		t.Fatal(gates, err)
	}
	if g := gates[0]; g.Unit != "B/op" || !g.Percent || !g.Change || g.Limit != 5 {
		t.Errorf("%+v", g)
	}
	if g := gates[1]; g.Unit != "allocs/op" || g.Percent || !g.Change || g.Limit != 0 {
		t.Errorf("%+v", g)
	}
	if g := gates[2]; g.Change || g.Limit != 100 {
		t.Errorf("%+v", g)
	}
	for _, text := range []string{"", "B/op", ">5%", "B/op>", "B/op>-5%", "B/op<+5%", "a b>5", "B/op>5x", "B/op>+5%,"} {
		if gates, err := ParseUnitGates(text); err == nil {
			t.Errorf("%q is read as %+v", text, gates)
		}
	}
}

// A change holds only if the verdict is that the sides differ.
func TestJudgeUnit(t *testing.T) {
	c := Comparison{Unit: "B/op", Variant: "after", Baseline: Interval{Center: 100}, Value: Interval{Center: 110}, Delta: 10}
	for _, test := range []struct {
		gate    string
		verdict Verdict
		want    bool
	}{
		{"B/op>+5%", Worse, true},
		{"B/op>+15%", Worse, false},
		{"B/op>+5%", Unclear, false},
		{"B/op>+5%", Same, false},
		{"B/op<-5%", Better, false},
		{"B/op>+9", Worse, true},
	} {
		gates, err := ParseUnitGates(test.gate)
		if err != nil {
			t.Fatal(err)
		}
		c.Verdict = test.verdict
		outcomes, err := gates[0].JudgeUnit(Report{Comparisons: []Comparison{c}})
		if err != nil || len(outcomes) != 1 || outcomes[0].Holds != test.want {
			t.Errorf("%s of a %s change: %+v, %v", test.gate, test.verdict, outcomes, err)
		}
	}
	gates, _ := ParseUnitGates("widgets/op>+0")
	if _, err := gates[0].JudgeUnit(Report{Comparisons: []Comparison{c}}); err == nil {
		t.Error("a metric that is not compared is judged")
	}
}
