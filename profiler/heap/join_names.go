package heap

import (
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// withoutSuffix removes what a compiler appends to a name: the hash of a Rust function, and the numbers of
// clones.
func withoutSuffix(name string) string {
	if strings.Contains(name, "::h") || strings.Contains(name, "17h") || strings.HasSuffix(name[:splitNumber(name)], ".") {
		return suffixes.ReplaceAllString(name, "")
	}
	return name
}

// splitNumber returns the index of the number at the end of a name.
func splitNumber(name string) int {
	return len(strings.TrimRight(name, "0123456789"))
}

var suffixes = regexp.MustCompile(`(?:::h[0-9a-f]{16}|17h[0-9a-f]{16}E)?(?:\.(?:llvm|isra|part|constprop|cold|lto_priv)\.[0-9]+)*$`)

// withoutVersion removes vendor folders and versions from the path of a name:
// "a/vendor/b.org/c/v2@v2.0.1.F" becomes "b.org/c.F".
func withoutVersion(name string) string {
	if !strings.ContainsAny(name, "@%") && !strings.Contains(name, "vendor/") && !strings.Contains(name, "/v") {
		return name
	}
	path, arguments := name, ""
	if i := strings.IndexByte(name, '['); i >= 0 {
		path, arguments = name[:i], name[i:]
	}
	if i := strings.LastIndex("/"+path, "/vendor/"); i >= 0 {
		path = path[i+len("vendor/"):]
	}
	if strings.Contains(path, "@") {
		path = versions.ReplaceAllString(path, "")
	}
	if strings.Contains(path, "/v") || strings.Contains(path, "%2ev") {
		path = majorVersions.ReplaceAllString(path, "$1")
	}
	return path + arguments
}

var (
	versions      = regexp.MustCompile(`@v?[0-9]+\.[0-9]+\.[0-9]+(-([a-z]+\.[0-9]+|0\.[0-9A-Za-z-]+|[0-9A-Za-z-]+))?(\+[a-z]+)?`)
	majorVersions = regexp.MustCompile(`(?:/|%2e)v[0-9]+([/.])`)
)

// withoutArguments removes the type arguments of Go, and the template arguments of C++ and Rust.
func withoutArguments(name string) string {
	if strings.ContainsRune(name, '[') {
		name = removeMatching(name, '[', ']')
	}
	if strings.Contains(name, "::") && !strings.HasPrefix(name, "<") && !strings.Contains(name, "operator") {
		name = strings.ReplaceAll(removeMatching(name, '<', '>'), "::::", "::") // Rust writes f::<T>
	}
	return name
}

// differentWords returns how many words differ between two names, or -1 if the names are built from words in
// different ways.
func differentWords(a, b string) (n int) {
	const separators = "[]<>(){}*,; "
	for {
		i, k := strings.IndexAny(a, separators), strings.IndexAny(b, separators)
		if (i < 0) != (k < 0) || i >= 0 && a[i] != b[k] {
			return -1
		}
		if i < 0 {
			i, k = len(a), len(b)
		}
		switch {
		case (i == 0) != (k == 0):
			return -1
		case a[:i] != b[:k]:
			n++
		}
		if i == len(a) {
			return n
		}
		a, b = a[i+1:], b[k+1:]
	}
}

// lastElement returns the end of a name that stays the same if its package moves: what follows the last slash,
// or the last two elements of a name of C++, Rust or Java. A name of Java has at least four.
func lastElement(name string) string {
	if i := strings.LastIndexByte(name, '/'); i >= 0 {
		return name[i+1:]
	}
	separator, least := "::", 3
	if !strings.Contains(name, separator) {
		separator, least = ".", 4
	}
	if elements := strings.Split(name, separator); len(elements) >= least && !strings.Contains(name, "(") {
		return strings.Join(elements[len(elements)-2:], separator)
	}
	return name
}

// A step leads from a function to a closure in it. The compiler numbers the closures of each kind.
type step struct {
	kind   string // the name of the closure without the function and the number
	number int
}

// maxClosures limits how deep closures can be in closures.
const maxClosures = 16

// splitClosures returns the outermost function of a closure, and the steps from it to the closure. It returns
// no steps if the name is not that of a closure.
func splitClosures(name string) (function string, steps []step) {
	function = name
	for {
		outer, s, ok := splitClosure(function)
		if !ok {
			slices.Reverse(steps)
			return function, steps
		}
		if len(steps) == maxClosures {
			return name, nil
		}
		function, steps = outer, append(steps, s)
	}
}

// splitClosure returns the function around a closure, and the step to the closure. ok is false if the name is
// not one that a compiler gives to a closure.
func splitClosure(name string) (outer string, s step, ok bool) {
	if name == "" {
		return "", step{}, false
	}
	if last := name[len(name)-1]; last == '}' || strings.HasSuffix(name, "}::operator()") {
		return splitBraces(name)
	} else if last < '0' || last > '9' {
		return "", step{}, false
	}
	head := name[:splitNumber(name)]
	number, ok := closureNumber(name[len(head):])
	if !ok {
		return "", step{}, false
	}
	if outer, ok := strings.CutSuffix(head, "-range"); ok { // of Go: the body of a loop over a function
		return outer, step{"-range", number}, true
	}
	dot := strings.LastIndexByte(head, '.')
	if dot <= 0 {
		return "", step{}, false
	}
	outer, kind := head[:dot], head[dot+1:]
	ok = false
	switch {
	case kind == "func" || kind == "gowrap" || kind == "deferwrap": // of Go
		ok = strings.Contains(outer, ".")
	case kind == "": // of Go, in a closure
		word := outer[strings.LastIndexByte(strings.TrimRight(outer, "0123456789."), '.')+1:]
		ok = strings.HasPrefix(word, "func") || strings.HasPrefix(word, "gowrap") || strings.Contains(word, "-range")
	case strings.HasPrefix(kind, "lambda$") && strings.HasSuffix(kind, "$"): // of Java
		ok = true
	}
	return outer, step{kind, number}, ok
}

// splitBraces is splitClosure for C++ and Rust, such as "f::{lambda(int)#1}::operator()" and
// "f::{closure#0}".
func splitBraces(name string) (outer string, s step, ok bool) {
	start, mark := strings.LastIndex(name, "::{"), strings.LastIndexByte(name, '#')
	if start <= 0 || mark < start {
		return "", step{}, false
	}
	digits := name[mark+1:]
	end := max(strings.IndexByte(digits, '}'), 0)
	number, ok := closureNumber(digits[:end])
	return name[:start], step{name[start:mark] + digits[end:], number}, ok
}

// closureNumber returns the number that a compiler wrote.
func closureNumber(digits string) (number int, ok bool) {
	number, err := strconv.Atoi(digits)
	return number, err == nil && strconv.Itoa(number) == digits
}
