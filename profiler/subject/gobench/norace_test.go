//go:build !race

package gobench_test

const raceEnabled = false
