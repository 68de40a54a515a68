package views

// htmxConfig keeps htmx within the content security policy, and lets the browser itself go
// back in history: no copies of pages in its storage.
const htmxConfig = `{"allowEval":false,"includeIndicatorStyles":false,"selfRequestsOnly":true,"historyCacheSize":0,"refreshOnHistoryMiss":true}`

// A crumb is one step of the path to a page.
type crumb struct{ Text, URL string }
