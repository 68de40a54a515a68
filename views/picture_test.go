package views

import (
	"fmt"
	"math"
	"os"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// Pictures have the colours of pages.
func TestPaletteOfPictures(t *testing.T) {
	css, err := os.ReadFile("../static/flame.css")
	if err != nil {
		t.Fatal(err)
	}
	for i, p := range []palette{lightPalette, darkPalette} {
		for name, want := range map[string]string{"less": p.less.String(), "more": p.more.String(), "same": p.same.String(), "ink": p.ink.String()} {
			pair := regexp.MustCompile(`--flame-` + name + `: light-dark\((#\w+), (#\w+)\)`).FindStringSubmatch(string(css))
			if pair == nil || pair[i+1] != want {
				t.Errorf("--flame-%s is %v, want %s in its place %d", name, pair, want, i)
			}
		}
	}
	for step, part := range colourParts[:colourSteps-1] {
		for _, direction := range []string{"less", "more"} {
			rule := fmt.Sprintf(".f.%s-%d rect { fill: color-mix(in srgb, var(--flame-%s) %d%%, var(--flame-same)); }", direction, step+1, direction, part)
			if !strings.Contains(string(css), rule) {
				t.Errorf("flame.css has no %s", rule)
			}
		}
	}
}

// Text on every colour has a contrast of at least 4.5:1 (WCAG 2.2, 1.4.3).
func TestContrastOfFrames(t *testing.T) {
	for scheme, p := range map[string]palette{"light": lightPalette, "dark": darkPalette} {
		for direction, full := range map[string]rgb{"less": p.less, "more": p.more} {
			for step, part := range colourParts {
				ink := p.ink
				if step == colourSteps-1 {
					ink = rgb{255, 255, 255}
				}
				if ratio := contrast(ink, mix(full, p.same, part)); ratio < 4.5 {
					t.Errorf("%s, %s-%d: the contrast is %.2f", scheme, direction, step+1, ratio)
				}
			}
		}
		if ratio := contrast(p.ink, p.same); ratio < 4.5 {
			t.Errorf("%s, no change: the contrast is %.2f", scheme, ratio)
		}
	}
}

// contrast returns the contrast ratio of two colours (WCAG 2.2, relative luminance).
func contrast(a, b rgb) float64 {
	luminance := func(c rgb) float64 {
		var sum float64
		for i, weight := range []float64{0.2126, 0.7152, 0.0722} {
			v := float64(c[i]) / 255
			if v <= 0.04045 {
				v /= 12.92
			} else {
				v = math.Pow((v+0.055)/1.055, 2.4)
			}
			sum += weight * v
		}
		return sum
	}
	la, lb := luminance(a), luminance(b)
	return (math.Max(la, lb) + 0.05) / (math.Min(la, lb) + 0.05)
}

func TestContrastItself(t *testing.T) {
	if got := strconv.FormatFloat(contrast(rgb{0, 0, 0}, rgb{255, 255, 255}), 'f', 2, 64); got != "21.00" {
		t.Errorf("black on white is %s:1, want 21:1", got)
	}
}
