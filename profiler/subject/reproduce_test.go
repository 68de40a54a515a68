package subject

import (
	"os/exec"
	"slices"
	"testing"
)

// A shell reads a quoted text as it was.
func TestQuote(t *testing.T) {
	for _, text := range []string{"", "plain.txt", "two words", "it's", `$(x) "y" \z`, "a;b|c&d", "line\nbreak", "~", "*", "模型"} {
		out, err := exec.Command("/bin/sh", "-c", "printf %s "+Quote(text)).Output()
		if err != nil || string(out) != text {
			t.Errorf("a shell reads %s as %q, %v; want %q", Quote(text), out, err, text)
		}
	}
	if got := Quote("model=gpt2-tiny"); got != "model=gpt2-tiny" {
		t.Errorf("%s is quoted", got)
	}
}

func TestLines(t *testing.T) {
	if got, want := Lines("run", []string{"--a", "--b"}), []string{`run \`, `  --a \`, "  --b"}; !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
}
