package views

import (
	"fmt"
	"strings"
)

// pictureStyle is flame.css for a picture outside of a page: in light and dark, with its own fonts and
// colours.
var pictureStyle = newPictureStyle()

// A palette is the colours of a picture.
type palette struct {
	ground, quiet         string
	ink, same, less, more rgb
}

// An rgb is a colour in a form that all programs read, not only browsers.
type rgb [3]int

func (c rgb) String() string { return fmt.Sprintf("#%02x%02x%02x", c[0], c[1], c[2]) }

// mix returns percent parts of a and the rest of b.
func mix(a, b rgb, percent int) rgb {
	var c rgb
	for i := range c {
		c[i] = (a[i]*percent + b[i]*(100-percent)) / 100
	}
	return c
}

// The palettes of flame.css.
var (
	lightPalette = palette{
		ground: "#fff", quiet: "#566072",
		ink: rgb{0x12, 0x16, 0x1d}, same: rgb{0xe1, 0xe5, 0xec}, less: rgb{0x0a, 0x75, 0x65}, more: rgb{0xbf, 0x3f, 0x14},
	}
	darkPalette = palette{
		ground: "#13161c", quiet: "#9aa4b5",
		ink: rgb{0xf3, 0xf5, 0xf8}, same: rgb{0x2b, 0x31, 0x3c}, less: rgb{0x19, 0x82, 0x6f}, more: rgb{0xc2, 0x4d, 0x26},
	}
)

func newPictureStyle() string {
	return "text{font:500 11.2px ui-monospace,Menlo,Consolas,monospace}.title{font:600 15px system-ui,sans-serif}.lead{font:400 12.5px system-ui,sans-serif}" +
		".note{text-anchor:end}.small{display:none}.f rect{stroke-width:1}" + lightPalette.rules() + "@media(prefers-color-scheme:dark){" + darkPalette.rules() + "}"
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
		fmt.Fprintf(&b, ".%s-5 text{fill:#fff}", direction.class)
	}
	return b.String()
}

// colourParts are the percentages of the full colour of each step, as in flame.css.
var colourParts = [colourSteps]int{22, 40, 58, 75, 100}
