package views

import (
	"testing"

	"heaplab/profiler"
)

// The form is on the page of a report, unless the experiment cannot be continued.
func TestRoundsForm(t *testing.T) {
	for _, test := range []struct {
		name    string
		form    *RoundsForm
		state   profiler.State
		fields  int    // of a number
		resumes bool   // has a button that finishes the plan
		text    string // in the panel
	}{
		{"done", &RoundsForm{Experiment: 42, Rounds: "4", Least: 1, Most: 94, Duration: 17e9}, profiler.Done, 1, false, "4 more: about 17 s."},
		{"too few rounds for the verdict", &RoundsForm{Experiment: 42, Rounds: "3", Least: 1, Most: 94, Lacking: 3}, profiler.Done, 2, false, "Rounds to add"},
		{"fault", &RoundsForm{Experiment: 42, Rounds: "0", Least: 1, Most: 94, Fault: "must be larger"}, profiler.Done, 1, false, "Must be larger."},
		{"refused", &RoundsForm{Experiment: 42, Refusal: "The kernel has changed."}, profiler.Done, 0, false, "The kernel has changed."},
		{"interrupted", &RoundsForm{Experiment: 42, Rounds: "4", Most: 94, Left: 3}, profiler.Interrupted, 1, true, "Rounds to add"},
		{"interrupted, with the most rounds", &RoundsForm{Experiment: 42, Left: 3}, profiler.Interrupted, 0, true, ""},
		{"interrupted and refused", &RoundsForm{Experiment: 42, Refusal: "The kernel has changed."}, profiler.Interrupted, 0, false, "The kernel has changed."},
		{"read-only", nil, profiler.Done, 0, false, ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			p := testReportPage()
			p.Report.State, p.Rounds = test.state, test.form
			doc := document(t, Report(p))
			forms := doc.Find(`form[action="/experiments/42/rounds"]`)
			if got := forms.Find(`input[type="number"][name="rounds"]`).Length(); got != test.fields {
				t.Errorf("%d fields, want %d", got, test.fields)
			}
			if got := forms.Find(`input[type="hidden"][value="0"]`).Length() == 1; got != test.resumes {
				t.Errorf("has the button Continue: %t, want %t", got, test.resumes)
			}
			containsAll(t, "panel", text(doc.Find(".confirm.keep")), test.text)
			if _, open := doc.Find(".confirm.keep").Attr("open"); open != (test.form != nil && test.form.Fault != "") {
				t.Errorf("the panel is open: %t", open)
			}
		})
	}
}
