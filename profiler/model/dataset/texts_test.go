package dataset

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

func writeTexts(t *testing.T, data string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "texts.tsv")
	if err := os.WriteFile(path, []byte(data), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestReadTexts(t *testing.T) {
	data := "1\tGood, good film\n0\tbad film bad; a bad one\n1\tone\ttwo good\n0\t\n"
	for name, data := range map[string]string{
		"Unix lines":                        data,
		"no final newline":                  strings.TrimSuffix(data, "\n"),
		"Windows lines and byte order mark": "\uFEFF" + strings.ReplaceAll(data, "\n", "\r\n"),
	} {
		t.Run(name, func(t *testing.T) {
			got, err := ReadTexts(writeTexts(t, data), 6, 4)
			if err != nil {
				t.Fatal(err)
			}
			// The file contains bad and good three times, film and one twice. a and two are
			// unknown.
			if want := []string{"", "", "bad", "good", "film", "one"}; !slices.Equal(got.Words, want) {
				t.Errorf("words %q, want %q", got.Words, want)
			}
			if want := []int32{1, 0, 1, 0}; !slices.Equal(got.Labels, want) {
				t.Errorf("labels %v, want %v", got.Labels, want)
			}
			want := []int32{
				0, 3, 3, 4,
				2, 1, 2, 5,
				0, 5, 1, 3,
				0, 0, 0, 0,
			}
			if !slices.Equal(got.IDs, want) {
				t.Errorf("ids %v, want %v", got.IDs, want)
			}
		})
	}
}

func TestReadTextsVocabularySizes(t *testing.T) {
	got, err := ReadTexts(writeTexts(t, "0\tb a\n"), 1000, 2)
	if err != nil || !slices.Equal(got.Words, []string{"", "", "a", "b"}) || !slices.Equal(got.IDs, []int32{3, 2}) {
		t.Errorf("got %+v, %v", got, err)
	}
	got, err = ReadTexts(writeTexts(t, "0\tb a\n"), 2, 2)
	if err != nil || !slices.Equal(got.IDs, []int32{1, 1}) {
		t.Errorf("with no known word: got %+v, %v", got, err)
	}
}

func TestWordsOf(t *testing.T) {
	for text, want := range map[string][]string{
		"":              nil,
		" ,. ":          nil,
		"It's GREAT!!":  {"it", "s", "great"},
		"Übung 42x":     {"übung", "42x"},
		"naïve café":    {"naïve", "café"},
		"很好 film好":      {"很", "好", "film", "好"},
		"a\u00a0b":      {"a", "b"},
		"one—two…three": {"one", "two", "three"},
	} {
		if got := wordsOf(text); !slices.Equal(got, want) {
			t.Errorf("%q: got %q, want %q", text, got, want)
		}
	}
}

func TestReadTextsErrors(t *testing.T) {
	for _, test := range []struct{ name, data, want string }{
		{"empty file", "", "empty"},
		{"only a byte order mark", "\uFEFF", "no lines"},
		{"no tab", "1\tgood\n0 bad\n", "line 2: no tab"},
		{"empty line", "1\tgood\n\n0\tbad\n", "line 2: no tab"},
		{"invalid label", "1\tgood\n0\tbad\n2\tbest\n", `line 3: label "2" is not 0 or 1`},
		{"word as label", "positive\tgood\n", `line 1: label "positive"`},
		{"long label", strings.Repeat("x", 999) + "\t\n", `line 1: label "xxxxxxxxxxxxxxxxxxxx" is`},
		{"missing label", "\tgood\n", `line 1: label ""`},
		{"not UTF-8", "1\tgood\n0\tb\xffd\n", "line 2: the text is not UTF-8"},
	} {
		t.Run(test.name, func(t *testing.T) {
			path := writeTexts(t, test.data)
			got, err := ReadTexts(path, 10, 4)
			if err == nil || got.IDs != nil || got.Labels != nil || got.Words != nil {
				t.Fatalf("got %+v, error %v", got, err)
			}
			if !strings.Contains(err.Error(), test.want) || !strings.Contains(err.Error(), path) {
				t.Errorf("error %q does not contain %q and the path", err, test.want)
			}
		})
	}
	for _, path := range []string{filepath.Join(t.TempDir(), "nowhere.tsv"), t.TempDir()} {
		if _, err := ReadTexts(path, 10, 4); err == nil || !strings.Contains(err.Error(), path) {
			t.Errorf("%s: error %v", path, err)
		}
	}
	for _, sizes := range [][2]int{{1, 4}, {10, 0}} {
		if _, err := ReadTexts(writeTexts(t, "1\tgood\n"), sizes[0], sizes[1]); err == nil {
			t.Errorf("vocabulary %d, %d words: no error", sizes[0], sizes[1])
		}
	}
}
