package gobench

import "testing"

func TestTitle(t *testing.T) {
	for _, tt := range []struct {
		bench    string
		versions []Version
		want     string
	}{
		{"Join", []Version{{Ref: "v1.0.0"}, {Ref: Dirty}}, "Join of words/text: v1.0.0 → the work tree"},
		{".", []Version{{Ref: "main"}, {Ref: "v2"}, {Ref: "HEAD"}}, "All benchmarks of words/text: main → HEAD"},
		{"", []Version{{Ref: "HEAD", Bench: "Old"}, {Ref: "HEAD", Bench: "New"}}, "words/text: HEAD bench=Old → HEAD bench=New"},
	} {
		if got := title(tt.bench, "words/text", tt.versions); got != tt.want {
			t.Errorf("title of %q is %q, want %q", tt.bench, got, tt.want)
		}
	}
}
