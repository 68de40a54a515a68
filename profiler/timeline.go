package profiler

import "time"

// A Timeline holds the memory of a peak child over time, from its first operation to the mark of its
// last. T and the four series have the same length.
type Timeline struct {
	Interval time.Duration `json:"interval_ns" doc:"between samples"`
	Samples  int           `json:"samples" doc:"number of samples taken; fewer are kept, with the same shape"`
	Cost     float64       `json:"cost" doc:"share of one processor that sampling used"`
	Ops      int64         `json:"ops" doc:"number of operations"`
	Mark     float64       `json:"mark_ms" doc:"time at which the last operation called mark, in milliseconds from the first operation"`

	T    []float64 `json:"t_ms" doc:"milliseconds from the first operation"`
	Heap []int64   `json:"heap_bytes" doc:"heap in use: live objects, and dead objects that are not swept yet"`
	Live []int64   `json:"live_bytes" doc:"live heap at the end of the last collection"`
	Anon []int64   `json:"anon_bytes" doc:"resident anonymous memory"`
	File []int64   `json:"file_bytes" doc:"resident pages of files, including shared ones"`
}

// Complete reports whether all series have the length of T. The timeline of a command has no Heap and
// no Live.
func (t *Timeline) Complete() bool {
	n := len(t.T)
	heap := len(t.Heap) == n && len(t.Live) == n || t.Heap == nil && t.Live == nil
	return heap && len(t.Anon) == n && len(t.File) == n
}
