package heap

import (
	"cmp"
	"debug/dwarf"
	"fmt"
	"slices"
	"strings"
)

// debugFrames returns the calls at each address that the program's debugging information (DWARF) knows. It
// returns none if there is no such information, or if it is too large or damaged. Frames without a function
// have only a line. The error is a Fault.
func (p *program) debugFrames(addresses []uint64) (map[uint64][]symbolFrame, error) {
	frames := map[uint64][]symbolFrame{}
	size, largest := uint64(0), uint64(maxDebugInfo)
	var info []byte
	for _, s := range p.Sections {
		if strings.HasPrefix(s.Name, ".debug_") || strings.HasPrefix(s.Name, ".zdebug_") {
			s.Open() // sets the size of .zdebug sections
			if size += min(s.Size, largest+1); size > largest {
				return frames, nil
			}
		}
		if s.Name == ".debug_info" || s.Name == ".zdebug_info" {
			info = data(s, largest)
		}
	}
	if info == nil {
		return frames, nil
	}
	d, err := p.DWARF()
	if err != nil {
		return frames, nil
	}
	b := &debugInfo{Data: d, names: map[dwarf.Offset]symbolFrame{}, frames: frames}
	r := d.Reader()
	for _, unit := range units(info, p.ByteOrder) {
		if err := b.unit(r, unit, addresses); err != nil {
			return nil, err
		}
	}
	return frames, nil
}

// units returns where the first entry of each unit of code is (DWARF 5, section 7.5.1).
func units(info []byte, order interface {
	Uint16([]byte) uint16
	Uint32([]byte) uint32
	Uint64([]byte) uint64
}) (found []dwarf.Offset) {
	const (
		compile  = 1
		skeleton = 4
	)
	for at := uint64(0); at+12 <= uint64(len(info)); {
		length, header, wide := uint64(order.Uint32(info[at:])), uint64(4), uint64(4) // wide is the size of an offset
		if length == 0xffffffff {
			length, header, wide = order.Uint64(info[at+4:]), 12, 8
		}
		end := at + header + length
		if end < at || end > uint64(len(info)) || length < 4 {
			return found
		}
		version := order.Uint16(info[at+header:])
		kind, entry := byte(compile), at+header+2+wide+1
		if version >= 5 {
			kind = info[at+header+2]
			entry = at + header + 4 + wide
		}
		if kind == skeleton {
			entry += 8
		}
		if (kind == compile || kind == skeleton) && entry < end {
			found = append(found, dwarf.Offset(entry))
		}
		at = end
	}
	return found
}

// A debugInfo finds frames in debugging information.
type debugInfo struct {
	*dwarf.Data
	names map[dwarf.Offset]symbolFrame // by the entry that a function refers to

	qualified map[dwarf.Offset]string // names of the scopes of a unit, by entry

	frames map[uint64][]symbolFrame // by address, innermost first
	count  int                      // of frames
}

// A debugCall is a function at an address, or one that is inlined there.
type debugCall struct {
	function       symbolFrame
	callFile, line int64 // where it is called, if it is inlined
}

// errDamaged is a fault of debugging information that cannot be real.
const errDamaged = Fault("is a damaged ELF file: its debugging information is too deep or too large")

// unit finds the frames of one unit.
func (b *debugInfo) unit(r *dwarf.Reader, offset dwarf.Offset, addresses []uint64) error {
	r.Seek(offset)
	unit, err := r.Next()
	if err != nil || unit == nil {
		return nil // the others may be intact
	}
	within := b.within(unit, addresses)
	within = slices.DeleteFunc(within, func(a uint64) bool { return len(b.frames[a]) > 0 })
	if len(within) == 0 {
		return nil
	}
	calls := map[uint64][]debugCall{} // outermost first
	if unit.Children {
		if err := b.qualify(r); err != nil {
			return err
		}
		r.Seek(offset)
		if _, err := r.Next(); err != nil { // the unit again
			return nil
		}
		if err := b.walk(r, within, calls); err != nil {
			return err
		}
	}
	lines, files := b.lines(unit, within)
	for _, a := range within {
		at, known := lines[a]
		if !known && len(calls[a]) == 0 {
			continue
		}
		if len(calls[a]) == 0 {
			b.frames[a] = []symbolFrame{at}
			continue
		}
		for _, c := range slices.Backward(calls[a]) {
			b.frames[a] = append(b.frames[a], symbolFrame{c.function.function, c.function.linkage, at.file, at.line})
			at = symbolFrame{line: c.line}
			if c.callFile >= 0 && c.callFile < int64(len(files)) && files[c.callFile] != nil {
				at.file = absolute(unit, files[c.callFile].Name)
			}
		}
	}
	return nil
}

// within returns the sorted addresses that an entry covers.
func (b *debugInfo) within(e *dwarf.Entry, addresses []uint64) (covered []uint64) {
	ranges, err := b.Ranges(e)
	if err != nil {
		return nil
	}
	for _, r := range ranges {
		if r[0] == 0 { // code that the linker left out
			continue
		}
		from, _ := slices.BinarySearch(addresses, r[0])
		for i := from; i < len(addresses) && addresses[i] < r[1]; i++ {
			covered = append(covered, addresses[i])
		}
		if len(covered) > 2*len(addresses)+len(ranges) { // ranges that overlap
			slices.Sort(covered)
			covered = slices.Compact(covered)
		}
	}
	slices.Sort(covered)
	return slices.Compact(covered)
}

// deepest limits how deep entries may be nested.
const deepest = 4096

// walk reads the children of a unit and adds the functions at the addresses to calls. Functions may be within
// others, such as the methods of local classes.
func (b *debugInfo) walk(r *dwarf.Reader, addresses []uint64, calls map[uint64][]debugCall) error {
	scopes := [][]uint64{addresses}
	for len(scopes) > 0 {
		e, err := r.Next()
		if err != nil || e == nil || isUnit(e.Tag) {
			return nil // the entry that ends a unit may be missing
		}
		scope := scopes[len(scopes)-1]
		switch e.Tag {
		case 0:
			scopes = scopes[:len(scopes)-1]
			continue
		case dwarf.TagSubprogram:
			scope = b.within(e, addresses)
			err = b.call(e, scope, calls)
		case dwarf.TagInlinedSubroutine:
			scope = b.within(e, scope)
			err = b.call(e, scope, calls)
		}
		if err != nil {
			return err
		}
		if !e.Children {
			continue
		}
		if next, ok := e.Val(dwarf.AttrSibling).(dwarf.Offset); ok && e.Tag == dwarf.TagInlinedSubroutine && len(scope) == 0 && next > e.Offset {
			r.Seek(next)
			continue
		}
		if scopes = append(scopes, scope); len(scopes) > deepest {
			return errDamaged
		}
	}
	return nil
}

func isUnit(t dwarf.Tag) bool {
	return t == dwarf.TagCompileUnit || t == dwarf.TagPartialUnit || t == dwarf.TagTypeUnit || t == dwarf.TagSkeletonUnit
}

// call adds the function of an entry to the calls at the addresses.
func (b *debugInfo) call(e *dwarf.Entry, addresses []uint64, calls map[uint64][]debugCall) error {
	if len(addresses) == 0 {
		return nil
	}
	if b.count += len(addresses); b.count > maxNamed {
		return errDamaged
	}
	c := debugCall{function: b.function(e)}
	c.callFile, _ = e.Val(dwarf.AttrCallFile).(int64)
	c.line, _ = e.Val(dwarf.AttrCallLine).(int64)
	for _, a := range addresses {
		if len(calls[a]) == maxInlined {
			return errDamaged
		}
		calls[a] = append(calls[a], c)
	}
	return nil
}

// attrMIPSLinkageName is the attribute that compilers used before DWARF 4 for AttrLinkageName.
const attrMIPSLinkageName = dwarf.Attr(0x2007)

// function returns the name of a function. It may stand in the entry of its declaration or of its abstract
// instance, which e refers to.
func (b *debugInfo) function(e *dwarf.Entry) (f symbolFrame) {
	f, next := functionName(e)
	if f.linkage || next == 0 {
		return f
	}
	first, named := next, e.Offset
	if known, ok := b.names[first]; ok {
		return known
	}
	r := b.Reader()
	for range 16 { // references may be cyclic
		r.Seek(next)
		e, err := r.Next()
		if err != nil || e == nil {
			break
		}
		var found symbolFrame
		found, next = functionName(e)
		if found.linkage || f.function == "" {
			f, named = found, e.Offset
		}
		if f.linkage || next == 0 {
			break
		}
	}
	if !f.linkage && f.function != "" {
		f.function = cmp.Or(b.qualified[named], f.function)
	}
	b.names[first] = f
	return f
}

// qualify notes the names of the functions of a unit with the namespaces, classes and functions that they are
// in. Functions without a linkage name need them: those of lambda expressions are all called operator().
func (b *debugInfo) qualify(r *dwarf.Reader) error {
	b.qualified = map[dwarf.Offset]string{}
	lambdas := map[string]int{} // by scope
	scopes := []string{""}
	for len(scopes) > 0 {
		e, err := r.Next()
		if err != nil || e == nil || isUnit(e.Tag) {
			return nil
		}
		if e.Tag == 0 {
			scopes = scopes[:len(scopes)-1]
			continue
		}
		scope := scopes[len(scopes)-1]
		switch e.Tag {
		case dwarf.TagNamespace, dwarf.TagStructType, dwarf.TagClassType, dwarf.TagUnionType, dwarf.TagSubprogram:
			name, _ := e.Val(dwarf.AttrName).(string)
			_, other := functionName(e)
			switch {
			case name == "" && other != 0:
				scope = cmp.Or(b.qualified[other], scope)
			case name == "" && e.Tag == dwarf.TagNamespace:
				name = "(anonymous namespace)"
			case name == "" && e.Tag != dwarf.TagSubprogram:
				lambdas[scope]++
				name = fmt.Sprintf("{lambda#%d}", lambdas[scope])
			}
			if name != "" && len(scope)+len(name) < maxSymbol {
				scope = strings.TrimPrefix(scope+"::"+name, "::")
			}
			b.qualified[e.Offset] = scope
		}
		if !e.Children {
			continue
		}
		if scopes = append(scopes, scope); len(scopes) > deepest {
			return errDamaged
		}
	}
	return nil
}

// functionName returns the name that an entry has itself, and the entry that has another; 0 if there is none.
func functionName(e *dwarf.Entry) (f symbolFrame, next dwarf.Offset) {
	for _, attr := range []dwarf.Attr{dwarf.AttrLinkageName, attrMIPSLinkageName, dwarf.AttrName} {
		if name, ok := e.Val(attr).(string); ok && name != "" {
			f = symbolFrame{function: name[:min(len(name), maxSymbol)], linkage: attr != dwarf.AttrName}
			break
		}
	}
	for _, attr := range []dwarf.Attr{dwarf.AttrAbstractOrigin, dwarf.AttrSpecification} {
		if next, ok := e.Val(attr).(dwarf.Offset); ok {
			return f, next
		}
	}
	return f, 0
}

// lines returns the source lines of the addresses in a unit, and its files.
func (b *debugInfo) lines(unit *dwarf.Entry, addresses []uint64) (map[uint64]symbolFrame, []*dwarf.LineFile) {
	r, err := b.LineReader(unit)
	if err != nil || r == nil {
		return nil, nil
	}
	lines := map[uint64]symbolFrame{}
	var last dwarf.LineEntry
	start, inside := uint64(0), false // of a sequence of neighbouring instructions
	for {
		var at dwarf.LineEntry
		if err := r.Next(&at); err != nil { // io.EOF, or the rest is damaged
			return lines, r.Files()
		}
		if !inside {
			start, inside = at.Address, true
		} else if start > 0 && last.File != nil { // at 0 is code that the linker left out
			from, _ := slices.BinarySearch(addresses, last.Address)
			for i := from; i < len(addresses) && addresses[i] < at.Address; i++ {
				lines[addresses[i]] = symbolFrame{file: absolute(unit, last.File.Name), line: int64(last.Line)}
			}
		}
		last, inside = at, !at.EndSequence
	}
}

// absolute returns the path of a file, which may be relative to the folder in which a unit was compiled.
func absolute(unit *dwarf.Entry, file string) string {
	folder, _ := unit.Val(dwarf.AttrCompDir).(string)
	if !strings.HasPrefix(folder, "/") || file == "" || strings.HasPrefix(file, "/") {
		return file
	}
	return strings.TrimSuffix(folder, "/") + "/" + file
}
