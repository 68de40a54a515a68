package profiler_test

import (
	"os"
	"os/exec"
	"regexp"
	"strings"
	"testing"
)

// A layering holds the line of each package in the figure of README.md.
type layering map[string]int

// readLayering reads the figure: each line begins with packages, and two spaces end their list.
func readLayering(t *testing.T) layering {
	t.Helper()
	b, err := os.ReadFile("../README.md")
	if err != nil {
		t.Fatal(err)
	}
	_, section, _ := strings.Cut(string(b), "## How it is built")
	_, section, _ = strings.Cut(section, "```\n")
	figure, _, found := strings.Cut(section, "```")
	if !found {
		t.Fatal("README.md has no figure of the packages")
	}
	layers := layering{}
	for n, line := range strings.Split(strings.TrimSpace(figure), "\n") {
		names, _, _ := strings.Cut(line, "  ")
		for _, name := range expand(names) {
			layers[name] = n
		}
	}
	return layers
}

var braces = regexp.MustCompile(`(\S*)\{([^}]*)\}`)

// expand returns the names of a list such as "a, b/{c, d}".
func expand(list string) []string {
	list = braces.ReplaceAllStringFunc(list, func(s string) string {
		m := braces.FindStringSubmatch(s)
		var names []string
		for _, name := range strings.Split(m[2], ",") {
			names = append(names, m[1]+strings.TrimSpace(name))
		}
		return strings.Join(names, ", ")
	})
	var names []string
	for _, name := range strings.Split(list, ",") {
		names = append(names, strings.TrimSpace(name))
	}
	return names
}

// entry returns the package of the figure that a package is part of: itself, or the closest folder
// above it. The package profiler stands for itself only.
func (l layering) entry(name string) string {
	for name != "" && name != "profiler" {
		if _, ok := l[name]; ok {
			return name
		}
		name = name[:max(strings.LastIndex(name, "/"), 0)]
	}
	return name
}

// forTests matches packages that only tests and tools use.
var forTests = regexp.MustCompile(`test(/|$)|^profiler/truth$`)

// Packages import only those on lower lines of the figure.
func TestImports(t *testing.T) {
	layers := readLayering(t)
	out, err := exec.Command("go", "list", "-f", `{{.ImportPath}} {{join .Imports " "}}`, "heaplab/...").Output()
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]bool{}
	for line := range strings.Lines(string(out)) {
		fields := strings.Fields(line)
		name := strings.TrimPrefix(fields[0], "heaplab/")
		from := layers.entry(name)
		seen[from] = true
		for _, imported := range fields[1:] {
			imported, ok := strings.CutPrefix(imported, "heaplab/")
			if !ok {
				continue
			}
			switch to := layers.entry(imported); {
			case strings.HasPrefix(name, "profiler") && strings.HasPrefix(imported, "store"),
				name == "profiler" && imported != "profiler/heap",
				name == "views" && strings.HasPrefix(imported, "store"):
				t.Errorf("%s must not import %s", name, imported)
			case forTests.MatchString(name):
			case from == "" || to == "":
				t.Errorf("%s imports %s, and the figure does not show both", name, imported)
			case from != to && layers[to] <= layers[from]:
				t.Errorf("%s imports %s, which is not below it in the figure", name, imported)
			}
		}
	}
	for name := range layers {
		if !seen[name] {
			t.Errorf("the figure shows %s, which does not exist", name)
		}
	}
}
