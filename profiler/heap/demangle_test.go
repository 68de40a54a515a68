package heap

import (
	"strings"
	"testing"
	"time"

	"github.com/google/pprof/profile"
)

// mangledNames holds names of symbols, and the names that pprof shows for them.
var mangledNames = []struct{ symbol, name string }{
	{"_ZN5alloc5alloc15exchange_malloc17h0123456789abcdefE", "alloc::alloc::exchange_malloc"},
	{"_ZN5alloc5alloc15exchange_malloc17hfedcba9876543210E.llvm.1234567", "alloc::alloc::exchange_malloc"},
	{"__ZN3app5serve17h0123456789abcdefE", "app::serve"}, // as on macOS
	{"_ZN60_$LT$alloc..string..String$u20$as$u20$core..fmt..Display$GT$3fmt17h0123456789abcdefE", "<alloc::string::String as core::fmt::Display>::fmt"},
	{"_RNvCs1234_7mycrate3foo", "mycrate::foo"},
	{"_RINvNtC3std3mem8align_ofjdE", "std::mem::align_of::<>"},
	{"_RNCNvCs1234_7mycrate4main0", "mycrate::main::{closure#0}"},
	{"_ZN5Cache6insertERKNSt7__cxx1112basic_stringIcSt11char_traitsIcESaIcEEE", "Cache::insert"},
	{"_ZNSt6vectorIiSaIiEE9push_backERKi", "std::vector::push_back"},
	{"_Znwm", "operator new"},
	{"_Z3fooILi3EEvi", "foo"},
	{"_ZZ4mainENKUlvE_clEv", "main::{lambda()#1}::operator()"},
	{"std::vector<int, std::allocator<int>>::push_back(int const&)", "std::vector::push_back"},
	{"com.example.Store.<init>", "com.example.Store.<init>"},
	{"main.(*T[go.shape.int]).M", "main.(*T[go.shape.int]).M"},
	{"main.grow[go.shape.int,go.shape.string]", "main.grow[go.shape.int,go.shape.string]"},
	{"_cgo_allocate", "_cgo_allocate"},
	{"_Znot a symbol", "_Znot a symbol"},
	{"a::b>c", "a::b>c"},
	{"a::b(c", "a::b(c"},
	{"λ", "λ"},
}

// mangledProfile is a profile in which the function of each of mangledNames allocates.
func mangledProfile() *profile.Profile {
	var stacks []stack
	for i, n := range mangledNames {
		stacks = append(stacks, stack{[]string{n.symbol, "main"}, int64(100 + i)})
	}
	p := newProfile(stacks...)
	for i, f := range p.Function {
		f.SystemName = f.Name
		if i%2 == 1 {
			f.Name = "" // some producers leave it out
		}
	}
	return p
}

func TestDemangle(t *testing.T) {
	p := mangledProfile()
	for range 2 { // a second time changes nothing
		Demangle(p)
		names := map[string]string{}
		for _, f := range p.Function {
			names[f.SystemName] = f.Name
		}
		for _, n := range mangledNames {
			if got := names[n.symbol]; got != n.name {
				t.Errorf("%s: %q, want %q", n.symbol, got, n.name)
			}
		}
	}
	p = newProfile(stack{[]string{"already"}, 1})
	p.Function[0].SystemName = "_ZN5Cache6insertEv"
	if Demangle(p); p.Function[0].Name != "already" {
		t.Errorf("a name that the producer demangled became %q", p.Function[0].Name)
	}
}

// Two builds of a Rust program differ in the hashes of its functions. Nothing is new or gone.
func TestHashesOfBuilds(t *testing.T) {
	build := func(hash string, bytes int64) *Digest {
		p := newProfile(stack{[]string{"_ZN5alloc5alloc15exchange_malloc17h" + hash + "E", "_ZN3app4main17h" + hash + "E"}, bytes})
		for _, f := range p.Function {
			f.SystemName = f.Name
		}
		Demangle(p)
		d, err := NewDigest(p)
		if err != nil {
			t.Fatal(err)
		}
		return d
	}
	d := NewDiff(build("0123456789abcdef", 9), build("fedcba9876543210", 9))
	if len(d.Functions) != 2 || len(d.Nodes) != 3 || d.Functions[0].Before != d.Functions[0].After {
		t.Errorf("functions %+v", d.Functions)
	}
}

// Names that would take the demangler very long, or very much memory, are kept or cut in time.
func TestDemangleHostileNames(t *testing.T) {
	conversions := "_Z1fI" + strings.Repeat("NcvT_I", 1000) + "i"
	fewer := "_Z1fI" + strings.Repeat("NcvT_I", 12) + "i"
	doubling := "_Z1f" // each parameter is a function of the one before, twice
	for range 200 {
		doubling += "PFS_S_S_E"
	}
	expanding := "_RNvC1a1bINvC1a1c" + strings.Repeat("TB2_B2_B2_E", 200) + "E"
	tuple := "_RINvC1a1f" + strings.Repeat("T", 3000) + "u" + strings.Repeat("E", 3000) + "E"
	punycode := "_RNvC1au8000_" + strings.Repeat("aa9", 2666) + "aa"
	start := time.Now()
	for _, name := range []string{conversions, fewer, doubling, expanding, tuple, punycode, "_ZN" + strings.Repeat("9", 8000), strings.Repeat("_Z", 4000), "_ZN0_17h0123456789abcdefE", strings.Repeat("<", 1<<20) + "::"} {
		p := &profile.Profile{}
		for i := range 20 {
			p.Function = append(p.Function, &profile.Function{SystemName: name + strings.Repeat("x", i)})
		}
		Demangle(p)
		for _, f := range p.Function {
			if len(f.Name) > max(len(f.SystemName), 1<<maxDemangled) {
				t.Errorf("%.40s: a name of %d bytes", name, len(f.Name))
			}
		}
		t.Logf("%.20s: %v in all", name, time.Since(start))
	}
	if took := time.Since(start); took > 20*time.Second {
		t.Errorf("took %v", took)
	}
}

// FuzzDemangle checks that any name is demangled in time, to a name of limited length.
func FuzzDemangle(f *testing.F) {
	for _, n := range mangledNames {
		f.Add(n.symbol)
	}
	f.Fuzz(func(t *testing.T, symbol string) {
		p := &profile.Profile{Function: []*profile.Function{{SystemName: symbol}}}
		start := time.Now()
		Demangle(p)
		if took := time.Since(start); took > 2*time.Second {
			t.Errorf("took %v", took)
		}
		if name := p.Function[0].Name; len(name) > max(len(symbol), 1<<maxDemangled) {
			t.Errorf("a name of %d bytes", len(name))
		}
	})
}
