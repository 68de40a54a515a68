package static

import (
	"compress/gzip"
	"io"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"
	"testing/fstest"
)

func get(t *testing.T, method, url, accept string) *http.Response {
	t.Helper()
	r := httptest.NewRequest(method, url, nil)
	r.Header.Set("Accept-Encoding", accept)
	w := httptest.NewRecorder()
	Handler().ServeHTTP(w, r)
	return w.Result()
}

func TestHandler(t *testing.T) {
	assets, _ := assets()
	if len(assets) < 7 {
		t.Fatalf("only %d files are embedded", len(assets))
	}
	for name, a := range assets {
		t.Run(name, func(t *testing.T) {
			if a.mime == "" {
				t.Error("no content type")
			}
			plain := get(t, "GET", Path(name), "")
			if plain.StatusCode != http.StatusOK {
				t.Fatalf("status %d", plain.StatusCode)
			}
			body, err := io.ReadAll(plain.Body)
			if err != nil || string(body) != string(a.raw) {
				t.Errorf("the body differs from the file: %v", err)
			}
			if got := plain.Header.Get("Content-Type"); got != a.mime {
				t.Errorf("Content-Type %q, want %q", got, a.mime)
			}
			if got := plain.Header.Get("Cache-Control"); !strings.Contains(got, "immutable") {
				t.Errorf("Cache-Control %q", got)
			}
			if a.gzip == nil {
				return
			}
			packed := get(t, "GET", Path(name), "br, gzip;q=0.8")
			if packed.Header.Get("Content-Encoding") != "gzip" || packed.Header.Get("Vary") != "Accept-Encoding" {
				t.Fatalf("headers %v", packed.Header)
			}
			zip, err := gzip.NewReader(packed.Body)
			if err != nil {
				t.Fatal(err)
			}
			if unpacked, err := io.ReadAll(zip); err != nil || string(unpacked) != string(a.raw) {
				t.Errorf("the uncompressed body differs from the file: %v", err)
			}
		})
	}
}

func TestHandlerRefuses(t *testing.T) {
	for _, url := range []string{"/static/", "/static/app.css", "/static/app.000000000000.css", "/static/vendor/fetch.sh", "/static/../static.go"} {
		if got := get(t, "GET", url, "").StatusCode; got != http.StatusNotFound {
			t.Errorf("%s: status %d, want 404", url, got)
		}
	}
	if got := get(t, "GET", Path("app.css"), "gzip;q=0").Header.Get("Content-Encoding"); got != "" {
		t.Errorf("the client does not accept gzip, got %q", got)
	}
	head := get(t, "HEAD", Path("app.css"), "")
	if body, _ := io.ReadAll(head.Body); len(body) > 0 || head.Header.Get("Content-Length") == "0" {
		t.Errorf("HEAD: %d bytes of body, headers %v", len(body), head.Header)
	}
}

func TestPathPanics(t *testing.T) {
	defer func() {
		if recover() == nil {
			t.Error("no panic for an unknown name")
		}
	}()
	Path("none.css")
}

// A style sheet refers to served files by their hashed URLs, and its hash changes with theirs.
func TestStyleSheets(t *testing.T) {
	assets, byURL := assets()
	for _, match := range regexp.MustCompile(`url\(([^)]+)\)`).FindAllStringSubmatch(string(assets["app.css"].raw), -1) {
		if _, ok := byURL[match[1]]; !ok {
			t.Errorf("app.css refers to %s, which is not served", match[1])
		}
	}
	sheet := func(font string) string {
		byName, _ := load(fstest.MapFS{"a.css": {Data: []byte("src: url(b.woff2)")}, "b.woff2": {Data: []byte(font)}})
		return byName["a.css"].url
	}
	if sheet("one") == sheet("two") {
		t.Error("the URL of the style sheet does not change with its font")
	}
}

// Inlined style sheets load no other files.
func TestInline(t *testing.T) {
	sheets := Inline("app.css", "pages.css", "charts.css")
	for _, match := range regexp.MustCompile(`url\((.{0,40})`).FindAllStringSubmatch(sheets, -1) {
		if !strings.HasPrefix(match[1], "data:font/woff2;base64,d09GMg") { // "wOF2"
			t.Errorf("url(%s…)", match[1])
		}
	}
	if !strings.Contains(sheets, "@layer reset") || strings.Contains(sheets, "</") || strings.Contains(sheets, "@import") {
		t.Error("the style sheets cannot be inlined")
	}
	if got := Data("icon.svg"); !strings.HasPrefix(got, "data:image/svg+xml;base64,") {
		t.Errorf("icon: %.40s", got)
	}
}

// The content security policy forbids scripts to evaluate text.
func TestScriptsDoNotEvaluate(t *testing.T) {
	assets, _ := assets()
	for _, name := range []string{"app.js", "theme.js"} {
		for _, word := range []string{"eval(", "Function(", "innerHTML", "insertAdjacentHTML", ".style."} {
			if strings.Contains(string(assets[name].raw), word) {
				t.Errorf("%s uses %s", name, word)
			}
		}
	}
}
