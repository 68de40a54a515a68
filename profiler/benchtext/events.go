package benchtext

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"slices"
)

// An event is one of go test -json, see go doc test2json.
type event struct {
	Action  string
	Package string
	Output  string
}

// actions are those of events, see go doc test2json and go help buildjson.
var actions = []string{"start", "run", "pause", "cont", "pass", "bench", "fail", "output", "skip", "attr", "artifacts", "build-output", "build-fail"}

var benchmark = []byte("Benchmark")

// Text returns the text of a file: its content, or what the tests printed if the content has the events of
// go test -json. Those of several packages can be mixed; their texts follow each other.
func Text(content []byte) ([]byte, error) {
	if bytes.HasPrefix(content, []byte{0xff, 0xfe}) || bytes.HasPrefix(content, []byte{0xfe, 0xff}) {
		return nil, errors.New("it is UTF-16, as PowerShell writes it: convert it with iconv -f UTF-16 -t UTF-8")
	}
	if !hasEvents(content) {
		return content, nil
	}
	var order []string
	printed := map[string]*bytes.Buffer{} // by package
	n := 0
	for line := range bytes.Lines(content) {
		n++
		if line = bytes.TrimSpace(line); !bytes.HasPrefix(line, []byte("{")) { // such as "go: downloading"
			continue
		}
		var e event
		if err := json.Unmarshal(line, &e); err != nil {
			return nil, fmt.Errorf("line %d is not a whole event of go test -json: was the file cut off? Without that line, it can be read", n)
		}
		if e.Action != "output" {
			continue
		}
		if printed[e.Package] == nil {
			order, printed[e.Package] = append(order, e.Package), &bytes.Buffer{}
		}
		printed[e.Package].WriteString(e.Output)
	}
	var text bytes.Buffer
	for _, name := range order {
		text.Write(printed[name].Bytes())
		text.WriteByte('\n')
	}
	return text.Bytes(), nil
}

// result matches the beginning of a result in text.
var result = regexp.MustCompile(`(?m)^Benchmark\S*[ \t]+\d+[ \t]+[-+.0-9A-Za-z]+[ \t]+\S`)

// Is reports whether a file has results of benchmarks, or events of go test -json. The content decides, not the name.
func Is(content []byte) bool {
	const head = 1024 // bytes in which other formats, but no text, have a zero
	return bytes.IndexByte(content[:min(len(content), head)], 0) < 0 && (result.Match(content) || hasEvents(content))
}

// hasEvents reports whether a file has an event before the first result. Other JSON may be in the output of a
// benchmark.
func hasEvents(content []byte) bool {
	for line := range bytes.Lines(content) {
		if line = bytes.TrimSpace(line); bytes.HasPrefix(line, benchmark) {
			return false
		}
		var e event
		if bytes.HasPrefix(line, []byte("{")) && json.Unmarshal(line, &e) == nil && slices.Contains(actions, e.Action) {
			return true
		}
	}
	return false
}
