package child

import (
	"testing"
)

func TestAttribute(t *testing.T) {
	tests := []struct {
		name       string
		last, now  ResidentMemory
		anon, file int64
	}{
		{"no higher than seen", ResidentMemory{100, 90, 10}, ResidentMemory{100, 50, 10}, 0, 0},
		{"as high as now", ResidentMemory{100, 90, 10}, ResidentMemory{120, 110, 10}, 0, 0},
		{"anonymous memory was freed", ResidentMemory{100, 90, 10}, ResidentMemory{120, 5, 10}, 110, 10},
		{"anonymous memory, and a few file pages", ResidentMemory{100, 90, 10}, ResidentMemory{120, 5, 12}, 108, 12},
		{"a file was unmapped", ResidentMemory{100, 10, 90}, ResidentMemory{120, 10, 5}, 10, 110},
		{"too high above both", ResidentMemory{100, 90, 10}, ResidentMemory{200, 5, 10}, 0, 0},
		{"both changed", ResidentMemory{100, 50, 50}, ResidentMemory{120, 5, 5}, 0, 0},
		{"neither changed", ResidentMemory{100, 50, 50}, ResidentMemory{120, 50, 50}, 0, 0},
		{"the first sample", ResidentMemory{}, ResidentMemory{200, 5, 5}, 0, 0},
		{"another program", ResidentMemory{200, 100, 100}, ResidentMemory{100, 5, 5}, 0, 0},
	}
	for _, test := range tests {
		if anon, file := attribute(test.last, test.now); anon != test.anon || file != test.file {
			t.Errorf("%s: %d and %d, want %d and %d", test.name, anon, file, test.anon, test.file)
		}
	}
}

func TestMostTogether(t *testing.T) {
	tests := []struct {
		name  string
		spans []span
		want  int64
	}{
		{"none", nil, 0},
		{"one", []span{{1, 9, 5}}, 5},
		{"one after the other", []span{{1, 4, 5}, {4, 9, 7}}, 7},
		{"a child", []span{{1, 9, 5}, {2, 4, 7}}, 12},
		{"two children, one after the other", []span{{1, 9, 5}, {2, 4, 7}, {5, 6, 8}}, 13},
		{"all at once", []span{{1, 9, 5}, {2, 4, 7}, {3, 6, 8}}, 20},
	}
	for _, test := range tests {
		if got := mostTogether(test.spans); got != test.want {
			t.Errorf("%s: %d, want %d", test.name, got, test.want)
		}
	}
}
