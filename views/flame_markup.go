package views

import (
	"context"
	"io"
	"strconv"

	"github.com/a-h/templ"
)

// flameFrames draws the frames of a graph. The frame of a function is a link that sets the focus to it, and the frame in
// focus is a link that ends it. It is no template, because a graph has thousands of frames.
func flameFrames(p ProfilePage, f flame) templ.Component {
	link := p.frameLink()
	links := map[string]string{} // by function; many frames share one
	return frames(f, func(frame *flameFrame) (href, class string) {
		switch {
		case frame.Focus != "" && frame.Focus != p.Query.Focus && !p.File:
			if links[frame.Focus] == "" {
				links[frame.Focus] = string(link(frame.Focus))
			}
			return links[frame.Focus], ""
		case p.Query.Focus != "" && frame.Root:
			return string(link("")), " at"
		}
		return "", ""
	})
}

// pictureFrames draws the frames of a graph without links.
func pictureFrames(f flame) templ.Component {
	return frames(f, func(*flameFrame) (href, class string) { return "", "" })
}

// frames draws frames. link returns the address that a frame is a link to, or "", and an additional class.
func frames(f flame, link func(*flameFrame) (href, class string)) templ.Component {
	return templ.ComponentFunc(func(_ context.Context, w io.Writer) error {
		m := frameMarkup{make([]byte, 0, 2*markupChunk)}
		for i := range f.Frames {
			if len(m.text) > markupChunk {
				if _, err := w.Write(m.text); err != nil {
					return err
				}
				m.text = m.text[:0]
			}
			frame := &f.Frames[i]
			href, class := link(frame)
			if href == "" {
				m.add(`<g class="f `, frame.Class, `">`)
				m.box(frame)
				m.add(`</g>`)
				continue
			}
			m.add(`<a href="`, templ.EscapeString(href), `" class="f `, frame.Class, class, `">`)
			m.box(frame)
			m.add(`</a>`)
		}
		_, err := w.Write(m.text)
		return err
	})
}

// markupChunk is the number of bytes that are written at once.
const markupChunk = 16 << 10

// A frameMarkup collects the markup of frames.
type frameMarkup struct{ text []byte }

func (m *frameMarkup) add(parts ...string) {
	for _, s := range parts {
		m.text = append(m.text, s...)
	}
}

// box draws a frame. The inner element clips its text.
func (m *frameMarkup) box(f *flameFrame) {
	m.add(`<svg x="`, percent(f.X), `" y="`, strconv.Itoa(f.Row*rowHeight), `" width="`, percent(f.Width), `" height="`, boxHeight, `"><title>`,
		templ.EscapeString(f.Title), `</title><rect width="100%" height="100%"></rect>`)
	if f.Name != "" {
		m.add(`<text class="name" x="5" y="13">`, templ.EscapeString(f.Name), `</text>`)
	}
	if f.Note != "" {
		m.add(`<text class="note" x="100%" dx="-5" y="13">`, templ.EscapeString(f.Note), `</text>`)
	}
	if f.Small != "" {
		m.add(`<text class="small" x="3" y="13">`, templ.EscapeString(f.Small), `</text>`)
	}
	m.add(`</svg>`)
}

var boxHeight = strconv.Itoa(rowHeight - 1)
