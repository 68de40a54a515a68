package heap

import (
	"strings"

	"github.com/google/pprof/profile"
	"github.com/ianlancetaylor/demangle"
)

// Limits of the demangler. A short name can stand for a very long one, and can take very long to parse.
const (
	maxMangled   = 8 << 10 // bytes of a mangled name
	maxDemangled = 13      // bytes of a demangled name, as a power of two
	maxSteps     = 1 << 22 // estimated steps for a name, some 10 ns each
	maxAllSteps  = 1 << 28 // the same for all names of a profile
)

// demangleOptions are those of go tool pprof: without parameters and template arguments.
var demangleOptions = []demangle.Option{demangle.NoParams, demangle.NoEnclosingParams, demangle.NoTemplateParams, demangle.MaxLength(maxDemangled)}

// Demangle gives the functions of a profile the names that go tool pprof shows for them
// (github.com/google/pprof, internal/symbolizer). It demangles names of C++ and of Rust, without the hash that
// differs in each build. It keeps names that exceed a limit.
func Demangle(prof *profile.Profile) {
	steps := 0
	known := map[string]string{} // demangled names
	for _, f := range prof.Function {
		if f.Name != "" && f.SystemName != f.Name { // the producer has demangled it
			continue
		}
		name, ok := known[f.SystemName]
		if !ok {
			name = f.SystemName
			if n := stepsOf(name); n <= maxSteps && steps+n <= maxAllSteps {
				steps += n
				name = demangled(name)
			}
			known[f.SystemName] = name
		}
		f.Name = name
	}
}

// stepsOf estimates the steps that the demangler takes for a name. It parses the template arguments of a
// conversion operator, cv, twice, and takes quadratic time for an identifier in Punycode.
func stepsOf(name string) int {
	n := len(name)
	switch {
	case !strings.HasPrefix(name, "_"):
		return n
	case n > maxMangled:
		return maxSteps + 1
	}
	steps := n + n*n/64
	if operators := strings.Count(name, "cv"); operators > 0 {
		steps += n << min(operators+3, 24)
	}
	return steps
}

// demangled returns the name that pprof shows for the name of a symbol.
func demangled(name string) string {
	if strings.HasPrefix(name, "_") {
		for _, symbol := range []string{name, name[1:]} { // macOS puts a _ before each symbol
			if text := demangledSymbol(symbol); text != symbol && len(text) < 1<<maxDemangled {
				return text
			}
		}
	}
	if looksLikeCPlusPlus(name) {
		name = removeMatching(removeMatching(name, '(', ')'), '<', '>')
	}
	return name
}

// demangledSymbol returns the demangled name of a symbol, or the symbol if it is not mangled.
func demangledSymbol(symbol string) (name string) {
	defer func() {
		if recover() != nil { // the demangler does not expect some invalid symbols, such as _ZN0_17h0123456789abcdefE
			name = symbol
		}
	}()
	return demangle.Filter(symbol, demangleOptions...)
}

// looksLikeCPlusPlus reports whether a name seems to be a demangled C++ name, with parameters and template
// arguments. It also holds for names of Rust, and for some of Go; pprof treats them in the same way.
func looksLikeCPlusPlus(name string) bool {
	if strings.Contains(name, ".<") || strings.Contains(name, "]).") { // Java's Class.<init> and Go's p.(*T[...]).M
		return false
	}
	return strings.ContainsAny(name, "<>[]") || strings.Contains(name, "::")
}

// removeMatching removes the parts of a name from each start to the end that matches it. If an end has no
// start, it stops there.
func removeMatching(name string, start, end byte) string {
	var b strings.Builder
	depth, from := 0, 0 // from is the start of the part that is not yet copied or removed
	for i := 0; i < len(name); i++ {
		switch name[i] {
		case start:
			if depth++; depth == 1 {
				b.WriteString(name[from:i])
				from = i
			}
		case end:
			switch depth--; {
			case depth < 0:
				b.WriteString(name[from:])
				return b.String()
			case depth == 0:
				from = i + 1
			}
		}
	}
	b.WriteString(name[from:])
	return b.String()
}
