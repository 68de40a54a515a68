package main

import (
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// The report file opens without its server and without a network, and shows everything that the page
// shows. The browser requests only the file.
func TestReportFileOpensOffline(t *testing.T) {
	t.Parallel()
	p := newTab(t)
	d := startDashboard(t, t.TempDir())
	p.open(d.url + "/experiments/new?case=preallocation&" + query(small))
	p.click(`#launch button.primary`)
	p.untilReport(1)
	const headings = `[...document.querySelectorAll('main section h2')].map(h => h.textContent.trim()).filter(h => h !== 'Files').join('; ')`
	cards := eval[string](p, headings)

	// Open the menu with the keyboard.
	eval[bool](p, `(document.querySelector('.export summary').focus(), true)`)
	p.do(chromedp.KeyEvent(kb.Enter))
	p.until(`document.querySelector('.export').open`)
	p.audit("report-export")
	p.do(chromedp.KeyEvent(kb.Tab))
	p.until(`document.activeElement.pathname === '/experiments/1/report.md'`)

	file := filepath.Join(t.TempDir(), "report.html")
	save(t, d.url+"/experiments/1/report.html", file)
	if err := d.stop(); err != nil {
		t.Fatal(err)
	}
	asked := p.listenToRequests()
	if text := p.open("file://" + file); !strings.Contains(text, "bytes per operation") {
		t.Errorf("the file says %.300q", text)
	}
	if got := eval[string](p, headings); got != cards {
		t.Errorf("cards of the file:\n%s\ncards of the page:\n%s", got, cards)
	}
	if fonts := eval[int](p, `document.fonts.ready.then(fonts => [...fonts].filter(f => f.status === 'loaded').length)`); fonts != 2 {
		t.Errorf("%d fonts are loaded, want both", fonts)
	}
	p.audit("report-file")
	for _, url := range asked() {
		if url != "file://"+file && !strings.HasPrefix(url, "data:") {
			t.Errorf("the file requests %s", url)
		}
	}
}

func save(t *testing.T, url, file string) {
	t.Helper()
	resp, err := http.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode != http.StatusOK {
		t.Fatalf("%s: %s, %v", url, resp.Status, err)
	}
	if len(b) > 400<<10 {
		t.Errorf("the file has %d bytes", len(b))
	}
	if err := os.WriteFile(file, b, 0o644); err != nil {
		t.Fatal(err)
	}
}

// listenToRequests takes the browser offline, and returns a func that returns the URLs that the page
// requests.
func (p *tab) listenToRequests() (asked func() []string) {
	p.Helper()
	urls := make(chan string, 1000)
	err := chromedp.Listen(p.ctx, func(event any) {
		if e, ok := event.(*network.EventRequestWillBeSent); ok {
			urls <- e.Request.URL
		}
	})
	if err != nil {
		p.Fatal(err)
	}
	call(p, network.Enable, network.EnableParams{})
	call(p, network.EmulateNetworkConditionsByRule, network.EmulateNetworkConditionsByRuleParams{
		MatchedNetworkConditions: []*network.Conditions{{Offline: true, DownloadThroughput: -1, UploadThroughput: -1}},
	})
	return func() (out []string) {
		call(p, network.Disable, cdp.Empty{}) // no more events
		for len(urls) > 0 {
			out = append(out, <-urls)
		}
		return out
	}
}
