#!/bin/sh
# Brings the files of third parties from npm by exact version and checks them. Run it from
# anywhere; it needs npm, tar and sha256sum. README.md in this folder lists what it brings.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
testdata=$here/../../cmd/web/testdata
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# fetch PACKAGE VERSION PATH SHA256 TARGET
fetch() {
	(cd "$work" && tarball=$(npm pack --silent "$1@$2") && tar xzf "$tarball" "package/$3")
	echo "$4  $work/package/$3" | sha256sum --check --quiet
	mkdir -p "$(dirname "$5")"
	install -m 644 "$work/package/$3" "$5"
	rm -rf "$work/package"
}

fetch htmx.org 2.0.11 dist/htmx.min.js \
	d6fdc75f204e6bdefa99b69bf1e6d4ac69b8a364f77929f45c13476b4000f717 "$here/htmx.min.js"
fetch htmx-ext-sse 2.2.4 dist/sse.min.js \
	98a46496de0c3605fbffdce9167ba427bdd9553184f83f149c261891a92c0136 "$here/sse.min.js"
fetch uplot 1.6.32 dist/uPlot.iife.min.js \
	19c8d4c6ad88929a79f4ae49d6f7161566dfd0ba3d15cc495e974f787eb78f1f "$here/uPlot.min.js"
fetch uplot 1.6.32 dist/uPlot.min.css \
	df630c6a8d6f8eeaff264b50f73ce5b114f646ffd9a0bb74f049b0a00135fa04 "$here/uPlot.min.css"
fetch axe-core 4.14.1 axe.min.js \
	29348999450cdf2849a8e70b7912fc2da85a849da39c0d0d5394f51d4a9ed95c "$testdata/axe.min.js"
