package views

// An APIDocsPage lists the operations of the JSON API.
type APIDocsPage struct {
	Operations []APIOperation
	Version    string
	Base       string // of addresses
}

// An APIOperation is one address of the JSON API and what it does.
type APIOperation struct {
	Method, Path, Summary string
}

const apiExample = `curl -H 'Content-Type: application/json' BASE/api/v1/experiments \
  -d '{"case":"preallocation","params":{"batch":32},"count":6,"benchtime":"20x"}'
curl BASE/api/v1/experiments/1
curl BASE/experiments/1/report.md    # or .html, .txt (for benchstat), .csv, .json
go tool pprof 'BASE/api/v1/experiments/1/profiles/fresh.pb.gz?kind=allocs'
go tool pprof 'BASE/api/v1/experiments/1/profiles/diff.pb.gz?before=fresh&after=resize'`
