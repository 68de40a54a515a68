package export

import "testing"

func TestMarkdownText(t *testing.T) {
	for text, want := range map[string]string{
		"":                            "",
		"plain, −3.2% (p = 0.002).":   "plain, −3.2% (p = 0.002).",
		"two\n\n lines":               "two lines",
		"a|b":                         `a\|b`,
		"`code` *b* _i_ ~s~ $x$":      "\\`code\\` \\*b\\* \\_i\\_ \\~s\\~ \\$x\\$",
		"<b>&amp;":                    `\<b\>\&amp;`,
		"[a](javascript:x)":           `\[a\](javascript:x)`,
		`back\slash`:                  `back\\slash`,
		"# heading":                   `\# heading`,
		"- item":                      `\- item`,
		"12. item":                    `12\. item`,
		"-0.5":                        "-0.5",
		"@team":                       "@\u200bteam",
		"closes #12":                  "closes \\#\u200b12",
		"gh-12":                       "gh\u200b-12",
		"https://evil.example":        "https:/\u200b/evil.example",
		"WWW.evil.example":            "WWW\u200b.evil.example",
		"right\u202eleft":             `right\\u202eleft`,
		"someone@evil.example":        "someone@\u200bevil.example",
		"![x](https://evil.example/)": "!\\[x\\](https:/\u200b/evil.example/)",
	} {
		if got := markdown(text); got != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
}

func TestMarkdownCode(t *testing.T) {
	for name, want := range map[string]string{
		"model.(*Dense).Forward": "`model.(*Dense).Forward`",
		"@team #1":               "`@team #1`",
		"a|b":                    `a\|b`,
		"a`b":                    "a\\`b",
		" padded":                "padded",
		"":                       "",
		"two\nlines":             "`two\\nlines`",
	} {
		if got := markdownCode(name); got != want {
			t.Errorf("%q: %q, want %q", name, got, want)
		}
	}
	if got, want := markdownBlock("sh", []string{"a", "```", "b"}), "````sh\na\n```\nb\n````"; got != want {
		t.Errorf("block %q, want %q", got, want)
	}
}
