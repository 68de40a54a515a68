# Run make to list the targets.

SQL_CODE := sqlc.yaml store/queries.sql migrations/*.sql store/internal/db/*.go
SQL_SUMS := store/internal/db/SHA256SUMS

.PHONY: help build test check generate bench truth hostile modules toolchains overhead vendor browser programs

help: ## list the targets
	@grep -hE '^[a-z]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "%-10s %s\n", $$1, $$2}'

build: ## build ./heaplab
	go build -o heaplab ./cmd/web

# The tests of cmd/web start the program, which has no race detector. The other packages of the second pass have tests
# that are too slow under it, or that it would disturb.
PLAIN := ./cmd/web ./profiler/cases/... ./profiler/child ./profiler/model ./profiler/pool ./profiler/subject/gobench ./profiler/weights

test: check browser programs ## run all checks and all tests, including the browser tests
	CI=true go test -race -timeout 30m $$(go list ./... | grep -v /cmd/web$$)
	CI=true go test -timeout 30m $(PLAIN)

check: ## check generated code, formatting, vet and staticcheck
	@sha256sum $(SQL_CODE) | cmp -s - $(SQL_SUMS) || { echo "the code generated from SQL is out of date: run make generate"; exit 1; }
	@before=$$(cat views/*_templ.go | sha256sum); go tool templ generate -path views -log-level error && \
		[ "$$before" = "$$(cat views/*_templ.go | sha256sum)" ] || { echo "views/*_templ.go were out of date and have been regenerated: commit them"; exit 1; }
	@unformatted=$$(gofmt -l .); [ -z "$$unformatted" ] || { echo "run gofmt on: $$unformatted"; exit 1; }
	go vet ./...
	go tool staticcheck ./...

generate: ## generate code from SQL and templates
	go tool sqlc generate
	sha256sum $(SQL_CODE) > $(SQL_SUMS)
	go tool templ generate -path views

# The repository has no large heap profiles: PROFILES is a folder with a medium pair and a large one.
bench: ## run the benchmarks; PROFILES=DIR adds those that need large profiles
	go test ./profiler/model -run '^$$' -bench . -benchmem
	go test ./profiler/cases -run '^$$' -bench . -benchmem
	go test ./profiler/weights -run '^$$' -bench . -benchmem
ifdef PROFILES
	go test ./profiler/child -run '^$$' -bench Ingest -benchtime 5x -profiles $(abspath $(PROFILES))
	go test ./handlers -run '^$$' -bench DiffPage -profiles $(abspath $(PROFILES))
	go test ./profiler/heap -run Totals -v -profiles $(abspath $(PROFILES))
endif

truth: ## test the verdicts against known differences (about 20 minutes)
	go run ./profiler/truth

hostile: ## measure the server's memory while it takes files that are made to use it up (about a minute)
	go test ./cmd/web -run HostileImports -hostile -v

modules: ## measure benchmarks of public modules, and known memory fixes, with heaplab bench (about an hour; downloads the modules)
	go test ./cmd/web -run 'ModulesAgree|KnownFixes' -modules -v -timeout 3h

TOOLCHAINS := go1.24.11 go1.25.5 go1.26.8
toolchains: ## measure the shapes of benchmarks with several versions of Go (about ten minutes; downloads them)
	for version in $(TOOLCHAINS); do GOTOOLCHAIN=$$version go version || exit 1; done
	go test ./profiler/subject/gobench -run Toolchains -toolchains "$$(echo $(TOOLCHAINS) | tr ' ' ',')" -v -timeout 1h

overhead: ## compare the times of benchmarks with those of go test (about ten minutes)
	go test ./profiler/subject/gobench -run Overhead -overhead 60 -v -timeout 1h

vendor: ## fetch third-party browser files, by exact version and hash
	static/vendor/fetch.sh

programs: ## install Python and Node, which tests measure, and a C++ compiler, whose programs they read, if they are missing
	@command -v python3 >/dev/null && command -v node >/dev/null && command -v g++ >/dev/null && command -v addr2line >/dev/null || { \
		[ "$$(id -u)" = 0 ] || { echo "the tests need Python, Node and C++: sudo apt-get install python3 nodejs g++ binutils"; exit 1; }; \
		echo "installing Debian's Python, Node and C++ for the tests"; \
		apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq python3 nodejs g++ binutils >/dev/null; }

browser: ## install Chromium for the browser tests if there is no browser
	@command -v chromium >/dev/null || command -v google-chrome >/dev/null || { \
		[ "$$(id -u)" = 0 ] || { echo "the browser tests need Chromium: sudo apt-get install chromium"; exit 1; }; \
		echo "installing Debian's Chromium for the browser tests"; \
		apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq chromium >/dev/null; }
