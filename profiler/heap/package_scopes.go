package heap

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// namespace returns the namespace of a name of C++, the module of one of Rust or Ruby, or "". By convention,
// the name of a type begins with a capital letter, and a namespace ends before it.
func namespace(name string) string {
	name, _, _ = strings.Cut(name, " [clone ")
	scopes := rubyScopes(scopesOf(name))
	for len(scopes) > 1 { // closures belong to the function around them
		if last := scopes[len(scopes)-1]; !strings.HasPrefix(last, "{") && !strings.HasPrefix(scopes[len(scopes)-2], "{") {
			break
		}
		scopes = scopes[:len(scopes)-1]
	}
	function := scopes[len(scopes)-1]
	scopes = scopes[:len(scopes)-1]
	if len(scopes) == 0 {
		return ""
	}
	if strings.HasPrefix(scopes[0], "<") {
		return implementer(scopes[0])
	}
	last := scopes[len(scopes)-1]
	switch {
	case isCapital(scopes[0]) && isCapital(last): // a class in modules of Ruby, or in no namespace
		scopes = scopes[:max(len(scopes)-1, 1)]
	case isCapital(scopes[0]):
	case function == last || function == "~"+last: // a constructor or destructor
		scopes = leading(scopes[:len(scopes)-1])
	default:
		scopes = leading(scopes)
	}
	return strings.Join(scopes, "::")
}

// leading returns the scopes before the first that is not the name of a namespace.
func leading(scopes []string) []string {
	n := slices.IndexFunc(scopes, func(s string) bool {
		r, _ := utf8.DecodeRuneInString(s)
		return r != '_' && !unicode.IsLower(r) || strings.ContainsAny(s, "<({")
	})
	if n < 0 {
		return scopes
	}
	return scopes[:n]
}

// implementer returns the module of "<app::Server as core::Fn>" or "<impl core::Fn for app::Server>" in Rust:
// that of the type, or else that of the trait.
func implementer(scope string) string {
	inner := strings.TrimSuffix(scope[1:], ">")
	typ, trait, _ := strings.Cut(inner, " as ")
	if rest, impl := strings.CutPrefix(inner, "impl "); impl {
		var found bool
		if trait, typ, found = strings.Cut(rest, " for "); !found {
			typ = rest
		}
	}
	for _, path := range []string{typ, trait} {
		scopes := scopesOf(strings.TrimLeft(path, "&*[("))
		if module := leading(scopes[:len(scopes)-1]); len(module) > 0 {
			return strings.Join(module, "::")
		}
	}
	return ""
}

// scopesOf splits a name at "::", but not within type arguments or parameters. It leaves out a result type
// before the name, and the parameters behind it. There is at least one scope.
func scopesOf(name string) (scopes []string) {
	start, depth := 0, 0
	for i := 0; i < len(name); i++ {
		if depth == 0 && isOperator(name[i:]) && i == start {
			return append(scopes, name[start:])
		}
		switch c := name[i]; {
		case c == '(' && depth == 0 && i > start && !strings.Contains(name[i:], ")::"): // parameters
			return append(scopes, name[start:i])
		case strings.IndexByte("<([{", c) >= 0:
			depth++
		case c == '>' && i > 0 && name[i-1] == '-': // an arrow
		case strings.IndexByte(">)]}", c) >= 0:
			depth = max(depth-1, 0)
		case depth > 0:
		case c == ' ':
			scopes, start = nil, i+1
		case strings.HasPrefix(name[i:], "::"):
			scopes = append(scopes, name[start:i])
			i++
			start = i + 1
		}
	}
	return append(scopes, name[start:])
}

// isOperator reports whether a name is one of an operator of C++, such as operator<< or operator new.
func isOperator(name string) bool {
	rest, ok := strings.CutPrefix(name, "operator")
	r, _ := utf8.DecodeRuneInString(rest)
	return ok && rest != "" && r != '_' && !unicode.IsLetter(r) && !unicode.IsDigit(r) && !strings.HasPrefix(rest, "::")
}

// rubyScopes splits the method of Ruby off its class, as in Base#find or Base.find.
func rubyScopes(scopes []string) []string {
	last := scopes[len(scopes)-1]
	at := strings.IndexByte(last, '#')
	if dot := strings.IndexByte(last, '.'); at < 0 && dot > 0 && isCapital(last) {
		at = dot
	}
	if at <= 0 || strings.ContainsAny(last[:at], "{(<") {
		return scopes
	}
	return append(scopes[:len(scopes)-1:len(scopes)-1], last[:at], last[at+1:])
}
