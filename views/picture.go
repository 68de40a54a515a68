package views

import (
	"fmt"
	"strings"
)

// pictureStyle is what flame.css is to pages, for a picture that stands by itself: in light and
// dark, without fonts or colours from elsewhere.
var pictureStyle = newPictureStyle()

// A palette is the colours of a picture.
type palette struct {
	ground, ink, quiet string
	same, less, more   rgb
}

// An rgb is a colour. Programs that draw pictures know fewer ways to write one than browsers.
type rgb [3]int

func (c rgb) String() string { return fmt.Sprintf("#%02x%02x%02x", c[0], c[1], c[2]) }

// mix has so many percent of a, and of b the rest.
func mix(a, b rgb, percent int) rgb {
	var c rgb
	for i := range c {
		c[i] = (a[i]*percent + b[i]*(100-percent)) / 100
	}
	return c
}

func newPictureStyle() string {
	light := palette{"#fff", "#12161d", "#566072", rgb{0xe1, 0xe5, 0xec}, rgb{0x0a, 0x75, 0x65}, rgb{0xbf, 0x3f, 0x14}}
	dark := palette{"#13161c", "#f3f5f8", "#9aa4b5", rgb{0x2b, 0x31, 0x3c}, rgb{0x1d, 0x94, 0x80}, rgb{0xd2, 0x58, 0x2f}}
	return "text{font:500 11.2px ui-monospace,Menlo,Consolas,monospace}.title{font:600 15px system-ui,sans-serif}.lead{font:400 12.5px system-ui,sans-serif}" +
		".note{text-anchor:end}.f rect{stroke-width:1}" + light.rules() + "@media(prefers-color-scheme:dark){" + dark.rules() + "}"
}

func (p palette) rules() string {
	var b strings.Builder
	fmt.Fprintf(&b, ".ground{fill:%s}text{fill:%s}.lead{fill:%s}.f rect{fill:%s;stroke:%s}", p.ground, p.ink, p.quiet, p.same, p.ground)
	for _, direction := range []struct {
		class  string
		colour rgb
	}{{"less", p.less}, {"more", p.more}} {
		for step, part := range colourParts {
			fmt.Fprintf(&b, ".%s-%d rect{fill:%s}", direction.class, step+1, mix(direction.colour, p.same, part))
		}
		fmt.Fprintf(&b, ".%s-4 text,.%s-5 text{fill:#fff}", direction.class, direction.class)
	}
	return b.String()
}

// colourParts are how much of the full colour each step has, in percent, as in flame.css.
var colourParts = [colourSteps]int{22, 40, 58, 80, 100}
