# What can be done here: `make` lists it.

SQL_CODE := sqlc.yaml store/queries.sql migrations/*.sql store/internal/db/*.go
SQL_SUMS := store/internal/db/SHA256SUMS

.PHONY: help build test check generate bench truth vendor browser

help: ## list the targets
	@grep -hE '^[a-z]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "%-10s %s\n", $$1, $$2}'

build: ## build ./heaplab
	go build -o heaplab ./cmd/web

# Whole trainings are skipped under the race detector, for which they are too slow: they run without it.
test: check browser ## everything: generated files, format, vet, staticcheck, all tests, the browser's too
	CI=true go test -race ./...
	go test ./profiler/...

check: ## what can be told without running tests
	@sha256sum $(SQL_CODE) | cmp -s - $(SQL_SUMS) || { echo "the code made from SQL is not current: run make generate"; exit 1; }
	@before=$$(cat views/*_templ.go | sha256sum); go tool templ generate -path views -log-level error && \
		[ "$$before" = "$$(cat views/*_templ.go | sha256sum)" ] || { echo "views/*_templ.go were not current; now they are: commit them"; exit 1; }
	@unformatted=$$(gofmt -l .); [ -z "$$unformatted" ] || { echo "not gofmt-ed: $$unformatted"; exit 1; }
	go vet ./...
	go tool staticcheck ./...

generate: ## make the committed code from SQL and templates
	go tool sqlc generate
	sha256sum $(SQL_CODE) > $(SQL_SUMS)
	go tool templ generate -path views

# Large heap profiles are not kept here: PROFILES is a folder with a medium pair and a large one.
bench: ## speed of kernels beside gonum's, of profiles beside pprof's (PROFILES=DIR), of models' files, every case
	go test ./profiler/model -run '^$$' -bench . -benchmem
	go test ./profiler/cases -run '^$$' -bench . -benchmem
	go test ./profiler/weights -run '^$$' -bench . -benchmem
ifdef PROFILES
	go test ./profiler -run '^$$' -bench Ingest -benchtime 5x -profiles $(abspath $(PROFILES))
	go test ./handlers -run '^$$' -bench DiffPage -profiles $(abspath $(PROFILES))
	go test ./profiler/heap -run Totals -v -profiles $(abspath $(PROFILES))
endif

truth: ## hold the verdicts against known truths (about 15 minutes)
	go run ./profiler/truth

vendor: ## fetch the browser's third-party files anew, by exact version and hash
	static/vendor/fetch.sh

browser: ## install Debian's Chromium for the browser tests, where there is none
	@command -v chromium >/dev/null || command -v google-chrome >/dev/null || { \
		[ "$$(id -u)" = 0 ] || { echo "the browser tests need Chromium: sudo apt-get install chromium"; exit 1; }; \
		echo "installing Debian's Chromium for the browser tests"; \
		apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq chromium >/dev/null; }
