package child

import (
	"slices"
	"time"
)

// attribute splits a peak between two samples of a process into anonymous and file-backed memory. The
// peak is the high-water mark of now, if it has risen above both samples. One kind of memory caused the
// peak if it differs between the samples by at least the height of the peak above them, while the other
// kind hardly differs. For example, a program that has freed an array since the last sample has less
// anonymous memory and the same files. The result is wrong if the program also mapped and unmapped a
// file between the samples. Both results are 0 if there is no peak or its cause is not clear.
func attribute(last, now ResidentMemory) (anon, file int64) {
	above := now.HighWater - max(last.total(), now.total())
	if last.total() == 0 || now.HighWater <= last.HighWater || above <= 0 {
		return 0, 0
	}
	const clear = 8 // times as much of one kind as of the other
	da, df := distance(last.Anon, now.Anon), distance(last.File, now.File)
	switch {
	case da >= above && da > clear*df:
		file = max(last.File, now.File)
		return now.HighWater - file, file
	case df >= above && df > clear*da:
		anon = max(last.Anon, now.Anon)
		return anon, now.HighWater - anon
	}
	return 0, 0
}

func distance(a, b int64) int64 { return max(a-b, b-a) }

// A span is a time in which a process had memory, and the peak of that memory in bytes.
type span struct {
	from, to  time.Duration
	highWater int64
}

// mostTogether returns the highest sum of spans that overlap. A span that ends when another
// begins does not overlap with it.
func mostTogether(spans []span) (most int64) {
	type edge struct {
		at    time.Duration
		bytes int64
	}
	edges := make([]edge, 0, 2*len(spans))
	for _, s := range spans {
		edges = append(edges, edge{s.from, s.highWater}, edge{s.to, -s.highWater})
	}
	slices.SortFunc(edges, func(a, b edge) int {
		if a.at != b.at {
			return int(a.at - b.at)
		}
		return int(a.bytes - b.bytes)
	})
	var sum int64
	for _, e := range edges {
		sum += e.bytes
		most = max(most, sum)
	}
	return most
}
