package export

import (
	"regexp"
	"strings"

	"heaplab/profiler/words"
)

var (
	// markup begins emphasis, code, a link, HTML, a table cell or a formula within a text.
	markup = regexp.MustCompile("[\\\\`*_\\[\\]<>&|~#$]")
	// block begins a list at the start of a text. Headings, quotes and fences begin with markup.
	block = regexp.MustCompile(`^(\d*)([-+.)])(\s|$)`)
	// reference matches mentions, issues and addresses. GitHub makes links of them after it has
	// rendered the text, even if they are escaped.
	reference = regexp.MustCompile(`(?i)@|#[0-9a-z]|\bGH-|://|www\.`)
)

// zeroWidth is a space without width. It splits references, because GitHub ignores escapes in them.
const zeroWidth = "\u200b"

// markdown escapes a text from outside and writes it in one line.
func markdown(s string) string {
	s = words.Plain(strings.Join(strings.Fields(s), " "))
	s = reference.ReplaceAllStringFunc(s, func(m string) string {
		end := len(m) - 1
		if m == "@" || strings.HasPrefix(m, "#") {
			end = 1
		}
		return m[:end] + zeroWidth + m[end:]
	})
	s = markup.ReplaceAllString(s, `\$0`)
	return block.ReplaceAllString(s, `$1\$2$3`)
}

// markdownCode writes a name as code, or as text if it has a character that ends code or a table cell.
func markdownCode(s string) string {
	if name := words.Plain(s); name != "" && name == strings.TrimSpace(name) && !strings.ContainsAny(name, "`|") {
		return "`" + name + "`"
	}
	return markdown(s)
}

var backticks = regexp.MustCompile("`+")

// markdownBlock writes lines as a fenced block of code.
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

// markdownTable writes a table of escaped cells. The first columns, as many as texts says, are
// aligned to the left; the others are numbers.
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

// markdownList writes a list of escaped items.
func markdownList(items []string) string {
	if len(items) == 0 {
		return ""
	}
	return "- " + strings.Join(items, "\n- ")
}
