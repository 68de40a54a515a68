package views

import (
	"fmt"
	"net/url"
	"slices"

	"heaplab/profiler/subject"
	"heaplab/profiler/subject/gobench"
	"heaplab/profiler/words"
)

// A BenchmarksPage lists the benchmarks of a module, to choose one.
type BenchmarksPage struct {
	Modules []string // paths of all modules that the server allows
	Module  string   // path; "" if there are no modules
	Query   string
	List    gobench.List        // all benchmarks of the module
	Found   int                 // those that match the query
	First   int                 // of Found, how many are on earlier pages
	Shown   []gobench.Benchmark // those on this page
	Self    string              // address of this page

	Previous, Next string // addresses of other pages; "" if there is none
}

// A BenchmarkPage is the form that launches benchmarks of a module. Its fields are those of the form of a case, with
// "param.package", "param.bench", "title", "versions", and the versions "param.before", "param.after", "param.after-2"
// and so on.
type BenchmarkPage struct {
	Form
	Module  string // path
	Dir     string // folder
	Choices gobench.Choices
	From    int64 // the experiment that this one is cloned from, or 0
}

// Choices of versions, see BenchmarkPage. Only with VersionsOther do the fields of versions apply.
const (
	VersionsWorkTree = "work-tree" // against the last commit
	VersionsBranch   = "branch"    // the current branch against its merge base with Choices.Base
	VersionsOther    = "other"
)

// What can be launched or imported.
const (
	launchCase = iota
	launchBenchmark
	launchImport
)

// A packageGroup is a package with its benchmarks on a page.
type packageGroup struct {
	Package    string
	Count      int // of all benchmarks of the package
	Benchmarks []gobench.Benchmark
}

func packageGroups(p BenchmarksPage) []packageGroup {
	var groups []packageGroup
	for _, b := range p.Shown {
		if n := len(groups); n == 0 || groups[n-1].Package != b.Package {
			groups = append(groups, packageGroup{Package: b.Package, Count: countIn(p.List, b.Package)})
		}
		last := &groups[len(groups)-1]
		last.Benchmarks = append(last.Benchmarks, b)
	}
	return groups
}

// countIn returns the number of benchmarks of a package.
func countIn(l gobench.List, pkg string) int {
	before := func(b gobench.Benchmark, pkg string) int {
		if b.Package < pkg {
			return -1
		}
		return 1
	}
	first, _ := slices.BinarySearchFunc(l.Benchmarks, pkg, before)
	n := 0
	for first+n < len(l.Benchmarks) && l.Benchmarks[first+n].Package == pkg {
		n++
	}
	return n
}

// foundText says how many benchmarks match, and which of them the page shows.
func foundText(p BenchmarksPage) string {
	all := words.Plural(len(p.List.Benchmarks), "benchmark")
	switch {
	case p.Query != "":
		all = fmt.Sprintf("%s of %s match", words.Group(fmt.Sprint(p.Found)), all)
	case len(p.List.Benchmarks) == 0:
		return ""
	}
	if p.Previous == "" && p.Next == "" {
		return all
	}
	return fmt.Sprintf("%s, %s to %s shown", all, words.Group(fmt.Sprint(p.First+1)), words.Group(fmt.Sprint(p.First+len(p.Shown))))
}

func benchmarksURL(module string) string {
	return "/benchmarks?" + url.Values{"module": {module}}.Encode()
}

// benchmarkURL returns the address of the form for the benchmarks of a package that a pattern matches.
func benchmarkURL(module, pkg, pattern string) string {
	return "/benchmarks/new?" + url.Values{"module": {module}, "param.package": {pkg}, "param.bench": {pattern}}.Encode()
}

// onlyBenchmark returns the pattern that matches one benchmark with its sub-benchmarks.
func onlyBenchmark(name string) string { return "^" + name + "$" }

const everyBenchmark = "."

// shellLines returns commands that launch what the form was opened with.
func shellLines(p BenchmarkPage) string {
	return fmt.Sprintf("cd %s\nheaplab bench %s \\\n  --bench %s", subject.Quote(p.Dir), subject.Quote(p.Values["param.package"]), subject.Quote(p.Values["param.bench"]))
}

// moreVersions returns the names of the fields for versions that an experiment need not have.
func moreVersions() []string { return subject.Variants(gobench.MaxVersions)[2:] }

// hasMoreVersions reports whether one of them is filled in or has a fault.
func hasMoreVersions(f Form) bool {
	return slices.ContainsFunc(moreVersions(), func(name string) bool {
		return f.Values["param."+name] != "" || f.Faults.For("param."+name) != ""
	})
}

func isBenchmarkField(name string) bool {
	switch name {
	case "param." + gobench.ParamPackage, "param." + gobench.ParamBench, "title", "count", "benchtime", "gogc", "gomemlimit", "gomaxprocs", "time_limit", "memory_limit", "over", "values", "note", "tags":
		return true
	}
	return slices.ContainsFunc(subject.Variants(gobench.MaxVersions), func(v string) bool { return name == "param."+v })
}

// workTreeText says what the choice of the work tree compares.
func workTreeText(c gobench.Choices) string {
	switch {
	case c.Changed < 0:
		return "The files as they are now, committed or not, with the last commit."
	case c.Changed == 0:
		return "No file differs from the last commit now, so there is nothing to compare."
	case c.Changed == 1:
		return "The files as they are now, committed or not, with the last commit. One file or folder differs."
	}
	return fmt.Sprintf("The files as they are now, committed or not, with the last commit. %s files or folders differ.", words.Group(fmt.Sprint(c.Changed)))
}

// branchText says what the choice of the branch compares.
func branchText(c gobench.Choices) string {
	text := fmt.Sprintf("The last commit with the one at which the branch left %s.", words.Plain(c.Base))
	switch {
	case c.Own == 0:
		return fmt.Sprintf("The branch has no commit that %s does not have, so there is nothing to compare.", words.Plain(c.Base))
	case c.Own >= gobench.MaxOwn:
		return text + " Many commits lie between them."
	case c.Own == 1:
		return text + " One commit lies between them."
	}
	return text + fmt.Sprintf(" %d commits lie between them.", c.Own)
}

// branchTitle is the name of the choice of the branch.
func branchTitle(c gobench.Choices) string {
	if c.Branch == "" {
		return "The last commit against its merge base with " + words.Plain(c.Base)
	}
	return fmt.Sprintf("Branch %s against its merge base with %s", words.Plain(c.Branch), words.Plain(c.Base))
}
