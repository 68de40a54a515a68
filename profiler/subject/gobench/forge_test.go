package gobench

import "testing"

// Only https addresses of known forges are made, without the names and passwords of remotes.
func TestForge(t *testing.T) {
	for remote, want := range map[string]string{
		"https://github.com/o/r.git":             "https://github.com/o/r/blob/c0/a%20b/%23x.go#L7",
		"https://user:secret@github.com/o/r":     "https://github.com/o/r/blob/c0/a%20b/%23x.go#L7",
		"git@github.com:o/r.git":                 "https://github.com/o/r/blob/c0/a%20b/%23x.go#L7",
		"ssh://git@github.com:22/o/r.git":        "https://github.com/o/r/blob/c0/a%20b/%23x.go#L7",
		"git@gitlab.example.com:group/sub/r.git": "https://gitlab.example.com/group/sub/r/-/blob/c0/a%20b/%23x.go#L7",
		"https://codeberg.org/o/r":               "https://codeberg.org/o/r/src/commit/c0/a%20b/%23x.go#L7",
		"https://bitbucket.org/o/r.git":          "https://bitbucket.org/o/r/src/c0/a%20b/%23x.go#lines-7",
		"https://GitHub.com/o/../r":              "https://github.com/o/%2E%2E/r/blob/c0/a%20b/%23x.go#L7",
		"https://github.com/o/r\"><script>":      "https://github.com/o/r%22%3E%3Cscript%3E/blob/c0/a%20b/%23x.go#L7",
		"http://github.com/o/r":                  "",
		"git://github.com/o/r":                   "",
		"javascript://github.com/o/r":            "",
		"https://github.com":                     "",
		"https://github.com/o":                   "",
		"https://example.com/o/r":                "",
		"https://notgithub.com/o/r":              "",
		"https://github.com:8443/o/r":            "",
		"https://github.com@evil.example/o/r":    "",
		"https://github_x.com/o/r":               "",
		"/srv/git/github.com/r.git":              "",
		"../github.com:o/r":                      "",
		"file:///srv/github.com/o/r":             "",
		"ext::sh -c 'echo github.com:o/r'":       "",
		"":                                       "",
	} {
		got := ""
		if f := newForge(remote); f != nil {
			got = f("c0", "a b/#x.go", 7)
		}
		if got != want {
			t.Errorf("%q: %q, want %q", remote, got, want)
		}
	}
}
