//go:build !race

package child

// RaceEnabled reports whether the tests run with the race detector.
const RaceEnabled = false
