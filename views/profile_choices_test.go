package views

import (
	"slices"
	"strings"
	"testing"

	"heaplab/profiler"
	"heaplab/profiler/heap"
)

// texts returns the texts of choices, the current one in brackets.
func texts(all []choice) string {
	var out []string
	for _, c := range all {
		if c.Current {
			c.Text = "[" + c.Text + "]"
		}
		out = append(out, c.Text)
	}
	return strings.Join(out, " ")
}

func TestProfileChoices(t *testing.T) {
	p := testProfilePage(func(q *ProfileQuery) { q.Width = WidthChange })
	for name, test := range map[string]struct{ got, want string }{
		"kinds":  {texts(kindChoices(p)), "[Operations] Peak"},
		"types":  {texts(typeChoices(p)), "[Allocated] Objects In use In-use objects Churn Churned objects"},
		"per":    {texts(perChoices(p)), "[Per op] Total Share"},
		"widths": {texts(widthChoices(p)), "Both Before After [Change]"},
		"by":     {texts(byChoices(p)), "[Functions] Packages"},
		"views":  {texts(views(p)), "[Flame graph] Calls Functions All variants"},
	} {
		if test.got != test.want {
			t.Errorf("%s: %q, want %q", name, test.got, test.want)
		}
	}
}

// Values per operation need the numbers of operations of both profiles.
func TestPerChoicesWithoutCalls(t *testing.T) {
	p := testProfilePage(func(q *ProfileQuery) { q.Per = PerTotal })
	p.Sides[1].Calls = 0
	if got := texts(perChoices(p)); got != "[Total] Share" {
		t.Errorf("%q", got)
	}
}

func TestViewsOfTwoVariants(t *testing.T) {
	p := testProfilePage(func(*ProfileQuery) {})
	p.Report.Variants = p.Report.Variants[:2]
	if got := texts(views(p)); strings.Contains(got, "All variants") {
		t.Errorf("%q", got)
	}
}

// Another kind of profile is shown with its own default type and reading.
func TestKindChoicesResetTheReading(t *testing.T) {
	p := testProfilePage(func(q *ProfileQuery) { q.Type, q.Per = heap.ChurnSpace, PerShare })
	if got, want := kindChoices(p)[1].URL, "/experiments/42/profile?kind=peak"; got != want {
		t.Errorf("peak is at %q, want %q", got, want)
	}
}

// Packages have no column "cum", so a list sorted by it gets the default order.
func TestByChoicesResetTheOrder(t *testing.T) {
	p := testProfilePage(func(q *ProfileQuery) { q.View, q.Sort = ViewTop, "cum" })
	if got, want := byChoices(p)[1].URL, "/experiments/42/profile?by=package&view=top#graph"; got != want {
		t.Errorf("packages are at %q, want %q", got, want)
	}
}

func TestHiddenFields(t *testing.T) {
	p := testProfilePage(func(q *ProfileQuery) { q.View, q.Per, q.Focus, q.Search = ViewTop, PerShare, "decode", "Pool" })
	want := []hiddenField{{"focus", "decode"}, {"per", PerShare}, {"view", ViewTop}}
	if got := p.hidden(); !slices.Equal(got, want) {
		t.Errorf("of the table: %v, want %v", got, want)
	}
	p.Query.View = ViewCalls
	want = []hiddenField{{"per", PerShare}, {"view", ViewCalls}}
	if got := p.hidden(); !slices.Equal(got, want) {
		t.Errorf("of the calls, whose form has a field for the focus: %v, want %v", got, want)
	}
}

func TestResetFilters(t *testing.T) {
	p := testProfilePage(func(q *ProfileQuery) { q.Focus, q.Ignore, q.Depth, q.Per = "decode", "log", 3, PerShare })
	if !p.filtered() || !p.changed() {
		t.Error("filters are not noticed")
	}
	if got, want := p.reset(), "/experiments/42/profile?per=share"; got != want {
		t.Errorf("reset to %q, want %q", got, want)
	}
	p = testProfilePage(func(q *ProfileQuery) { q.Search = "Pool" })
	if p.filtered() || !p.changed() {
		t.Error("a search is a change, but no filter")
	}
	p = testProfilePage(func(*ProfileQuery) {})
	p.Faults = profiler.Faults{{Field: "depth", Message: "must be a number"}}
	if !p.filtered() {
		t.Error("filters with faults must stay open")
	}
}

func TestPictureURL(t *testing.T) {
	p := testProfilePage(func(q *ProfileQuery) { q.View = ViewTop })
	if got, want := p.svgURL(), "/experiments/42/profile.svg"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
	p.Query.Focus = "decode"
	if got, want := p.svgURL(), "/experiments/42/profile.svg?focus=decode"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
}
