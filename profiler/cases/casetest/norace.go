//go:build !race

package casetest

// RaceEnabled reports whether the race detector is on.
const RaceEnabled = false
