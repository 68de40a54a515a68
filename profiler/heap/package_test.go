package heap

import "testing"

func TestPackage(t *testing.T) {
	const goFile, cFile = "/src/app/file.go", "/src/app/file.cc"
	for _, test := range []struct{ name, file, want, prefix string }{
		// Go
		{"runtime.mallocgc", goFile, "runtime", "runtime."},
		{"runtime.mallocgc", "", "runtime", "runtime."},
		{"encoding/json.(*Decoder).refill", goFile, "encoding/json", "encoding/json."},
		{"bytes.(*Buffer).grow", "", "bytes", "bytes."},
		{"time.Time.String", "", "time", "time."},
		{"sort.reverse.Less", "", "sort", "sort."},
		{"main.work.Do.func1.2", "", "main", "main."},
		{"main.work.Do-fm", "", "main", "main."},
		{"main.main.func1.gowrap2", "", "main", "main."},
		{"main.glob..func1", "", "main", "main."},
		{"main.init.0.func1", "", "main", "main."},
		{"main.näm.größe", "", "main", "main."},
		{"com.Example.f", goFile, "com", "com."},
		{"example.com/a/b.F.func1", "", "example.com/a/b", "example.com/a/b."},
		{"github.com/Masterminds/Semver.New", "", "github.com/Masterminds/Semver", "github.com/Masterminds/Semver."},
		{"a/b.Map[example.com/c.T]", "", "a/b", "a/b."},
		{"a/b.(*Map[example.com/c.T,go.shape.int]).Each", "", "a/b", "a/b."},
		{"main.grow[go.shape.int,go.shape.string]", "", "main", "main."},
		{"gopkg.in/yaml.v3.(*Decoder).Decode", "", "gopkg.in/yaml.v3", "gopkg.in/yaml.v3."},
		{"gopkg.in/yaml%2ev3.Unmarshal", "", "gopkg.in/yaml%2ev3", "gopkg.in/yaml%2ev3."},
		{"github.com/x/y.v2.F", "", "github.com/x/y.v2", "github.com/x/y.v2."},
		{"github.com/x/y/v2.F", "", "github.com/x/y/v2", "github.com/x/y/v2."},
		{"main", goFile, "/src/app", ""},

		// C++
		{"tcmalloc::tcmalloc_internal::slow_alloc", cFile, "tcmalloc::tcmalloc_internal", "tcmalloc::tcmalloc_internal::"},
		{"app_core::cache::Store::insert", cFile, "app_core::cache", "app_core::cache::"},
		{"ns::Table<std::string, ns::Wide>::add", cFile, "ns", "ns::"},
		{"ns::Table<std::string, ns::Wide>::add(std::string const&, int)", cFile, "ns", "ns::"},
		{"std::vector<int>::push_back", cFile, "std", "std::"},
		{"std::vector::vector", cFile, "std", "std::"},
		{"std::vector::~vector", cFile, "std", "std::"},
		{"void ns::apply<main::{lambda()#1}>(main::{lambda()#1})", cFile, "ns", ""},
		{"unsigned long ns::count(int)", cFile, "ns", ""},
		{"ns::operator<<", cFile, "ns", "ns::"},
		{"ns::Foo::operator()", cFile, "ns", "ns::"},
		{"ns::Foo::operator->", cFile, "ns", "ns::"},
		{"ns::operator new(unsigned long)", cFile, "ns", "ns::"},
		{"ns::operators::add", cFile, "ns::operators", "ns::operators::"},
		{"ns::run(int)::{lambda(int)#1}::operator()(int) const", cFile, "ns", "ns::"},
		{"ns::(anonymous namespace)::Foo::bar", cFile, "ns", "ns::"},
		{"(anonymous namespace)::foo", cFile, "/src/app", ""},
		{"ns::f [clone .isra.0]", cFile, "ns", "ns::"},
		{"ns::f.cold", cFile, "ns", "ns::"},
		{"Cache::insert", cFile, "Cache", "Cache::"},
		{"Eigen::internal::gemm", cFile, "Eigen::internal", "Eigen::internal::"},
		{"Eigen::Matrix<float, -1, -1>::resize", cFile, "Eigen", "Eigen::"},
		{"operator new", cFile, "/src/app", ""},
		{"operator new", "", "operator new", ""},
		{"malloc", "", "malloc", ""},

		// Rust
		{"alloc::vec::Vec<T>::push", "", "alloc::vec", "alloc::vec::"},
		{"alloc::vec::Vec<T,A>::push", "", "alloc::vec", "alloc::vec::"},
		{"alloc::slice::<impl [T]>::to_vec", "", "alloc::slice", "alloc::slice::"},
		{"alloc[8a3f]::vec::Vec<u8>::push", "", "alloc[8a3f]::vec", "alloc[8a3f]::vec::"},
		{"<app_core::web::Server as core::ops::Fn>::call", "", "app_core::web", ""},
		{"<&mut app::Reader<R> as std::io::Read>::read", "", "app", ""},
		{"<T as alloc::string::ToString>::to_string", "", "alloc::string", ""},
		{"<impl core::fmt::Display for app::error::Error>::fmt", "", "app::error", ""},
		{"<impl app::Show for u32>::show", "", "app", ""},
		{"<impl Trait for T>::f", "/src/lib.rs", "/src", ""},
		{"core::ops::function::FnOnce::call_once{{vtable.shim}}", "", "core::ops::function", "core::ops::function::"},
		{"app::main::{{closure}}", "", "app", "app::"},
		{"app::serve::{{closure}}::{{closure}}", "", "app", "app::"},
		{"::call", cFile, "/src/app", ""},

		// Java, Kotlin, Scala
		{"com.example.cache.Store.put", cFile, "com.example.cache", "com.example.cache."},
		{"com.other.Json.parse", "", "com.other", "com.other."},
		{"com/example/Store.put", "", "com/example", "com/example/"},
		{"com/example/Store$Inner.lambda$put$0", "", "com/example", "com/example/"},
		{"com.example.Store.<init>", "Store.java", "com.example", "com.example."},
		{"com.example.Store$$Lambda$14/0x0000000800c03000.run", "", "com.example", "com.example."},
		{"com.example.Store.put(java.lang.String, int)", "", "com.example", "com.example."},
		{"java.lang.String", "", "java.lang", "java.lang."},
		{"byte[]", "", "byte[]", ""},
		{"Store.put", "Store.java", "Store", "Store."},
		{"com.example.lower.load", "lower.kt", "com.example.lower", "com."},

		// Python, PHP, Ruby, .NET, Node
		{"/srv/app/models.py:load", cFile, "/srv/app/models.py", "/srv/app/models.py:"},
		{"models.py:Store.load", "", "models.py", "models.py:"},
		{`C:\srv\models.py:load`, "", `C:\srv\models.py`, `C:\srv\models.py:`},
		{"module.<lambda>", "", "module", "module."},
		{"app.models.load", "/srv/app/models.py", "app.models", "app."},
		{"Store.load", "/srv/app/models.py", "/srv/app", "Store."},
		{`App\Models\User::load`, "", `App\Models`, `App\Models\`},
		{`\App\helper`, "", "App", ""},
		{"User::load", "", "User", "User::"},
		{"ActiveRecord::Base#find", "", "ActiveRecord", "ActiveRecord::"},
		{"ActiveRecord::Base.find", "", "ActiveRecord", "ActiveRecord::"},
		{"ActiveRecord::ConnectionAdapters::Pool#checkout", "", "ActiveRecord::ConnectionAdapters", "ActiveRecord::ConnectionAdapters::"},
		{"block in Foo::Bar#baz", "", "Foo", ""},
		{"Integer#times", "", "Integer", "Integer#"},
		{"System.Collections.Generic.List`1.Add", "", "System.Collections.Generic", "System.Collections.Generic."},
		{"System.Collections.Generic.Dictionary<System.String, System.Int32>.Insert", "", "System.Collections.Generic", "System.Collections.Generic."},
		{"MyApp.Program+<>c.<Main>b__0_0", "", "MyApp", "MyApp."},
		{"MyApp.Cache..ctor", "", "MyApp", "MyApp."},
		{"(anonymous:L#8:C#69)", "/srv/app/handlers.js", "/srv/app", ""},
		{"λ", "file:///srv/app/köln.mjs", "file:///srv/app", ""},
		{"get", "/srv/app/routes/get.js", "/srv/app/routes", ""},
		{"Object.<anonymous>", "/srv/app/x.js", "/srv/app", "Object."},
		{"readFile", "node:internal/fs/promises", "node:internal/fs", ""},
		{"get", "x.js", "x.js", ""},

		// no language
		{"0x10 in app (build ID abcdef12)", "", "app (build ID abcdef12)", ""},
		{"0x10 in libc.so.6", "", "libc.so.6", ""},
		{"0x10 (build ID abcdef12)", "", "(build ID abcdef12)", ""},
		{"0x7f0000001000", "", "unknown", ""},
		{"unknown in app", "", "app", ""},
		{"(no stack)", "", "(no stack)", ""},
		{"", "", "", ""},
		{"::", "", "::", ""},
		{"a::", "", "a", ""},
		{"<", "", "<", ""},
		{"<::f", "", "<::f", ""},
		{"{{{::", "", "{{{::", ""},
		{"...", "", ".", ".."},
		{"#", "", "#", ""},
		{`\`, "", `\`, ""},
	} {
		if got := Package(test.name, test.file); got != test.want {
			t.Errorf("package of %q in %q: %q, want %q", test.name, test.file, got, test.want)
		}
		if prefix, function := SplitName(test.name); prefix != test.prefix || prefix+function != test.name {
			t.Errorf("%q is split into %q and %q, want %q", test.name, prefix, function, test.prefix)
		}
	}
}

// FuzzPackage checks that any name has a package and is split without loss.
func FuzzPackage(f *testing.F) {
	for _, name := range []string{"a/b.(*T[c]).F", "a::<impl B for c::D<E>>::f", "com.example.A$B.c", "/a/b.py:c", `A\B::c`, "A::B#c", "operator<<", "void a::f<b>(c)::{lambda()#1}::operator()() const"} {
		f.Add(name, "/src/x.go")
		f.Add(name, "")
	}
	f.Fuzz(func(t *testing.T, name, file string) {
		if Package(name, file) == "" && name != "" {
			t.Error("no package")
		}
		if prefix, function := SplitName(name); prefix+function != name || function == "" && name != "" {
			t.Errorf("%q, %q", prefix, function)
		}
	})
}
