package profiler_test

import (
	"os/exec"
	"slices"
	"strings"
	"testing"
)

// allowed lists the packages of this module that each package may import. The figure in README.md
// shows it. A name that ends in /... covers a folder and everything in it.
var allowed = map[string]string{
	"profiler":                   "profiler/heap",
	"profiler/heap":              "",
	"profiler/words":             "profiler",
	"profiler/report":            "profiler profiler/heap profiler/words",
	"profiler/export":            "profiler profiler/heap profiler/report profiler/words",
	"profiler/child":             "profiler profiler/heap",
	"profiler/listing":           "profiler/heap",
	"profiler/subject":           "profiler",
	"profiler/subject/builtin":   "profiler profiler/child profiler/subject profiler/words",
	"profiler/subject/imported":  "profiler profiler/child profiler/heap profiler/subject",
	"profiler/subject/command":   "profiler profiler/child profiler/subject",
	"profiler/cases/...":         "profiler profiler/access profiler/cases/... profiler/listing profiler/model/... profiler/pool profiler/subject/builtin profiler/weights",
	"profiler/model/...":         "profiler/model/...",
	"profiler/access":            "profiler/model/...",
	"profiler/pool":              "profiler/model",
	"profiler/weights/...":       "profiler/weights/...",
	"profiler/profilertest/...":  "profiler profiler/child profiler/profilertest profiler/subject profiler/subject/builtin",
	"profiler/report/reporttest": "profiler profiler/heap profiler/report",
	"profiler/truth":             "profiler profiler/child profiler/report profiler/subject profiler/subject/builtin",
	"migrations":                 "",
	"static":                     "",
	"store":                      "migrations profiler profiler/heap store/internal/db",
	"store/internal/db":          "",
	"store/queue":                "profiler profiler/child profiler/report profiler/subject profiler/subject/imported profiler/words store",
	"views":                      "profiler profiler/export profiler/heap profiler/listing profiler/report profiler/subject/builtin profiler/weights profiler/words static",
	"handlers":                   "handlers/pprofui profiler profiler/child profiler/export profiler/heap profiler/listing profiler/report profiler/subject/... profiler/weights profiler/words static store store/queue views",
	"handlers/pprofui":           "profiler/heap",
	"cmd/web":                    "handlers profiler profiler/cases profiler/child profiler/export profiler/heap profiler/report profiler/subject profiler/subject/... profiler/weights profiler/words store store/queue",
}

func TestImports(t *testing.T) {
	out, err := exec.Command("go", "list", "-f", `{{.ImportPath}} {{join .Imports " "}}`, "heaplab/...").Output()
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(out)) {
		names := strings.Fields(strings.ReplaceAll(line, "heaplab/", ""))
		rule, ok := ruleFor(names[0])
		if !ok {
			t.Errorf("package %s has no rule: add one to allowed", names[0])
			continue
		}
		for _, name := range names[1:] {
			if !strings.Contains(line, "heaplab/"+name) {
				continue // not of this module
			}
			if !slices.ContainsFunc(strings.Fields(rule), func(pattern string) bool { return matches(pattern, name) }) {
				t.Errorf("%s imports %s; it may import %s", names[0], name, rule)
			}
		}
	}
}

// ruleFor returns the rule of a package: its own before that of its folder.
func ruleFor(name string) (string, bool) {
	if rule, ok := allowed[name]; ok {
		return rule, true
	}
	for pattern, rule := range allowed {
		if matches(pattern, name) {
			return rule, true
		}
	}
	return "", false
}

func matches(pattern, name string) bool {
	folder, ok := strings.CutSuffix(pattern, "/...")
	return name == pattern || ok && (name == folder || strings.HasPrefix(name, folder+"/"))
}
