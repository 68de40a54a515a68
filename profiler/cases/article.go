package cases

import (
	"fmt"
	"strings"

	"heaplab/profiler"
	"heaplab/profiler/access"
	"heaplab/profiler/subject/builtin"
)

// A term is a Chinese name from the article, with its translation.
type term struct{ chinese, english string }

// The article's families of techniques.
var (
	allocation   = term{"内存分配策略", "allocation"}
	dataTypes    = term{"数据类型优化", "data types"}
	structure    = term{"模型结构优化", "structure"}
	memoryAccess = term{"内存访问优化", "access"}
	combined     = term{"综合", "all families together"} // not the article's
)

// The article's techniques and worked cases.
var (
	preallocate = term{"预分配内存", "Preallocate memory"}
	poolMemory  = term{"内存池", "Memory pool"}
	lowerBits   = term{"降低数据精度", "Lower the precision of data"}
	useIntegers = term{"使用整数类型", "Use integers"}
	prune       = term{"模型剪枝", "Prune the model"}
	distil      = term{"知识蒸馏", "Distil knowledge"}
	keepLocal   = term{"数据局部性", "Locality of data"}
	mapMemory   = term{"内存映射", "Map memory"}
	train       = term{"训练", "Training"} // not the article's

	case1 = term{"案例一", "Case 1: an image model that resizes its memory while it trains"}
	case2 = term{"案例二", "Case 2: a language model whose inference takes too much memory"}
	case3 = term{"案例三", "Case 3: a speech model with too many parameters while it trains"}
)

// techniques say which technique each case measures.
var techniques = map[string]struct{ family, technique term }{
	"preallocation":      {allocation, preallocate},
	"gpt2-cache":         {allocation, preallocate},
	"pool":               {allocation, poolMemory},
	"precision":          {dataTypes, lowerBits},
	"precision-training": {dataTypes, lowerBits},
	"gpt2-precision":     {dataTypes, lowerBits},
	"integer":            {dataTypes, useIntegers},
	"gpt2-integer":       {dataTypes, useIntegers},
	"token-ids":          {dataTypes, useIntegers},
	"matrices":           {dataTypes, lowerBits},
	"pruning":            {structure, prune},
	"gpt2-pruning":       {structure, prune},
	"distillation":       {structure, distil},
	"locality":           {memoryAccess, keepLocal},
	"mmap":               {memoryAccess, mapMemory},
	"training":           {combined, train},
}

// techniqueOf names a case's technique in the article's words and in English.
func techniqueOf(name string) string {
	t := techniques[name]
	english := strings.ToLower(t.technique.english[:1]) + t.technique.english[1:]
	return fmt.Sprintf("%s · %s (%s: %s)", t.family.chinese, t.technique.chinese, t.family.english, english)
}

// Article lists the claims in the order of the article: four families with eight techniques, of
// which three have a worked case in Keras.
var Article = []builtin.Claim{
	newClaim(allocation, preallocate,
		"Allocate enough before training or inference starts and avoid resizing after that: it saves time and memory.", "",
		test("preallocation", "preallocated", profiler.BytesPerOp), test("preallocation", "preallocated", profiler.LiveHeap), test("preallocation", "preallocated", profiler.NsPerOp)),
	newClaim(allocation, case1,
		"If memory is preallocated, training does not resize it repeatedly.",
		"It calls set_memory_growth(True), which makes TensorFlow grow memory on demand, the opposite of preallocation. The call also lacks its device argument.",
		test("preallocation", "preallocated", profiler.AllocsPerOp)),
	newClaim(allocation, poolMemory,
		"Pool buffers that are often allocated and freed: less is allocated, and memory is less fragmented.", "",
		test("pool", "syncpool", profiler.BytesPerOp), test("pool", "freelist", profiler.AllocsPerOp), smallBuffers(profiler.Fragments)),
	newClaim(dataTypes, lowerBits,
		"Where precision is not critical, float32 or float16 takes less memory than float64.", "",
		test("precision", "float32", profiler.LiveHeap), test("precision", "float32", profiler.BytesPerOp), test("precision", "float16", profiler.LiveHeap)),
	newClaim(dataTypes, case2,
		"In float32 instead of float64 its inference takes less memory.",
		"It never changes a data type, and it trains, although the example is about inference. Keras computes in float32 by default.",
		test("precision", "float32", profiler.LiveHeap)),
	newClaim(dataTypes, useIntegers,
		"Integers instead of floating-point numbers take less memory.", "",
		test("integer", "int8", profiler.LiveHeap), test("integer", "int8-activations", profiler.LiveHeap), test("token-ids", "uint16", profiler.LiveHeap)),
	newClaim(structure, prune,
		"Removing unimportant neurons or connections makes the model smaller.", "",
		test("pruning", "masked", profiler.LiveHeap), test("pruning", "csr", profiler.LiveHeap),
		test("pruning", "packed", profiler.LiveHeap), test("pruning", "filters", profiler.LiveHeap)),
	newClaim(structure, case3,
		"When it is pruned, it takes less memory while it trains.",
		"It lacks the import of the pruning library and the callback that counts its steps, without which it stops with an error. Its speech model is an image classifier. Masks increase the memory of training and never reduce it.",
		test("pruning", "masked", builtin.FitLive)),
	newClaim(structure, distil,
		"A small model that learns from a large one takes less memory and keeps its features.", "",
		test("distillation", "soft", profiler.LiveHeap), test("distillation", "feature", profiler.LiveHeap)),
	newClaim(memoryAccess, keepLocal,
		"Access patterns that stay close together use memory better.", "",
		test("locality", "rows", profiler.NsPerOp), test("locality", "arrays", profiler.NsPerOp), test("locality", "rows", profiler.LiveHeap)),
	newClaim(memoryAccess, mapMemory,
		"Data that stays on the disk and is loaded on demand takes less memory.", "",
		touching(access.First), touching(access.Strided), touching(access.All)),
}

func newClaim(family, technique term, says, code string, tests ...builtin.Test) builtin.Claim {
	return builtin.Claim{
		Family:  family.chinese + " · " + family.english,
		Chinese: technique.chinese, English: technique.english,
		Says: says, Code: code, Tests: tests,
	}
}

func test(name, variant, unit string) builtin.Test {
	return builtin.Test{Case: name, Variant: variant, Unit: unit}
}

// smallBuffers is a test of pool with many buffers smaller than a page. Larger buffers have pages
// of their own, with no gaps between them.
func smallBuffers(unit string) builtin.Test {
	t := test("pool", "freelist", unit)
	t.Params = builtin.Values(largest.Is(256))
	return t
}

// touching is a test of mmap that reads that part of the file.
func touching(part access.Touch) builtin.Test {
	t := test("mmap", "mapped", profiler.MarkRSS)
	t.Params = builtin.Values(touch.Is(string(part)))
	return t
}
