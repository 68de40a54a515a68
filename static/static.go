// Package static holds the style sheets, scripts, fonts and images of the pages. The URL of each
// file contains a hash of its content, so browsers can cache it forever.
package static

import (
	"bytes"
	"crypto/sha256"
	"embed"
	"encoding/base64"
	"encoding/hex"
	"io/fs"
	"net/http"
	"path"
	"regexp"
	"strconv"
	"strings"
	"sync"

	"github.com/klauspost/compress/gzip"
)

//go:embed app.css pages.css media.css charts.css flame.css flame.js import.css import.js app.js theme.js timeline.js icon.svg fonts/*.woff2 vendor/*.js vendor/*.css
var files embed.FS

var types = map[string]string{
	".css":   "text/css; charset=utf-8",
	".js":    "text/javascript; charset=utf-8",
	".svg":   "image/svg+xml",
	".woff2": "font/woff2",
}

// An asset is a file to serve.
type asset struct {
	url  string // with the hash
	mime string
	raw  []byte
	gzip []byte // nil if compressing does not help, as with fonts
}

// assets returns all files by name and by URL. They are loaded on first use, so that a child process
// that measures does not pay for them.
var assets = sync.OnceValues(func() (byName, byURL map[string]asset) { return load(files) })

// Path returns the URL of a file of this package, such as Path("app.css"). It panics if there is no
// such file.
func Path(name string) string { return find(name).url }

func find(name string) asset {
	byName, _ := assets()
	a, ok := byName[name]
	if !ok {
		panic("static: no file " + name)
	}
	return a
}

// Inline returns the text of style sheets for a page that is a single file. Each url(…) in them
// becomes a data URL.
func Inline(names ...string) string {
	_, byURL := assets()
	var b strings.Builder
	for _, name := range names {
		b.Write(urlPattern.ReplaceAllFunc(find(name).raw, func(match []byte) []byte {
			return []byte("url(" + byURL[string(urlPattern.FindSubmatch(match)[1])].data() + ")")
		}))
	}
	return b.String()
}

// Data returns a file as a data URL.
func Data(name string) string { return find(name).data() }

func (a asset) data() string {
	mime, _, _ := strings.Cut(a.mime, ";")
	return "data:" + mime + ";base64," + base64.StdEncoding.EncodeToString(a.raw)
}

// Handler serves the URLs that Path returns, and nothing else.
func Handler() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, byURL := assets()
		a, ok := byURL[r.URL.Path]
		if !ok {
			http.NotFound(w, r)
			return
		}
		header, body := w.Header(), a.raw
		header.Set("Content-Type", a.mime)
		header.Set("Cache-Control", "public, max-age=31536000, immutable")
		if a.gzip != nil {
			header.Set("Vary", "Accept-Encoding")
			if acceptsGzip(r) {
				header.Set("Content-Encoding", "gzip")
				body = a.gzip
			}
		}
		header.Set("Content-Length", strconv.Itoa(len(body)))
		if r.Method != http.MethodHead {
			w.Write(body) // fails only if the client has disconnected
		}
	})
}

func acceptsGzip(r *http.Request) bool {
	for coding := range strings.SplitSeq(r.Header.Get("Accept-Encoding"), ",") {
		name, weight, _ := strings.Cut(strings.TrimSpace(coding), ";")
		if strings.TrimSpace(name) == "gzip" {
			q, err := strconv.ParseFloat(strings.TrimPrefix(strings.TrimSpace(weight), "q="), 64)
			return err != nil || q > 0
		}
	}
	return false
}

// load reads all files. Style sheets come last: they refer to other files by url(…), so their hash
// must change when one of those files changes.
func load(files fs.FS) (byName, byURL map[string]asset) {
	byName, byURL = map[string]asset{}, map[string]asset{}
	for _, sheets := range []bool{false, true} {
		err := fs.WalkDir(files, ".", func(name string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() || (path.Ext(name) == ".css") != sheets {
				return err
			}
			raw, err := fs.ReadFile(files, name)
			if err != nil {
				return err
			}
			if sheets {
				raw = link(raw, byName)
			}
			a := newAsset(name, raw)
			byName[name], byURL[a.url] = a, a
			return nil
		})
		if err != nil {
			panic("static: " + err.Error()) // embedded files can always be read
		}
	}
	return byName, byURL
}

var urlPattern = regexp.MustCompile(`url\(([^)#:]+)\)`)

// link replaces the file names in the url(…) of a style sheet by the files' URLs.
func link(sheet []byte, byName map[string]asset) []byte {
	return urlPattern.ReplaceAllFunc(sheet, func(match []byte) []byte {
		name := string(urlPattern.FindSubmatch(match)[1])
		a, ok := byName[name]
		if !ok {
			panic("static: a style sheet refers to " + name + ", which does not exist")
		}
		return []byte("url(" + a.url + ")")
	})
}

func newAsset(name string, raw []byte) asset {
	sum := sha256.Sum256(raw)
	ext := path.Ext(name)
	a := asset{
		url:  "/static/" + strings.TrimSuffix(name, ext) + "." + hex.EncodeToString(sum[:6]) + ext,
		mime: types[ext],
		raw:  raw,
	}
	var b bytes.Buffer
	zip, err := gzip.NewWriterLevel(&b, gzip.BestCompression)
	if err != nil {
		panic("static: " + err.Error()) // the level is a valid one
	}
	zip.Write(raw) // cannot fail with a bytes.Buffer
	zip.Close()
	if b.Len() < len(raw)*9/10 {
		a.gzip = b.Bytes()
	}
	return a
}
