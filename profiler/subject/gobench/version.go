package gobench

import (
	"cmp"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"golang.org/x/mod/module"
)

// A Version is one side of an experiment as a user writes it: files, and how their benchmarks are built.
//
// Its text is "REF key=value…". Values with spaces are in quotes, as in GOFLAGS. Without REF, it is Dirty.
type Version struct {
	Ref       string   // a branch, a tag, a commit, "main..." for a merge base, or Dirty
	Toolchain string   // such as "go1.25.5"; "" for that of go.mod
	GCFlags   string   // of go build, such as "-N -l"
	Tags      string   // of go build, such as "purego,debug"
	Get       []string // modules at other versions, such as "golang.org/x/text@v0.3.8"
	Bench     string   // its own benchmark, as -bench of go test; "" for that of the experiment
}

// A key is the name of a setting of a version.
type key struct {
	name  string
	field func(*Version) *string // nil for a setting that can be repeated
	check func(string) error
}

// keys lists the settings in the order of a version's text.
var keys = []key{
	{"toolchain", func(v *Version) *string { return &v.Toolchain }, checkToolchain},
	{"gcflags", func(v *Version) *string { return &v.GCFlags }, checkGCFlags},
	{"tags", func(v *Version) *string { return &v.Tags }, checkTags},
	{"get", nil, checkGet},
	{"bench", func(v *Version) *string { return &v.Bench }, checkBench},
}

// ParseVersion reads the text of a version. It does not check that the repository has it.
func ParseVersion(text string) (Version, error) {
	var v Version
	if strings.ContainsAny(text, "\x00\n\r") {
		return v, errors.New("must be one line: a branch, a tag, a commit or dirty, and settings such as tags=purego")
	}
	fields, err := splitFields(text)
	if err != nil {
		return v, err
	}
	if len(fields) == 0 {
		return v, fmt.Errorf("must be a branch, a tag, a commit or %s", Dirty)
	}
	for i, field := range fields {
		name, value, _ := strings.Cut(field, "=")
		at := slices.IndexFunc(keys, func(k key) bool { return strings.HasPrefix(field, k.name+"=") })
		switch {
		case at < 0 && i == 0:
			v.Ref = field
			continue
		case at < 0:
			return v, fmt.Errorf("has %q, which is no setting: write toolchain=, gcflags=, tags=, get= or bench= after the version, and a version with spaces in quotes", field)
		}
		k := keys[at]
		if err := k.check(value); err != nil {
			return v, fmt.Errorf("has %s=%s, which %w", name, value, err)
		}
		switch {
		case k.field == nil:
			v.Get = append(v.Get, value)
		case *k.field(&v) != "":
			return v, fmt.Errorf("has %s= twice", name)
		default:
			*k.field(&v) = value
		}
	}
	v.Ref = cmp.Or(v.Ref, Dirty)
	return v, nil
}

// String writes a version in the form that ParseVersion reads.
func (v Version) String() string { return quoteField("", v.Ref) + v.settings() }

// settings returns the settings in the text of a version, each after a space.
func (v Version) settings() string {
	var text strings.Builder
	for _, k := range keys {
		values := v.Get
		if k.field != nil {
			values = []string{*k.field(&v)}
		}
		for _, value := range values {
			if value != "" {
				text.WriteString(" " + quoteField(k.name+"=", value))
			}
		}
	}
	return text.String()
}

// splitFields splits a text at spaces, except in quotes. A quote can begin a field or the value of a setting.
func splitFields(text string) (fields []string, err error) {
	for {
		text = strings.TrimLeft(text, " \t")
		if text == "" {
			return fields, nil
		}
		end := strings.IndexAny(text, " \t")
		if end < 0 {
			end = len(text)
		}
		start := 0
		if i := slices.IndexFunc(keys, func(k key) bool { return strings.HasPrefix(text, k.name+"=") }); i >= 0 {
			start = len(keys[i].name) + 1
		}
		if start == end || text[start] != '\'' && text[start] != '"' {
			fields, text = append(fields, text[:end]), text[end:]
			continue
		}
		value, rest, closed := strings.Cut(text[start+1:], text[start:start+1])
		if !closed || rest != "" && rest[0] != ' ' && rest[0] != '\t' {
			return nil, fmt.Errorf("has a quote that does not end: %s", text)
		}
		fields, text = append(fields, text[:start]+value), rest
	}
}

// quoteField returns a field that splitFields reads as prefix and value.
func quoteField(prefix, value string) string {
	if value != "" && !strings.ContainsAny(value, " \t") && !strings.ContainsAny(value[:1], `'"`) {
		return prefix + value
	}
	if strings.Contains(value, "'") {
		return prefix + `"` + value + `"`
	}
	return prefix + "'" + value + "'"
}

var toolchainPattern = regexp.MustCompile(`^go1\.\d{1,3}(\.\d{1,3}|(rc|beta)\d{1,2})?$`)

func checkToolchain(name string) error {
	if !toolchainPattern.MatchString(name) {
		return errors.New("must be the name of a Go toolchain, such as go1.25.5")
	}
	return nil
}

// gcFlags matches the flags of the compiler that only change the code that it writes. Others can write files, or read
// code from elsewhere: -cpuprofile, -o, -importcfg, -d=ssa/…/dump and more.
var gcFlags = regexp.MustCompile(`^(-N|-l|-l=[0-4]|-B|-d=` + debugFlag + `(,` + debugFlag + `)*)$`)

const debugFlag = `(checkptr|freeappend|inlbudgetslack|inlfuncswithclosures|literalallochash|loopvar|mergelocals|noopendefer|pgodevirtualize|pgoinline|variablemakehash|variablemakethreshold|zerocopy)(=(\d{1,7}|[ny]))?`

func checkGCFlags(text string) error {
	fields := strings.Fields(strings.TrimPrefix(text, "all="))
	if len(fields) == 0 || slices.ContainsFunc(fields, func(f string) bool { return !gcFlags.MatchString(f) }) {
		return errors.New("must be flags of the compiler that heaplab knows to write no files: -N, -l, -B, or -d= with settings such as variablemakehash=n. all= before them is for all packages")
	}
	return nil
}

var tagsPattern = regexp.MustCompile(`^[A-Za-z0-9_][A-Za-z0-9_.]*(,[A-Za-z0-9_][A-Za-z0-9_.]*)*$`)

func checkTags(text string) error {
	if !tagsPattern.MatchString(text) {
		return errors.New("must be build tags with commas between them, such as purego,debug")
	}
	return nil
}

// checkGet accepts only full versions, because others, such as latest, can mean something else tomorrow.
func checkGet(text string) error {
	path, version, _ := strings.Cut(text, "@")
	err := module.Check(path, version)
	if err == nil && module.CanonicalVersion(version) != version {
		err = errors.New("the version is incomplete")
	}
	if err != nil {
		return fmt.Errorf("must be MODULE@VERSION with a full version, such as golang.org/x/text@v0.3.8: %w", err)
	}
	return nil
}

func checkBench(text string) error {
	if _, err := regexp.Compile(text); err != nil || text == "" || strings.ContainsAny(text, "\x00\n") {
		return errors.New("must be a regular expression for names of benchmarks, such as Decode")
	}
	return nil
}

// buildFlags returns the flags of go build and go test that the settings give.
func (v Version) buildFlags() []string {
	var flags []string
	if v.GCFlags != "" {
		flags = append(flags, "-gcflags="+v.GCFlags)
	}
	if v.Tags != "" {
		flags = append(flags, "-tags="+v.Tags)
	}
	return flags
}

// needsBench reports whether any version has no benchmark of its own.
func needsBench(versions []Version) bool {
	return len(versions) == 0 || slices.ContainsFunc(versions, func(v Version) bool { return v.Bench == "" })
}
