package views

import (
	"strings"
	"testing"
)

func TestTail(t *testing.T) {
	if got := tail("short"); got != "short" {
		t.Errorf("%q", got)
	}
	long := strings.Repeat("0123456789\n", 5000)
	if got := tail(long); len(got) > maxOutput+10 || !strings.HasPrefix(got, "…\n0123456789\n") {
		t.Errorf("%d bytes, from %q", len(got), got[:20])
	}
}
