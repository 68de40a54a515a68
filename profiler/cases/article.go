package cases

import (
	"heaplab/profiler"
	"heaplab/profiler/access"
	"heaplab/profiler/subject/builtin"
)

const (
	allocation = "内存分配策略 · allocation"
	dataTypes  = "数据类型优化 · data types"
	structure  = "模型结构优化 · structure"
	reading    = "内存访问优化 · access"
)

// Article are the claims in the order of the article: four families with eight techniques,
// of which three have a worked case in Keras.
var Article = []builtin.Claim{
	{
		Family: allocation, Chinese: "预分配内存", English: "Preallocate memory",
		Says:  "Allocate enough before training or inference starts and avoid resizing after that: it saves time and memory.",
		Tests: []builtin.Test{own("preallocation", "preallocated", profiler.BytesPerOp), own("preallocation", "preallocated", profiler.LiveHeap), own("preallocation", "preallocated", profiler.NsPerOp)},
	},
	{
		Family: allocation, Chinese: "案例一", English: "Case 1: an image model that resizes its memory while it trains",
		Says:  "Allocated before, the model trains without resizing memory all the time.",
		Code:  "It calls set_memory_growth(True), which makes TensorFlow grow memory on demand, the opposite of allocating it before; and the call lacks the device that it is about.",
		Tests: []builtin.Test{own("preallocation", "preallocated", profiler.AllocsPerOp)},
	},
	{
		Family: allocation, Chinese: "内存池", English: "Memory pool",
		Says:  "Pool what is often allocated and freed: less is allocated, and memory is less fragmented.",
		Tests: []builtin.Test{test("pool", "syncpool", profiler.BytesPerOp), test("pool", "freelist", profiler.AllocsPerOp), smallBuffers(profiler.Fragments)},
	},
	{
		Family: dataTypes, Chinese: "降低数据精度", English: "Lower the precision of data",
		Says:  "float32 or float16 instead of float64, where the use is not sensitive to it, takes less memory.",
		Tests: []builtin.Test{inference(profiler.LiveHeap), inference(profiler.BytesPerOp)},
	},
	{
		Family: dataTypes, Chinese: "案例二", English: "Case 2: a language model whose inference takes too much memory",
		Says:  "In float32 instead of float64 its inference takes less memory.",
		Code:  "It never changes a data type, and it trains, though the story is about inference. Keras computes in float32 unless told otherwise.",
		Tests: []builtin.Test{inference(profiler.LiveHeap)},
	},
	{
		Family: dataTypes, Chinese: "使用整数类型", English: "Use integers",
		Says:  "Integers instead of floating-point numbers take less memory.",
		Tests: []builtin.Test{own("integer", "int8", profiler.LiveHeap), own("integer", "int8-activations", profiler.LiveHeap), test("token-ids", "uint16", profiler.LiveHeap)},
	},
	{
		Family: structure, Chinese: "模型剪枝", English: "Prune the model",
		Says: "Removing unimportant neurons or connections makes the model smaller.",
		Tests: []builtin.Test{
			own("pruning", "masked", profiler.LiveHeap), own("pruning", "csr", profiler.LiveHeap),
			own("pruning", "packed", profiler.LiveHeap), own("pruning", "filters", profiler.LiveHeap),
		},
	},
	{
		Family: structure, Chinese: "案例三", English: "Case 3: a speech model with too many parameters while it trains",
		Says:  "Pruned, it takes less memory while it trains.",
		Code:  "It lacks the import of the pruning library and the callback that counts its steps, without which it stops with an error; its speech model is a classifier of images; and masks add to the memory of a training, they never take from it.",
		Tests: []builtin.Test{own("pruning", "masked", builtin.FitLive)},
	},
	{
		Family: structure, Chinese: "知识蒸馏", English: "Distil knowledge",
		Says:  "A small model that learns from a large one takes less memory and keeps its features.",
		Tests: []builtin.Test{test("distillation", "soft", profiler.LiveHeap), test("distillation", "feature", profiler.LiveHeap)},
	},
	{
		Family: reading, Chinese: "数据局部性", English: "Locality of data",
		Says:  "Patterns of access that stay close together use memory better.",
		Tests: []builtin.Test{test("locality", "rows", profiler.NsPerOp), test("locality", "arrays", profiler.NsPerOp), test("locality", "rows", profiler.LiveHeap)},
	},
	{
		Family: reading, Chinese: "内存映射", English: "Map memory",
		Says:  "Data that stays on the disk and is loaded on demand takes less memory.",
		Tests: []builtin.Test{touching(access.First), touching(access.Strided), touching(access.All)},
	},
}

func test(name, variant, unit string) builtin.Test {
	return builtin.Test{Case: name, Variant: variant, Unit: unit}
}

// own is a test with the article's own model, in cases that have others.
func own(name, variant, unit string) builtin.Test {
	t := test(name, variant, unit)
	t.Params = profiler.Params{"model": ownModel}
	return t
}

// inference is a test of precision where the article's story has it.
func inference(unit string) builtin.Test {
	t := own("precision", "float32", unit)
	t.Params["mode"] = "inference"
	return t
}

// smallBuffers is a test of pool with many buffers smaller than a page: larger ones have pages of
// their own, between which there are no gaps.
func smallBuffers(unit string) builtin.Test {
	t := test("pool", "freelist", unit)
	t.Params = profiler.Params{"largest": int64(256)}
	return t
}

// touching is a test of mmap with that much of the file read.
func touching(touch access.Touch) builtin.Test {
	t := test("mmap", "mapped", profiler.MarkRSS)
	t.Params = profiler.Params{"touch": string(touch)}
	return t
}
