package words

import (
	"fmt"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"heaplab/profiler"
)

// Sentence returns s with an upper-case first letter and a full stop.
func Sentence(s string) string {
	if s == "" || strings.HasSuffix(s, ".") {
		return UpperFirst(s)
	}
	return UpperFirst(s) + "."
}

// UpperFirst returns s with an upper-case first letter.
func UpperFirst(s string) string {
	if s == "" {
		return s
	}
	return strings.ToUpper(s[:1]) + s[1:]
}

// List joins words with commas and "and".
func List(words []string) string {
	if n := len(words); n > 1 {
		return strings.Join(words[:n-1], ", ") + " and " + words[n-1]
	}
	return strings.Join(words, "")
}

// Plural writes a number with its noun, such as "1 run" or "2 runs".
func Plural(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return Group(strconv.Itoa(n)) + " " + noun + "s"
}

// Noun returns the title of a unit for use within a sentence.
func Noun(unit string) string {
	title := strings.ReplaceAll(profiler.LookupUnit(unit).Title, "per op", "per operation")
	if title == unit || len(title) > 1 && strings.ToUpper(title[:2]) == title[:2] {
		return title
	}
	return strings.ToLower(title[:1]) + title[1:]
}

// Plain returns a text from outside with escapes in place of invisible characters and characters that
// change the reading direction.
func Plain(s string) string {
	return escape(s, func(r rune) bool { return unicode.IsControl(r) || unicode.Is(unicode.Cf, r) })
}

// PlainLines is Plain for texts with line breaks and tabs, which it keeps.
func PlainLines(s string) string {
	return escape(s, func(r rune) bool {
		return r != '\n' && r != '\t' && (unicode.IsControl(r) || unicode.Is(unicode.Cf, r))
	})
}

// isPrintable reports whether all characters of s are visible ones of ASCII, as in most names.
func isPrintable(s string) bool {
	for i := range len(s) {
		if s[i] < ' ' || s[i] > '~' {
			return false
		}
	}
	return true
}

func escape(s string, hidden func(rune) bool) string {
	if isPrintable(s) {
		return s
	}
	if utf8.ValidString(s) && !strings.ContainsFunc(s, hidden) {
		return s
	}
	var b strings.Builder
	for i, r := range s {
		switch {
		case r == utf8.RuneError && s[i] != 0xef:
			fmt.Fprintf(&b, `\x%02x`, s[i])
		case hidden(r):
			q := strconv.QuoteRuneToASCII(r)
			b.WriteString(q[1 : len(q)-1])
		default:
			b.WriteRune(r)
		}
	}
	return b.String()
}
