package heap

import (
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Package returns what a function belongs to: its package, namespace or module if its name has one; else the
// folder of its source file; else only itself. The name alone rarely tells the language, so names are told
// apart by their form. file may be "".
func Package(name, file string) string {
	if of, id, ok := Unnamed(name); ok {
		switch {
		case of == "" && id == "":
			return Nameless
		case id == "":
			return of
		}
		return strings.TrimSpace(of + " (build ID " + id + ")")
	}
	if pkg := namedPackage(name, file); pkg != "" {
		return pkg
	}
	if slash := strings.LastIndexAny(file, `/\`); slash > 0 {
		return file[:slash]
	}
	if file != "" {
		return file
	}
	return name
}

// SplitName splits a name after its package: "encoding/json." and "Marshal". pkg is "" if the name does not
// begin with its package.
func SplitName(name string) (pkg, function string) {
	if _, _, unnamed := Unnamed(name); unnamed {
		return "", name
	}
	pkg = namedPackage(name, "")
	if pkg == "" || !strings.HasPrefix(name, pkg) {
		return "", name
	}
	rest := name[len(pkg):]
	for _, separator := range []string{"::", ".", "/", `\`, ":", "#"} {
		if after, ok := strings.CutPrefix(rest, separator); ok && after != "" {
			return name[:len(name)-len(after)], after
		} else if ok {
			break
		}
	}
	return "", name
}

// namedPackage returns the package that a name has, or "".
func namedPackage(name, file string) string {
	if strings.Contains(name, ":") { // most names have none, and expressions are slow
		if found := scriptFunction.FindStringSubmatch(name); found != nil {
			return found[1]
		}
	}
	switch {
	case strings.HasSuffix(file, ".go"):
		return goPackage(name)
	case file != "" && scriptFile.MatchString(file):
		return "" // names of JavaScript have classes, but no modules
	case strings.Contains(name, `\`):
		return phpNamespace(name)
	case strings.Contains(name, "::"), strings.Contains(name, "#") && isCapital(name):
		return namespace(name)
	}
	return dottedPackage(name, file)
}

var (
	// "/srv/app/models.py:load"
	scriptFunction = regexp.MustCompile(`^([^(<\[]*\.[A-Za-z]\w{0,4}):[^:]`)
	scriptFile     = regexp.MustCompile(`^node:|\.(?:[cm]?js|[cm]?ts|jsx|tsx)$`)
)

// phpNamespace returns the namespace of a name of PHP such as App\Models\User::load.
func phpNamespace(name string) string {
	class, _, _ := strings.Cut(name, "::")
	return strings.TrimPrefix(class[:max(strings.LastIndexByte(class, '\\'), 0)], `\`)
}

// goVersion is the end of a package such as gopkg.in/yaml.v3.
var goVersion = regexp.MustCompile(`^\.v\d+\.`)

// goPackage returns the package of a name of Go: the first dot after the last slash ends it. Type arguments
// may contain slashes.
func goPackage(name string) string {
	end := strings.IndexByte(name, '[')
	if end < 0 {
		end = len(name)
	}
	slash := strings.LastIndexByte(name[:end], '/') + 1
	dot := strings.IndexByte(name[slash:end], '.')
	if dot < 0 {
		return ""
	}
	dot += slash
	if slash > 0 && goVersion.MatchString(name[dot:]) {
		dot += 1 + strings.IndexByte(name[dot+1:], '.')
	}
	return name[:dot]
}

var (
	goClosure = regexp.MustCompile(`^(?:func\d+|gowrap\d+|deferwrap\d+|\d+)$`)
	jvmFile   = regexp.MustCompile(`\.(?:java|kt|kts|scala|groovy|clj)$`)
	jvmRoots  = []string{"java", "javax", "jdk", "sun", "com", "org", "kotlin", "scala"}
)

// dottedPackage returns the package of a name with dots: of Go, Java, Python or .NET. A package of Java ends
// before the first name that begins with a capital letter, that of the class.
func dottedPackage(name, file string) string {
	if strings.Contains(name, ".(") {
		return goPackage(name)
	}
	core := name
	if end := strings.IndexAny(core, "[("); end >= 0 {
		core = core[:end]
	}
	if slash := strings.IndexByte(core, '/'); slash >= 0 {
		if class := firstCapital(dotted(core[:slash])); class <= 0 { // else the slash is in the name of a lambda expression's class
			last := strings.LastIndexByte(core, '/')
			if isCapital(core[last+1:]) && !strings.Contains(core[:slash], ".") && strings.Contains(core[last:], ".") {
				return core[:last]
			}
			return goPackage(name)
		}
		core = core[:slash]
	}
	parts := dotted(core)
	for len(parts) > 2 && goClosure.MatchString(parts[len(parts)-1]) {
		parts = parts[:len(parts)-1]
	}
	if len(parts) < 2 {
		return ""
	}
	class := firstCapital(parts)
	python, jvm := strings.HasSuffix(file, ".py"), jvmFile.MatchString(file)
	n := class // parts of the package
	switch {
	case class < 0 && (python || jvm):
		n = len(parts) - 1
	case class < 0:
		n = 1
	case class == 0 && python:
		return ""
	case class == 0: // .NET, or a class without a package
		n = max(len(parts)-2, 1)
	case class == 2 && len(parts) == 3 && !python && !jvm && !slices.Contains(jvmRoots, parts[0]): // Go's sort.reverse.Less
		n = 1
	}
	return strings.Join(parts[:n], ".")
}

// dotted splits a name at its dots, but not within type arguments. A name such as ".ctor" keeps its dot.
func dotted(name string) (parts []string) {
	depth, start := 0, 0
	for i := 0; i < len(name); i++ {
		switch {
		case name[i] == '<':
			depth++
		case name[i] == '>':
			depth = max(depth-1, 0)
		case name[i] == '.' && depth == 0 && i > start:
			parts = append(parts, name[start:i])
			start = i + 1
		}
	}
	return append(parts, name[start:])
}

// firstCapital returns the index of the first part that begins with a capital letter, or -1.
func firstCapital(parts []string) int { return slices.IndexFunc(parts, isCapital) }

func isCapital(s string) bool {
	r, _ := utf8.DecodeRuneInString(s)
	return unicode.IsUpper(r)
}
