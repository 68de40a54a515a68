package profiler

import "time"

// A Timeline is the memory of a peak child from its first operation to the mark of its
// last. T and the four series have the same length.
type Timeline struct {
	Interval time.Duration `json:"interval_ns" doc:"between samples"`
	Samples  int           `json:"samples" doc:"how many were taken; those kept show the same shape"`
	Cost     float64       `json:"cost" doc:"share of one processor that sampling took"`
	Ops      int64         `json:"ops" doc:"operations that it spans"`
	Mark     float64       `json:"mark_ms" doc:"when the last operation called mark, in milliseconds from the first operation"`

	T    []float64 `json:"t_ms" doc:"milliseconds from the first operation"`
	Heap []int64   `json:"heap_bytes" doc:"heap in use: live objects, and dead ones that no collection has swept yet"`
	Live []int64   `json:"live_bytes" doc:"what the last collection found alive"`
	Anon []int64   `json:"anon_bytes" doc:"resident anonymous memory"`
	File []int64   `json:"file_bytes" doc:"resident pages of files, shared ones too"`
}
