package heap

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/go-json-experiment/json/jsontext"
	"github.com/google/pprof/profile"
)

// isJSON reports whether a content begins like a JSON document.
func isJSON(content []byte) bool {
	start := bytes.TrimLeft(content[:min(len(content), 1<<10)], " \t\r\n")
	return bytes.HasPrefix(start, []byte("{")) || bytes.HasPrefix(start, []byte("["))
}

// readJSON reads a profile in one of the formats that are JSON. The error is a Fault.
func readJSON(content []byte, l Limits) (*profile.Profile, error) {
	members, err := membersOf(content)
	if err != nil {
		return nil, err
	}
	has := func(names ...string) bool {
		return !slices.ContainsFunc(names, func(name string) bool { return !slices.Contains(members, name) })
	}
	for _, format := range jsonFormats {
		if !has(format.members...) {
			continue
		}
		if format.read == nil {
			return nil, Fault("is " + format.what + ": " + format.instead)
		}
		return format.read(content, l)
	}
	if len(members) == 0 {
		return nil, Fault("is JSON, but no profile that heaplab knows. " + formatsRead)
	}
	return nil, Fault(fmt.Sprintf("is JSON with %q, which is no profile that heaplab knows. %s", shorten(strings.Join(members, ", ")), formatsRead))
}

// jsonFormats lists the formats that are JSON, with the members by which they are known.
var jsonFormats = []struct {
	members []string
	read    func(content []byte, l Limits) (*profile.Profile, error)
	what    string // if it is not read
	instead string
}{
	{members: []string{"head"}, read: readV8},
	{members: []string{"shared", "profiles"}, read: readSpeedscope},
	{members: []string{"costs", "events", "functions"}, read: readGprof2dot},
	{members: []string{"dhatFileVersion"}, read: readDHAT},
	{members: []string{"snapshot", "nodes", "edges"}, what: "a heap snapshot of V8, which lists objects but not what allocated them", instead: v8Instead},
	{members: []string{"nodes", "startTime", "endTime"}, what: "a CPU profile of V8", instead: v8Instead},
	{members: []string{"traceEvents"}, what: "a trace of Chrome, which has no heap profile that heaplab reads", instead: v8Instead},
	{members: []string{"total_num_allocations"}, what: "the statistics of memray, which have no stacks", instead: memrayInstead},
	{members: []string{"meta", "threads"}, what: "a profile of Firefox", instead: formatsRead},
	{members: []string{"flamebearer"}, what: "a profile in the JSON of Pyroscope", instead: "download it in pprof's format"},
	{members: []string{"resourceProfiles"}, what: "a profile in the JSON of OpenTelemetry", instead: formatsRead},
	{members: []string{"jemalloc"}, what: "the statistics of jemalloc, which have no stacks", instead: jemallocInstead},
}

// maxMembers limits the members of a document by which its format is found.
const maxMembers = 64

// membersOf returns the names of a document's first members. It reads the document to its end, so a fault
// of its JSON is found before anything is kept.
func membersOf(content []byte) (names []string, err error) {
	d := newJSON(content)
	if d.PeekKind() == '{' {
		err = d.object(func(name string) error {
			if len(names) < maxMembers {
				names = append(names, shorten(name))
			}
			return d.SkipValue()
		})
	} else {
		err = d.SkipValue()
	}
	if err != nil {
		return nil, jsonFault(err)
	}
	if _, err := d.ReadToken(); err != io.EOF {
		return nil, Fault("is JSON with more behind its end")
	}
	return names, nil
}

// A jsonReader reads a JSON document as a stream. It keeps nothing that is not asked for, and an error of
// the decoder ends nesting over 10,000 levels.
type jsonReader struct{ *jsontext.Decoder }

func newJSON(content []byte) jsonReader {
	return jsonReader{jsontext.NewDecoder(bytes.NewBuffer(content), jsontext.AllowDuplicateNames(true), jsontext.AllowInvalidUTF8(true))}
}

// object calls member with the name of each member of an object. member reads the value.
func (d jsonReader) object(member func(name string) error) error {
	if err := d.begin('{', "object"); err != nil {
		return err
	}
	for d.PeekKind() == '"' {
		token, err := d.ReadToken()
		if err != nil {
			return err
		}
		if err := member(token.String()); err != nil {
			return err
		}
	}
	_, err := d.ReadToken() // the end
	return err
}

// array calls element for each element of an array. element reads the value.
func (d jsonReader) array(element func() error) error {
	if err := d.begin('[', "array"); err != nil {
		return err
	}
	for d.PeekKind() != ']' {
		if err := element(); err != nil {
			return err
		}
	}
	_, err := d.ReadToken()
	return err
}

// number reads an integer. A larger number becomes the largest.
func (d jsonReader) number() (int64, error) {
	token, err := d.value('0', "number")
	if err != nil {
		return 0, err
	}
	return token.Int(), nil
}

// size reads a number of bytes.
func (d jsonReader) size() (int64, error) {
	n, err := d.number()
	if n < 0 {
		return 0, Fault(fmt.Sprintf("has a size of %d bytes", n))
	}
	return n, err
}

// text reads a string, or null as "".
func (d jsonReader) text() (string, error) {
	if d.PeekKind() == 'n' {
		return "", d.SkipValue()
	}
	token, err := d.value('"', "string")
	if err != nil {
		return "", err
	}
	return strings.ToValidUTF8(token.String(), "\ufffd"), nil
}

func (d jsonReader) begin(kind jsontext.Kind, what string) error {
	_, err := d.value(kind, what)
	return err
}

// value reads a token of that kind.
func (d jsonReader) value(kind jsontext.Kind, what string) (jsontext.Token, error) {
	token, err := d.ReadToken()
	if err == nil && token.Kind() != kind {
		return token, Fault(fmt.Sprintf("is not the profile that it seems to be: its JSON has no %s before byte %d", what, d.InputOffset()))
	}
	return token, err
}

// jsonFault turns an error of the decoder into a Fault.
func jsonFault(err error) error {
	var syntax *jsontext.SyntacticError
	switch {
	case isFault(err):
		return err
	case errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, io.EOF):
		return Fault("is JSON that ends early: the upload or the copy is incomplete")
	case errors.As(err, &syntax):
		return Fault(fmt.Sprintf("begins like JSON, but is not valid from byte %d, or is nested too deeply", syntax.ByteOffset))
	}
	return Fault("is JSON that cannot be read")
}
