package heap

import (
	"bytes"
	"cmp"
	"debug/elf"
	"debug/gosym"
	"encoding/hex"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"github.com/google/pprof/profile"
)

// Limits of an ELF file, in bytes.
const (
	maxSection   = 256 << 20 // symbols, their names, or Go's line table
	maxDebugInfo = 512 << 20 // all debugging information, uncompressed
	maxNote      = 64 << 10
	maxSymbol    = 64 << 10 // a name
)

// A program is an ELF file that has names for addresses.
type program struct {
	*elf.File
	buildID string // in hexadecimal digits; "" if it has none
}

// A symbolFrame is a call at an address of a program.
type symbolFrame struct {
	function string
	linkage  bool // function is the name that the linker uses
	file     string
	line     int64
}

// openProgram reads the headers of a program. The error is a Fault.
func openProgram(file io.ReaderAt) (*program, error) {
	start := make([]byte, 4)
	if n, err := file.ReadAt(start, 0); n < len(start) {
		return nil, Fault(fmt.Sprintf("is not a program: it has %d bytes", n))
	} else if err != nil && err != io.EOF {
		return nil, Fault("cannot be read: " + err.Error())
	}
	const elsewhere = "; heaplab reads names from ELF programs only. Run go run github.com/google/pprof@latest -proto PROGRAM FILE > named.pb.gz on its machine, and import that file"
	switch {
	case bytes.HasPrefix(start, []byte("MZ")):
		return nil, Fault("is a Windows program (PE)" + elsewhere)
	case slices.Contains([]string{"\xfe\xed\xfa\xce", "\xfe\xed\xfa\xcf", "\xce\xfa\xed\xfe", "\xcf\xfa\xed\xfe"}, string(start)):
		return nil, Fault("is a macOS program (Mach-O)" + elsewhere)
	case !bytes.HasPrefix(start, []byte(elf.ELFMAG)):
		return nil, Fault("is not a program in ELF format: use the executable file, not a script, an archive or a package")
	}
	f, err := elf.NewFile(file)
	if err != nil {
		return nil, Fault("is a damaged ELF file: " + err.Error())
	}
	if f.Type != elf.ET_EXEC && f.Type != elf.ET_DYN {
		return nil, Fault(fmt.Sprintf("is an ELF file of type %v, not a program or library that can run", f.Type))
	}
	p := &program{File: f}
	p.buildID = p.readBuildID()
	return p, nil
}

// readBuildID returns the build ID that a linker wrote as a note of the name "GNU" (man 5 elf, Notes).
func (p *program) readBuildID() string {
	const buildID = 3
	for _, s := range p.Sections {
		if s.Type != elf.SHT_NOTE || s.Size > maxNote {
			continue
		}
		note, err := s.Data()
		if err != nil {
			continue
		}
		for len(note) >= 12 {
			name, desc, kind := p.ByteOrder.Uint32(note), p.ByteOrder.Uint32(note[4:]), p.ByteOrder.Uint32(note[8:])
			note = note[12:]
			if name > maxNote || desc > maxNote {
				break
			}
			end := int(name+3)&^3 + int(desc)
			if end > len(note) {
				break
			}
			if kind == buildID && string(note[:name]) == "GNU\x00" {
				return hex.EncodeToString(note[end-int(desc) : end])
			}
			note = note[min((end+3)&^3, len(note)):]
		}
	}
	return ""
}

// library returns the name of a shared library (DT_SONAME), or "" for other programs.
func (p *program) library() string {
	names, err := p.DynString(elf.DT_SONAME)
	if err != nil || len(names) == 0 {
		return ""
	}
	return names[0]
}

// address returns the address of a location in the program as it was linked. It returns false if the program
// has no code there.
func (p *program) address(loc *profile.Location) (uint64, bool) {
	m := loc.Mapping
	if m.Start == 0 && m.Offset == 0 && (m.Limit == 0 || m.Limit == 1<<64-1) { // a mapping of everything: already adjusted
		return loc.Address, true
	}
	offset := fileOffset(loc)
	for _, s := range p.Progs {
		if s.Type == elf.PT_LOAD && s.Flags&elf.PF_X != 0 && offset >= s.Off && offset-s.Off < s.Filesz {
			return offset - s.Off + s.Vaddr, true
		}
	}
	return 0, false
}

// frames returns the calls at each address, innermost first. The addresses must be sorted.
func (p *program) frames(addresses []uint64) (map[uint64][]symbolFrame, error) {
	frames, err := p.debugFrames(addresses)
	if err != nil {
		return nil, err
	}
	symbols := p.symbols(addresses)
	lines := p.goLines()
	for i, a := range addresses {
		if len(frames[a]) == 0 {
			frames[a] = []symbolFrame{{}}
		}
		outer := &frames[a][len(frames[a])-1] // the function that is not inlined
		if f, ok := lines(a); ok && (outer.function == "" || len(frames[a]) == 1 && outer.file == "") {
			*outer = f
		}
		if symbol := symbols[i]; symbol != "" && (outer.function == "" || !outer.linkage && mangled(symbol)) { // DWARF may leave out the namespace
			outer.function = symbol
		}
		if outer.function == "" {
			delete(frames, a)
		}
	}
	return frames, nil
}

// mangled reports whether a symbol is a name of C++ or Rust with its types and namespaces.
func mangled(symbol string) bool {
	return strings.HasPrefix(symbol, "_Z") || strings.HasPrefix(symbol, "_R")
}

// data returns the content of a section, or nil if it is too large or damaged.
func data(s *elf.Section, most uint64) []byte {
	if s == nil || s.Type == elf.SHT_NOBITS || s.Size > most {
		return nil
	}
	b, err := s.Data()
	if err != nil {
		return nil
	}
	return b
}

// A symbol is a function in a symbol table.
type symbol struct {
	start, size uint64
	name        uint32 // offset in the names
	global      bool
}

// symbols returns the name of the function at each address, or "". The addresses must be sorted.
func (p *program) symbols(addresses []uint64) []string {
	names := make([]string, len(addresses))
	for _, kind := range []elf.SectionType{elf.SHT_SYMTAB, elf.SHT_DYNSYM} {
		table := p.SectionByType(kind)
		if table == nil || int(table.Link) >= len(p.Sections) {
			continue
		}
		best := make([]symbol, len(addresses))
		p.eachFunction(data(table, maxSection), func(s symbol) {
			from, _ := slices.BinarySearch(addresses, s.start)
			for i := from; i < len(addresses) && addresses[i]-s.start < s.size; i++ {
				if b := best[i]; b.size == 0 || s.start > b.start || s.start == b.start && s.global && !b.global {
					best[i] = s
				}
			}
		})
		text := data(p.Sections[table.Link], maxSection)
		for i, s := range best {
			if names[i] == "" && s.size > 0 {
				names[i] = cString(text, s.name)
			}
		}
	}
	return names
}

// eachFunction calls do with each function of a symbol table (man 5 elf, String and symbol tables).
func (p *program) eachFunction(table []byte, do func(symbol)) {
	entry := elf.Sym32Size
	if p.Class == elf.ELFCLASS64 {
		entry = elf.Sym64Size
	}
	order := p.ByteOrder
	for ; len(table) >= entry; table = table[entry:] {
		s, info, section := symbol{name: order.Uint32(table)}, byte(0), elf.SHN_UNDEF
		if p.Class == elf.ELFCLASS64 {
			info, section = table[4], elf.SectionIndex(order.Uint16(table[6:]))
			s.start, s.size = order.Uint64(table[8:]), order.Uint64(table[16:])
		} else {
			info, section = table[12], elf.SectionIndex(order.Uint16(table[14:]))
			s.start, s.size = uint64(order.Uint32(table[4:])), uint64(order.Uint32(table[8:]))
		}
		s.global = elf.ST_BIND(info) == elf.STB_GLOBAL
		if elf.ST_TYPE(info) == elf.STT_FUNC && section != elf.SHN_UNDEF {
			do(s)
		}
	}
}

// cString returns the string at an offset that ends with a zero byte.
func cString(text []byte, offset uint32) string {
	if uint64(offset) >= uint64(len(text)) {
		return ""
	}
	text = text[offset:]
	end := bytes.IndexByte(text[:min(len(text), maxSymbol)], 0)
	if end < 0 {
		return ""
	}
	return string(text[:end])
}

// goLines returns a function that finds addresses in the line table that each Go program has, even a stripped
// one. It finds nothing in other programs.
func (p *program) goLines() func(address uint64) (symbolFrame, bool) {
	none := func(uint64) (symbolFrame, bool) { return symbolFrame{}, false }
	lines := data(cmp.Or(p.Section(".gopclntab"), p.Section(".data.rel.ro.gopclntab")), maxSection)
	text := p.Section(".text")
	if lines == nil || text == nil {
		return none
	}
	start, known := p.goText()
	if !known {
		start = text.Addr
	}
	table, err := gosym.NewTable(nil, gosym.NewLineTable(lines, start))
	if err != nil {
		return none
	}
	// Without the symbol of its start, Go's code starts where the section does, unless a C linker put its own
	// code there. Then the program does not begin in Go either.
	if f := table.PCToFunc(p.Entry); !known && (f == nil || !strings.HasPrefix(f.Name, "_rt0_")) {
		return none
	}
	return func(address uint64) (symbolFrame, bool) {
		file, line, f := table.PCToLine(address)
		if f == nil {
			return symbolFrame{}, false
		}
		return symbolFrame{function: f.Name, linkage: true, file: file, line: int64(max(line, 0))}, true
	}
}

// goText returns the address of the symbol runtime.text, where Go's code starts.
func (p *program) goText() (address uint64, known bool) {
	table := p.SectionByType(elf.SHT_SYMTAB)
	if table == nil || int(table.Link) >= len(p.Sections) {
		return 0, false
	}
	text := data(p.Sections[table.Link], maxSection)
	p.eachFunction(data(table, maxSection), func(s symbol) {
		if !known && cString(text, s.name) == "runtime.text" {
			address, known = s.start, true
		}
	})
	return address, known
}

func sortedKeys[V any](m map[uint64]V) []uint64 { return slices.Sorted(maps.Keys(m)) }
