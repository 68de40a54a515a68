package main

import (
	"strings"
	"testing"

	"heaplab/profiler"
)

// Rounds are added with the form beside a verdict that lacks them. A canceled experiment is continued with a button.
func TestAddRoundsInTheBrowser(t *testing.T) {
	t.Parallel()
	me := newTab(t)
	d := startDashboard(t, t.TempDir())
	d.post("/api/v1/experiments", `{"case":"preallocation","params":{"filters":4,"image":12,"batch":8,"examples":40,"epochs":2},"count":2,"benchtime":"20x"}`)
	before := d.await(1, ended)

	me.open(d.url + "/experiments/1")
	me.click(`details.keep:has(.rounds) summary`)
	me.audit("report-rounds")
	me.fill(`.verdict .rounds [name="rounds"]`, "2")
	me.click(`.verdict .rounds button`)
	me.until(`document.querySelector('.added')`)
	me.untilReport(1)
	after := d.await(1, ended)
	if after.State != profiler.Done || after.Config.Count != before.Config.Count+2 {
		t.Errorf("%s with %d rounds, %d before", after.State, after.Config.Count, before.Config.Count)
	}
	if text := me.text(); !strings.Contains(text, "then 2 more") {
		t.Errorf("the report says %.2000s", text)
	}
	me.audit("report-added")

	d.post("/api/v1/experiments", `{"case":"preallocation","params":{"filters":4,"image":12,"batch":8,"examples":40,"epochs":2},"count":20,"benchtime":"500x"}`)
	me.open(d.url + "/experiments/2")
	me.until(`document.querySelectorAll('.runs tbody tr').length > 1`)
	me.click(`.actions button`)
	me.until(`document.querySelector('.ended')`)
	me.audit("report-continue")
	me.click(`.ended .next button`)
	me.until(`document.querySelector('[data-live]')`)
	me.click(`.actions button`)
	if r := d.await(2, ended); r.State != profiler.Canceled || len(r.Added) != 1 || r.RunsDone < 2 {
		t.Errorf("%s after %d runs, added %v", r.State, r.RunsDone, r.Added)
	}
}
