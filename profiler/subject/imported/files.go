package imported

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/klauspost/compress/gzip"

	"heaplab/profiler"
)

// compressed returns the content of a file in gzip format.
func compressed(path string) ([]byte, error) {
	file, err := os.ReadFile(path)
	if err != nil || bytes.HasPrefix(file, []byte{0x1f, 0x8b}) {
		return file, err
	}
	var out bytes.Buffer
	zip := gzip.NewWriter(&out)
	_, err = zip.Write(file)
	err = errors.Join(err, zip.Close())
	return out.Bytes(), err
}

// Quoted returns the quoted name of the file for the beginning of a sentence.
func (u Upload) Quoted() string {
	if u.Name == "" {
		return "the file"
	}
	return `"` + shorten(u.Name, maxQuoted) + `"`
}

// namesOf names the files of a side in a title.
func namesOf(files []Upload) string {
	switch len(files) {
	case 0:
		return ""
	case 1:
		return files[0].Name
	}
	return fmt.Sprintf("%s and %d more", cmp.Or(files[0].Name, "a file without a name"), len(files)-1)
}

// shorten makes text valid UTF-8 and cuts it to at most most bytes.
func shorten(text string, most int) string {
	text = strings.ToValidUTF8(text, "\uFFFD")
	if len(text) <= most {
		return text
	}
	const ellipsis = "…"
	return strings.ToValidUTF8(text[:most-len(ellipsis)], "") + ellipsis
}

// lowerFirst returns s with a lower-case first letter.
func lowerFirst(s string) string {
	if s == "" {
		return s
	}
	return strings.ToLower(s[:1]) + s[1:]
}

// typeNames lists the sample types of a profile.
func typeNames(s profiler.Summary) string {
	var names []string
	for _, t := range s.Types {
		names = append(names, string(t))
	}
	return strings.Join(names, " and ")
}
