package weights

import "strconv"

// A Type says how the numbers of a tensor are stored. Its name is that of the file format: "F32",
// "BF16", "Q4_K".
type Type string

// Types that can be read as numbers.
const (
	F64  Type = "F64"
	F32  Type = "F32"
	F16  Type = "F16"
	BF16 Type = "BF16"
	I8   Type = "I8"
)

// Readable reports whether Load can read tensors of type t.
func (t Type) Readable() bool {
	switch t {
	case F64, F32, F16, BF16, I8:
		return true
	}
	return false
}

// A layout says how a type stores numbers: block numbers take bytes bytes.
type layout struct{ block, bytes int64 }

// layouts holds the known types: those of safetensors first, then those that only GGUF has. Blocks
// of GGUF types include their scales.
var layouts = map[Type]layout{
	F64: {1, 8}, F32: {1, 4}, F16: {1, 2}, BF16: {1, 2},
	"I64": {1, 8}, "I32": {1, 4}, "I16": {1, 2}, I8: {1, 1},
	"U64": {1, 8}, "U32": {1, 4}, "U16": {1, 2}, "U8": {1, 1}, "BOOL": {1, 1}, "C64": {1, 8},
	"F8_E4M3": {1, 1}, "F8_E5M2": {1, 1}, "F8_E8M0": {1, 1},
	"F6_E2M3": {4, 3}, "F6_E3M2": {4, 3}, "F4": {2, 1},

	"Q4_0": {32, 18}, "Q4_1": {32, 20}, "Q5_0": {32, 22}, "Q5_1": {32, 24}, "Q8_0": {32, 34}, "Q8_1": {32, 36},
	"Q2_K": {256, 84}, "Q3_K": {256, 110}, "Q4_K": {256, 144}, "Q5_K": {256, 176}, "Q6_K": {256, 210}, "Q8_K": {256, 292},
	"IQ1_S": {256, 50}, "IQ1_M": {256, 56}, "IQ2_XXS": {256, 66}, "IQ2_XS": {256, 74}, "IQ2_S": {256, 82},
	"IQ3_XXS": {256, 98}, "IQ3_S": {256, 110}, "IQ4_NL": {32, 18}, "IQ4_XS": {256, 136},
	"TQ1_0": {256, 54}, "TQ2_0": {256, 66}, "MXFP4": {32, 17},
}

// ggufTypes maps GGUF's type numbers to types. Missing numbers were removed from the format.
var ggufTypes = map[uint32]Type{
	0: F32, 1: F16, 2: "Q4_0", 3: "Q4_1", 6: "Q5_0", 7: "Q5_1", 8: "Q8_0", 9: "Q8_1",
	10: "Q2_K", 11: "Q3_K", 12: "Q4_K", 13: "Q5_K", 14: "Q6_K", 15: "Q8_K",
	16: "IQ2_XXS", 17: "IQ2_XS", 18: "IQ3_XXS", 19: "IQ1_S", 20: "IQ4_NL", 21: "IQ3_S", 22: "IQ2_S", 23: "IQ4_XS",
	24: I8, 25: "I16", 26: "I32", 27: "I64", 28: F64, 29: "IQ1_M", 30: BF16, 34: "TQ1_0", 35: "TQ2_0", 39: "MXFP4",
}

func ggufType(number uint32) Type {
	if t, ok := ggufTypes[number]; ok {
		return t
	}
	return Type("type " + strconv.FormatUint(uint64(number), 10))
}

// width returns the bytes per number of a type, or 0 if the type stores numbers in blocks.
func (t Type) width() int64 {
	if l := layouts[t]; l.block == 1 {
		return l.bytes
	}
	return 0
}

// isWeight reports whether each number of a type is a weight. Integers are indices and masks, or
// several weights packed into one number in a way that the file does not describe.
func (t Type) isWeight() bool {
	switch t {
	case "I64", "I32", "I16", "U64", "U32", "U16", "U8", "BOOL", "C64":
		return false
	}
	_, known := layouts[t]
	return known
}
