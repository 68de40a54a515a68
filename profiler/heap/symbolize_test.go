package heap

import (
	"bytes"
	"debug/elf"
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/pprof/profile"
)

// needs skips a test without its tools. In continuous integration it fails instead: see make programs.
func needs(t testing.TB, tools ...string) {
	t.Helper()
	for _, tool := range tools {
		_, err := exec.LookPath(tool)
		switch {
		case err != nil && os.Getenv("CI") == "true":
			t.Fatal(err)
		case err != nil:
			t.Skip(err)
		}
	}
}

// build compiles testdata/native.cc and returns the path of the program.
func build(t testing.TB, flags ...string) string {
	t.Helper()
	needs(t, "g++", "addr2line")
	program := filepath.Join(t.TempDir(), "native")
	args := append([]string{"-nostdlib", "-Wl,--build-id", "-o", program, "testdata/native.cc"}, flags...)
	if out, err := exec.Command("g++", args...).CombinedOutput(); err != nil {
		t.Fatalf("g++ %q: %v\n%s", args, err, out)
	}
	return program
}

// textOf returns addresses in the code of a program, and the profile of a process that allocated at each.
// loaded is where the process has the first byte of the file.
func textOf(t testing.TB, file string, loaded uint64) ([]uint64, *profile.Profile) {
	t.Helper()
	f, err := elf.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	text := f.Section(".text")
	m := &profile.Mapping{ID: 1, File: file}
	for _, s := range f.Progs {
		if s.Type == elf.PT_LOAD && text.Addr >= s.Vaddr && text.Addr < s.Vaddr+s.Memsz {
			m.Offset = s.Off &^ 0xfff
			m.Start = loaded + m.Offset
			m.Limit = loaded + s.Off + s.Filesz
		}
	}
	m.BuildID = (&program{File: f}).readBuildID()
	var addresses []uint64
	var stacks [][]uint64
	symbols, _ := f.Symbols() // none if the program is stripped
	for a := text.Addr; a < text.Addr+text.Size; a += 3 + text.Size/1000 {
		within := func(s elf.Symbol) bool { return s.Value <= a && a < s.Value+s.Size }
		if len(symbols) > 0 && !slices.ContainsFunc(symbols, within) { // between two functions
			continue
		}
		addresses = append(addresses, a)
		stacks = append(stacks, []uint64{loaded + text.Offset + a - text.Addr})
	}
	return addresses, addressed(m, stacks...)
}

func symbolize(t testing.TB, prof *profile.Profile, program string) (Symbols, error) {
	t.Helper()
	f, err := os.Open(program)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	return Symbolize(prof, f)
}

// lines writes the frames of a location as addr2line -f -i does: a line with the function, then one with the
// source line, of each frame.
func lines(loc *profile.Location) string {
	var b strings.Builder
	for _, l := range loc.Line {
		fmt.Fprintf(&b, "%s\n%s:%d\n", l.Function.Name, l.Function.Filename, l.Line)
	}
	return b.String()
}

// addr2line returns what addr2line -f -i prints for each address.
func addr2line(t testing.TB, program string, addresses []uint64) []string {
	t.Helper()
	var in strings.Builder
	for _, a := range addresses {
		fmt.Fprintf(&in, "%#x\n", a)
	}
	cmd := exec.Command("addr2line", "-a", "-f", "-i", "-e", program)
	cmd.Stdin = strings.NewReader(in.String())
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	var all []string
	for line := range strings.Lines(string(out)) {
		line, _, _ = strings.Cut(strings.TrimSuffix(line, "\n"), " (discriminator")
		if strings.HasPrefix(line, "0x") {
			all = append(all, "")
			continue
		}
		all[len(all)-1] += line + "\n"
	}
	return all
}

// Programs give the functions and lines that addr2line prints, however they are compiled and loaded.
func TestSymbolizeLikeAddr2line(t *testing.T) {
	for _, test := range []struct {
		flags string
		least int // named locations
	}{
		{"-O2 -g -static", 20},
		{"-O0 -g -static", 20},
		{"-O2 -gdwarf-4 -static", 20},
		{"-O2 -gdwarf-3 -gstrict-dwarf -static", 20},
		{"-O2 -g -gz -static", 20},
		{"-O2 -g -shared -fPIC", 20},
		{"-O2 -g -static-pie -fPIE", 20},
		{"-O2 -static", 20},
		{"-O2 -g1 -static", 20},
		{"-O2 -g -gsplit-dwarf -static", 20},
		{"-O2 -g -ffunction-sections -Wl,--gc-sections -static", 20},
	} {
		t.Run(test.flags, func(t *testing.T) {
			program := build(t, strings.Fields(test.flags)...)
			addresses, prof := textOf(t, program, 0x555555554000)
			s, err := symbolize(t, prof, program)
			if err != nil {
				t.Fatal(err)
			}
			if s.Named < test.least || !s.Checked || len(s.BuildID) != 40 {
				t.Errorf("%d locations: %+v", len(addresses), s)
			}
			for i, want := range addr2line(t, program, addresses) {
				if got := lines(prof.Location[i]); !sameFrames(got, want) {
					t.Fatalf("%#x:\n%swant:\n%s", addresses[i], got, want)
				}
			}
			if err := prof.CheckValid(); err != nil {
				t.Error(err)
			}
		})
	}
}

// sameFrames compares what lines returns with the output of addr2line. addr2line has "??" for unknown names,
// files of functions without lines, names without namespaces, and for an inlined lambda expression sometimes
// the name of its caller.
func sameFrames(got, want string) bool {
	want = strings.ReplaceAll(strings.ReplaceAll(want, "??:?\n", ":0\n"), "??:0\n", ":0\n")
	if got == "" {
		got = "??\n:0\n"
	}
	return slices.EqualFunc(strings.Split(got, "\n"), strings.Split(want, "\n"), func(got, want string) bool {
		switch {
		case mangled(got) && strings.Contains(got, fmt.Sprint(len(want), want)), strings.HasSuffix(want, ".cc:?"):
			return true
		}
		return got == want || strings.HasSuffix(got, "operator()") && (want == "operator()" || strings.HasPrefix(want, "_ZN4shop5applyI"))
	})
}

// A Go program gives the functions and lines that go tool addr2line prints, stripped or not.
func TestSymbolizeGo(t *testing.T) {
	if testing.Short() {
		t.Skip("builds programs")
	}
	dir := t.TempDir()
	source := filepath.Join(dir, "main.go")
	err := os.WriteFile(source, []byte(`package main

import "os"

type table[T any] struct{ rows []T }

//go:noinline
func (t *table[T]) add(row T) { t.rows = append(t.rows, row) }

func inlined(n int) []int { return make([]int, n+len(os.Args)) }

func main() {
	var t table[[]int]
	func() { t.add(inlined(100)) }()
	println(len(t.rows))
}
`), 0o600)
	if err != nil {
		t.Fatal(err)
	}
	for _, flags := range [][]string{nil, {"-ldflags=-s -w"}, {"-buildmode=pie"}, {"-buildmode=pie", "-ldflags=-s -w"}, {"-ldflags=-linkmode=external"}, {"-ldflags=-linkmode=external -s -w"}} {
		t.Run(fmt.Sprint(flags), func(t *testing.T) {
			external := strings.Contains(fmt.Sprint(flags), "external")
			if external {
				needs(t, "gcc")
			}
			program := filepath.Join(t.TempDir(), "app")
			if out, err := exec.Command("go", append(append([]string{"build", "-o", program}, flags...), source)...).CombinedOutput(); err != nil {
				t.Fatalf("%v: %s", err, out)
			}
			addresses, prof := textOf(t, program, 0x400000)
			s, err := symbolize(t, prof, program)
			if external && strings.Contains(fmt.Sprint(flags), "-s -w") { // nothing says where Go's code starts
				if s.Named > len(addresses)/10 {
					t.Errorf("%+v: the names are wrong", s)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			var in, want strings.Builder
			for _, a := range addresses {
				fmt.Fprintf(&in, "%#x\n", a)
			}
			cmd := exec.Command("go", "tool", "addr2line", program)
			cmd.Stdin = strings.NewReader(in.String())
			cmd.Stdout = &want
			if err := cmd.Run(); err != nil {
				t.Fatal(err)
			}
			found := strings.Split(want.String(), "\n")
			for i, loc := range prof.Location {
				function, line := found[2*i], strings.Replace(found[2*i+1], ":-1", ":0", 1) // -1 is between two functions
				if function == "?" {                                                        // go tool addr2line knows no functions of C
					continue
				}
				if len(loc.Line) == 0 {
					t.Fatalf("%#x has no name, want %s", addresses[i], function)
				}
				inner, outer := loc.Line[0], loc.Line[len(loc.Line)-1]
				if got := fmt.Sprintf("%s:%d", inner.Function.Filename, inner.Line); outer.Function.Name != function || got != line {
					t.Errorf("%#x: %s %s, want %s %s", addresses[i], outer.Function.Name, got, function, line)
				}
			}
		})
	}
}

// A program of another build is refused, and one that may be another is marked.
func TestSymbolizeBuilds(t *testing.T) {
	program := nativeProgram(t)
	one := readFile(t, program)
	for _, test := range []struct {
		name   string
		change func(*profile.Profile)
		want   string // part of the fault
		named  bool
		mark   bool
	}{
		{"same build", func(*profile.Profile) {}, "", true, false},
		{"another build", func(p *profile.Profile) { p.Mapping[0].BuildID = "0123456789abcdef" }, "the profile is of the build 0123456789abcdef", false, false},
		{"no build ID", func(p *profile.Profile) { p.Mapping[0].BuildID = "" }, "", true, true},
		{"no mapping", func(p *profile.Profile) {
			p.Mapping = nil
			for _, loc := range p.Location {
				loc.Mapping = nil
			}
		}, "has no mappings", false, false},
		{"no addresses", func(p *profile.Profile) {
			for _, loc := range p.Location {
				loc.Address = 0
			}
		}, "", false, false},
		{"addresses elsewhere", func(p *profile.Profile) { p.Mapping[0].Offset += 1 << 30 }, "has no names for the addresses", false, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			_, prof := textOf(t, program, 0x400000)
			test.change(prof)
			s, err := Symbolize(prof, bytes.NewReader(one))
			var fault Fault
			if test.want != "" && (!errors.As(err, &fault) || !strings.Contains(string(fault), test.want)) || test.want == "" && err != nil {
				t.Fatalf("%v, want a fault with %q", err, test.want)
			}
			if (s.Named > 0) != test.named || slices.Contains(prof.Comments, Unchecked) != test.mark || s.Checked != (test.named && !test.mark) {
				t.Errorf("%+v, comments %q", s, prof.Comments)
			}
		})
	}
}

// Names that a profile has are kept, and the digest of a named profile has no addresses.
func TestSymbolizeKeepsNames(t *testing.T) {
	_, prof := textOf(t, nativeProgram(t), 0x7f1200000000)
	mine := &profile.Function{ID: 77, Name: "mine"}
	prof.Function = append(prof.Function, mine)
	prof.Location[5].Line = []profile.Line{{Function: mine, Line: 3}}
	total := len(prof.Sample)
	if _, err := symbolize(t, prof, nativeProgram(t)); err != nil {
		t.Fatal(err)
	}
	raw := encode(t, prof)
	d, err := read(raw, DefaultLimits)
	if err != nil {
		t.Fatal(err)
	}
	names := functionNames(d)
	if !slices.Contains(names, "mine") || !slices.Contains(names, "plain") || d.Totals.AllocObjects != int64(total) {
		t.Errorf("functions %q, totals %+v", names, d.Totals)
	}
}

// nativeProgram returns the path of a program made of testdata/native.cc by
//
//	g++ -O2 -g -nostdlib -static -Wl,--build-id -ffile-prefix-map=$PWD=/src -o native.elf native.cc
func nativeProgram(testing.TB) string { return "testdata/native.elf" }

func TestSymbolizeRefusesOtherFiles(t *testing.T) {
	good := readFile(t, nativeProgram(t))
	changed := func(at int, b ...byte) []byte {
		file := slices.Clone(good)
		copy(file[at:], b)
		return file
	}
	stripped := changed(0)
	for _, test := range []struct {
		name string
		file []byte
		want string
	}{
		{"empty", nil, "is not a program: it has 0 bytes"},
		{"three bytes", []byte("\x7fEL"), "is not a program"},
		{"script", []byte("#!/bin/sh\nexec app\n"), "not a program in ELF format"},
		{"Windows", []byte("MZ\x90\x00\x03\x00\x00\x00"), "Windows program (PE)"},
		{"macOS", []byte("\xcf\xfa\xed\xfe\x07\x00\x00\x01"), "macOS program (Mach-O)"},
		{"only the magic", []byte("\x7fELF"), "damaged ELF file"},
		{"cut", good[:len(good)/2], "damaged ELF file"},
		{"object file", changed(16, 1), "not a program or library"},
		{"core dump", changed(16, 4), "not a program or library"},
		{"section headers elsewhere", changed(40, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f), "ELF file"},
		{"without sections", append(stripped[:40:40], append(make([]byte, 8), append(slices.Clone(stripped[48:60]), append(make([]byte, 4), stripped[64:]...)...)...)...), "has no names"},
	} {
		t.Run(test.name, func(t *testing.T) {
			_, prof := textOf(t, nativeProgram(t), 0x400000)
			prof.Mapping[0].BuildID = ""
			_, err := Symbolize(prof, bytes.NewReader(test.file))
			var fault Fault
			if !errors.As(err, &fault) || !strings.Contains(string(fault), test.want) {
				t.Errorf("%v, want %q", err, test.want)
			}
		})
	}
}

// Section headers that lie give a fault or other names, never a panic.
func TestSymbolizeLyingSections(t *testing.T) {
	good := readFile(t, nativeProgram(t))
	headers, count := binary.LittleEndian.Uint64(good[40:]), int(binary.LittleEndian.Uint16(good[60:]))
	const header = 64
	for section := range count {
		for _, field := range []struct{ offset, size uint64 }{{4, 4}, {8, 8}, {16, 8}, {24, 8}, {32, 8}, {40, 4}, {44, 4}, {56, 8}} { // type, flags, address, offset, size, link, info, entry size
			for _, value := range []uint64{0, 1, 3, 1 << 11, 1<<31 - 1, 1<<32 - 1, 1 << 40, 1<<63 - 1, 1<<64 - 1} {
				file := slices.Clone(good)
				var b [8]byte
				binary.LittleEndian.PutUint64(b[:], value)
				copy(file[headers+uint64(section)*header+field.offset:], b[:field.size])
				_, prof := textOf(t, nativeProgram(t), 0x400000)
				prof.Mapping[0].BuildID = ""
				var fault Fault
				if _, err := Symbolize(prof, bytes.NewReader(file)); err != nil && !errors.As(err, &fault) {
					t.Fatalf("section %d, field %d: %v, want a Fault", section, field.offset, err)
				}
				if err := prof.CheckValid(); err != nil {
					t.Errorf("section %d, field %d: %v", section, field.offset, err)
				}
			}
		}
	}
}

// FuzzSymbolize checks that any program either is refused with a Fault or gives a profile that is valid.
func FuzzSymbolize(f *testing.F) {
	good := readFile(f, nativeProgram(f))
	f.Add(good, uint64(0))
	for i := 1; i < 8; i++ {
		f.Add(good[:i*len(good)/8], uint64(0x400000))
	}
	for at := 0; at < len(good); at += len(good)/50 + 1 {
		file := slices.Clone(good)
		file[at] ^= 0xff
		f.Add(file, uint64(0x400000))
	}
	f.Fuzz(func(t *testing.T, file []byte, loaded uint64) {
		if len(file) > 1<<20 {
			return
		}
		_, prof := textOf(t, nativeProgram(t), loaded)
		prof.Mapping[0].BuildID = ""
		s, err := Symbolize(prof, bytes.NewReader(file))
		var fault Fault
		if err != nil && (!errors.As(err, &fault) || fault == "") {
			t.Fatalf("got %v, want a Fault", err)
		}
		if err == nil && s.Named == 0 {
			return
		}
		if err := prof.CheckValid(); err != nil {
			t.Fatal(err)
		}
		if _, err := NewDigest(prof); err != nil && !errors.As(err, &fault) {
			t.Fatal(err)
		}
	})
}
