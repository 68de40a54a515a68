package views

import (
	"heaplab/profiler/words"
	"regexp"
	"strings"
)

var (
	// markup is what begins something in the middle of a text: emphasis, code, a link, HTML, a cell
	// of a table, a formula.
	markup = regexp.MustCompile("[\\\\`*_\\[\\]<>&|~#$]")
	// block is what begins a list at the start of a text. Of headings, quotes and fences, markup
	// takes care.
	block = regexp.MustCompile(`^(\d*)([-+.)])(\s|$)`)
	// reference is what GitHub makes a link of after the text has been rendered, whatever was
	// escaped in it: mentions, issues, addresses.
	reference = regexp.MustCompile(`(?i)@|#[0-9a-z]|\bGH-|://|www\.`)
)

// apart is a space without width: it stands in references, where an escape would not help.
const apart = "\u200b"

// markdown writes a text from outside in one line, so that it shows as it is.
func markdown(s string) string {
	s = words.Plain(strings.Join(strings.Fields(s), " "))
	s = reference.ReplaceAllStringFunc(s, func(m string) string {
		end := len(m) - 1
		if m == "@" || strings.HasPrefix(m, "#") {
			end = 1
		}
		return m[:end] + apart + m[end:]
	})
	s = markup.ReplaceAllString(s, `\$0`)
	return block.ReplaceAllString(s, `$1\$2$3`)
}

// markdownCode writes a name as code. One that holds what ends code or a cell of a table is text.
func markdownCode(s string) string {
	if name := words.Plain(s); name != "" && name == strings.TrimSpace(name) && !strings.ContainsAny(name, "`|") {
		return "`" + name + "`"
	}
	return markdown(s)
}

var backticks = regexp.MustCompile("`+")

// markdownBlock writes lines as a block of code in a language.
func markdownBlock(language string, lines []string) string {
	text := words.PlainLines(strings.Join(lines, "\n"))
	fence := "```"
	for _, run := range backticks.FindAllString(text, -1) {
		if len(run) >= len(fence) {
			fence = run + "`"
		}
	}
	return fence + language + "\n" + text + "\n" + fence
}

// markdownTable writes a table whose cells are written already. Of its columns the first so many
// are text; the others are numbers.
func markdownTable(head []string, texts int, rows [][]string) string {
	var b strings.Builder
	line := func(cells []string) { b.WriteString("| " + strings.Join(cells, " | ") + " |\n") }
	line(head)
	for i := range head {
		if i < texts {
			b.WriteString("|:--")
		} else {
			b.WriteString("|--:")
		}
	}
	b.WriteString("|\n")
	for _, row := range rows {
		line(row)
	}
	return strings.TrimSuffix(b.String(), "\n")
}

// markdownList writes items that are written already.
func markdownList(items []string) string {
	if len(items) == 0 {
		return ""
	}
	return "- " + strings.Join(items, "\n- ")
}
