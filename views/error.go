package views

import "net/http"

// deadLink returns the page for a reader who followed a link that does not work.
func deadLink(p ErrorPage) ErrorPage {
	if p.ReadOnly && p.Status == http.StatusNotFound {
		p.Title = "This link does not work"
		p.Next, p.NextURL = "Ask the sender for a new link.", ""
	}
	return p
}
