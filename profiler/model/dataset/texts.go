package dataset

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"heaplab/profiler/model"
)

// Texts are labeled texts as word ids.
type Texts struct {
	IDs    []int32  // [examples, steps]
	Labels []int32  // [examples]: 0 or 1
	Words  []string // indexed by id; empty for model.Padding and model.Unknown
}

// ReadTexts reads a UTF-8 file in which each line is a label (0 or 1), a tab and a text.
//
// Words are lower case and separated by any character that is not a letter, digit or mark.
// Each Chinese character is a word. The vocabulary has at most vocab ids: model.Padding,
// model.Unknown and the most frequent words of the file, ties in alphabetical order. As in
// Keras's pad_sequences, short texts are padded in front, and only the last steps words of
// long texts are kept.
func ReadTexts(path string, vocab, steps int) (Texts, error) {
	if vocab <= model.Unknown || steps < 1 {
		return Texts{}, fmt.Errorf("texts: %d words per text and a vocabulary of %d: want at least 1 and 2", steps, vocab)
	}
	if _, err := sizeOf(path); err != nil {
		return Texts{}, fmt.Errorf("texts: %w", err)
	}
	data, err := os.ReadFile(path)
	if err != nil {
		return Texts{}, fmt.Errorf("texts: %w", err)
	}
	lines, err := parseLines(strings.TrimPrefix(string(data), "\uFEFF")) // byte order mark
	if err != nil {
		return Texts{}, fmt.Errorf("texts: %s: %w", path, err)
	}

	words := frequentWords(lines, vocab-model.Unknown-1)
	ids := map[string]int32{}
	for i, word := range words {
		ids[word] = int32(model.Unknown + 1 + i)
	}
	t := Texts{
		IDs:    make([]int32, len(lines)*steps),
		Labels: make([]int32, len(lines)),
		Words:  append(make([]string, model.Unknown+1), words...),
	}
	for n, line := range lines {
		t.Labels[n] = line.label
		encode(t.IDs[n*steps:][:steps], wordsOf(line.text), ids)
	}
	return t, nil
}

// HasTexts reports whether a file starts with a label and a tab.
func HasTexts(path string) bool {
	file, err := os.Open(path)
	if err != nil {
		return false
	}
	defer file.Close()
	start := make([]byte, len("\uFEFF")+2)
	n, _ := io.ReadFull(file, start) // a shorter file has no label and tab
	s := strings.TrimPrefix(string(start[:n]), "\uFEFF")
	return strings.HasPrefix(s, "0\t") || strings.HasPrefix(s, "1\t")
}

// encode sets dst to the ids of the last len(dst) words, padded in front.
func encode(dst []int32, words []string, ids map[string]int32) {
	words = words[max(0, len(words)-len(dst)):]
	padding := len(dst) - len(words)
	for i := range padding {
		dst[i] = model.Padding
	}
	for i, word := range words {
		id, ok := ids[word]
		if !ok {
			id = model.Unknown
		}
		dst[padding+i] = id
	}
}

// A line is one example of a text file.
type line struct {
	label int32
	text  string
}

// parseLines parses all lines. An error names the line's number.
func parseLines(data string) ([]line, error) {
	if data == "" {
		return nil, errors.New("the file has no lines")
	}
	var lines []line
	for text := range strings.Lines(data) {
		text = strings.TrimRight(text, "\r\n")
		parsed, err := parseLine(text)
		if err != nil {
			return nil, fmt.Errorf("line %d: %w", len(lines)+1, err)
		}
		lines = append(lines, parsed)
	}
	return lines, nil
}

func parseLine(s string) (line, error) {
	if !utf8.ValidString(s) {
		return line{}, errors.New("the text is not UTF-8")
	}
	label, text, ok := strings.Cut(s, "\t")
	switch {
	case !ok:
		return line{}, errors.New("no tab between label and text")
	case label == "0":
		return line{0, text}, nil
	case label == "1":
		return line{1, text}, nil
	}
	return line{}, fmt.Errorf("label %.20q is not 0 or 1", label)
}

// frequentWords returns at most the given number of words, the most frequent first.
func frequentWords(lines []line, most int) []string {
	counts := map[string]int{}
	for _, line := range lines {
		for _, word := range wordsOf(line.text) {
			counts[word]++
		}
	}
	words := slices.SortedFunc(maps.Keys(counts), func(a, b string) int {
		return cmp.Or(cmp.Compare(counts[b], counts[a]), cmp.Compare(a, b))
	})
	return words[:min(most, len(words))]
}

// wordsOf splits a text into words.
func wordsOf(text string) []string {
	var words []string
	start := -1 // of the current word
	text = strings.ToLower(text)
	end := func(at int) {
		if start >= 0 {
			words = append(words, text[start:at])
		}
		start = -1
	}
	for at, r := range text {
		switch {
		case unicode.Is(unicode.Han, r):
			end(at)
			words = append(words, string(r))
		case unicode.IsLetter(r) || unicode.IsNumber(r) || unicode.IsMark(r):
			if start < 0 {
				start = at
			}
		default:
			end(at)
		}
	}
	end(len(text))
	return words
}
