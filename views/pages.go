// Package views renders heaplab's pages. A page is a templ component that takes one struct with all its
// data. Go files compute the texts and the geometry of charts; the templates only place them.
package views

import (
	"time"

	"heaplab/profiler"
	"heaplab/profiler/report"
	"heaplab/profiler/subject/builtin"
)

// Sections of the main navigation.
const (
	sectionExperiments = "experiments"
	sectionCases       = "cases"
	sectionLaunch      = "launch"
)

// Chrome is the frame around every page.
type Chrome struct {
	Title    string
	Section  string // "experiments", "cases", "launch" or ""
	ReadOnly bool   // a shared page: it has the brand only, and no links to other pages
	Foot     string // at the end of the page; "" is the program's name

	Description string // of a shared page, for link previews; "" elsewhere
	URL         string // absolute address of a shared page; "" elsewhere
	Image       string // absolute address of its picture; may be ""
	Plots       bool   // there are charts that a script draws
	Flame       bool   // there is a flame graph
	Uploads     bool   // files are chosen or dropped
	Refresh     bool   // reload every few seconds without JavaScript
}

// A HistoryItem is an experiment in a list.
type HistoryItem struct {
	Experiment  profiler.Experiment
	Conclusion  report.Conclusion   // of an experiment that has ended
	Comparisons []report.Comparison // of the conclusion's variant in the primary units
}

// A HistoryPage lists experiments.
type HistoryPage struct {
	Items      []HistoryItem
	Cases      []builtin.Case // to filter by
	Subjects   []string       // other kinds of subjects to filter by
	Kind       profiler.Kind  // this and the following fields are the filter
	Case       string
	State      profiler.State
	Query      string
	Tag        string
	Sort       string
	Next       string // URL of the next page, or ""
	First      string // URL of the first page, or "" on it
	Self       string // URL of this page
	Unfiltered bool   // no filter is set: an empty list means an empty history
}

// A CasesPage lists the cases.
type CasesPage struct {
	Cases   []builtin.Case
	Results map[string]CaseResult // by the name of the case
}

// A CasePage explains one case.
type CasePage struct {
	Case        builtin.Case
	Result      CaseResult
	Past        []HistoryItem
	Predictions []profiler.Prediction // with the default params
	Calibrate   CalibrateForm         // with the default params
}

// A Form has the values of a form's fields and their faults.
type Form struct {
	Values map[string]string // by field
	Faults profiler.Faults   // by field; a fault of an unknown field is about the whole form
}

// A LaunchPage is the form that launches an experiment. Its fields are "param.NAME", "count",
// "benchtime", "gogc" and so on.
type LaunchPage struct {
	Form
	Cases   []builtin.Case
	Case    builtin.Case
	Preview LaunchPreview
	From    int64 // the experiment that this one is cloned from, or 0
}

// An ImportPage is the form that imports the profiles of two sides. Its fields are "baseline" and "variant",
// which are files without values, their programs, "title", "note", "tags", and those of imported.Counts.
type ImportPage struct {
	Form
	MaxUpload int64  // bytes of a file
	MaxBinary int64  // bytes of a program
	Base      string // address of the server, without a path
}

// A LaunchPreview estimates what an experiment would need and can show.
type LaunchPreview struct {
	Known       bool // false if the values have faults; then nothing else is set
	Runs        int
	Measuring   int // measure runs among Runs, which are Rounds × Rows × Variants; 0 if not known
	Rounds      int
	Rows        int // values of a sweep; 1 without a sweep
	Variants    int
	Duration    time.Duration // of the whole experiment
	First       time.Duration // of Duration, for preparing once before the first run; 0 if nothing is prepared
	FirstWhat   string        // what is prepared, such as "the training of the model"
	Basis       string        // how Duration was estimated
	Memory      int64         // bytes that a child needs
	MemoryLimit int64         // bytes that a child may use
	Decides     []string
	Predictions []profiler.Prediction
}

// A LivePage is an experiment that is queued or running.
type LivePage struct {
	Report   report.Report
	Position int // in the queue; 0 is running, 1 is next
	Done     int // runs
	Total    int
	Left     time.Duration
	Runs     []profiler.Run // finished ones, newest last
	Current  string         // the running task, such as "measure fresh, round 2 of 6"
	Output   string         // end of what the children printed
}

// A ReportPage is an experiment that has ended.
type ReportPage struct {
	Report    report.Report
	After     string // the variant that is compared with the baseline; "" is the last one
	Pinned    bool   // listed first in the history
	Shared    bool   // read-only, by a link
	File      bool   // a ReportFile: also Shared, and without links except to the original
	Expires   time.Time
	Commands  []Command
	Downloads []Download
	Flame     *ProfilePage // nil without profiles
	Exports   []Export
	Runs      []profiler.Run
	Output    string // end of what a failed child printed
	SelfURL   string // of this page without a query
	SourceURL string // of the page of source lines, without a query; "" if there is none
	Calibrate CalibrateForm
	Cloneable bool   // of benchmarks: the server allows their module
	LargeURL  string // of the launch form with the case's large preset, see LargeURL; "" in shares and files
	Image     string // absolute address of a picture for link previews, or ""

	Rounds          *RoundsForm // nil if there are no rounds, or if the page is read-only
	Judge           *JudgeForm  // nil if the same noise floors would be chosen now
	CalibrationGone bool        // the calibration that gave the noise floors was deleted
	Judgeable       []int64     // of a calibration: experiments that it would judge now and did not
}

// A JudgeForm judges an experiment again.
type JudgeForm struct {
	Calibration int64 // 0 for the default floors
}

// A CalibrateForm launches a calibration with the params and settings of an experiment. It has no Values
// if the case is no longer built in.
type CalibrateForm struct {
	Case     string
	Values   map[string]string // by field of the launch form
	Duration time.Duration     // of the calibration; 0 if not known
}

// A Command is a shell command that reproduces or inspects a result.
type Command struct {
	Title string
	Lines []string
}

// A Download is a file of a report.
type Download struct {
	Label, URL string
	Bytes      int64  // 0 if not known
	Note       string // what is in it, or ""
	Pprof      string // address of pprof's own pages of it, or ""
}

// A PprofPage says how to open a profile that the pprof pages of this server do not show.
type PprofPage struct {
	Report   report.Report
	Profile  report.ProfileReport
	Reason   string // end of a sentence whose subject is the profile
	Commands []Command
}

// An Export is a link to a report in another format.
type Export struct {
	Title, Note string // what it is, and what for
	URL         string
}

// A SharesPage lists the links by which a report is shared.
type SharesPage struct {
	ID     int64 // of the experiment
	Title  string
	Shares []ShareItem
	Link   string // the URL just made; shown once, because only its hash is stored
	Fault  string // why no link was made, as a sentence
	Now    time.Time
}

// A ShareItem is a link to a frozen report.
type ShareItem struct {
	ID                        int64
	Hint                      string // start of the token: enough to tell links apart
	Created, Expires, Revoked time.Time
	Profiles                  bool // the profiles can be downloaded through it
}

// An ErrorPage says what happened, why, and what to do next.
type ErrorPage struct {
	Status         int
	Title, Message string
	Next, NextURL  string // what to do next, and where; may be ""
	ReadOnly       bool   // on the address of a share
	Damaged        int64  // id of an experiment that cannot be read, to delete it; or 0
}
