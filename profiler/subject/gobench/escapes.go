package gobench

import (
	"bufio"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"syscall"

	"heaplab/profiler"
	"heaplab/profiler/listing"
)

// A compiler compiles packages of one side again, with the same flags as its test binary, to learn what escapes to the
// heap. Only these packages are compiled: the others are in the build cache.
type compiler struct {
	module  string  // folder of the module in the side's copy of the repository
	tested  string  // path of the measured package in the module
	prefix  string  // of the module's folder in the repository
	overlay string  // file
	version Version // how it is built
	tools   func() (toolchain, error)
	env     []string

	known map[string][]placement // by folder of the package in the repository
}

func (s *Subject) compiler(ctx context.Context, t target, prefix string, side int, v Version, env []string) *compiler {
	folder := t.workshop.side(side)
	c := &compiler{
		module: filepath.Join(folder, "src", prefix), tested: t.pkg, prefix: prefix,
		overlay: filepath.Join(folder, "overlay", "overlay.json"), version: v, env: env, known: map[string][]placement{},
	}
	c.tools = func() (toolchain, error) { return s.toolchain(ctx, c.module, v.Toolchain, env) }
	return c
}

// A placement is where the compiler put a value.
type placement struct {
	listing.Position
	column int
	code   string // the value as the compiler writes it
	heap   bool
	reason string

	source string // its line in the source code
	line   int    // number of that line
}

// placements returns what the compiler says about the package in a folder of the repository.
func (c *compiler) placements(ctx context.Context, dir string) ([]placement, error) {
	if known, ok := c.known[dir]; ok {
		return known, nil
	}
	tools, err := c.tools()
	if err != nil {
		return nil, err
	}
	pkg := "./" + strings.TrimPrefix(strings.TrimPrefix(dir+"/", c.prefix), "/")
	b := builder{version: c.version, tools: tools}
	own := strings.TrimPrefix(c.version.GCFlags, "all=") + " -m=2" // these packages have the last flags that match
	args := append([]string{"list", "-export", "-overlay", c.overlay}, append(b.flags(), "-gcflags="+strings.TrimSpace(own))...)
	if path.Clean(pkg) == path.Clean(c.tested) {
		args = append(args, "-test") // its benchmarks can have changed, too
	}
	cmd := exec.CommandContext(ctx, tools.program(), append(args, "-f", "{{/* only compile */}}", "--", pkg)...)
	cmd.Dir, cmd.Env, cmd.WaitDelay = c.module, setEnv(tools.env(c.env), "GOPROXY=off"), waitDelay
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) } // with the compilers that it started
	out, err := cmd.StderrPipe()
	if err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	found, rest, err := parsePlacements(out)
	if err := errors.Join(err, cmd.Wait()); err != nil {
		return nil, fmt.Errorf("go list: %s", lastLine(rest, err))
	}
	c.known[dir] = found
	return found, nil
}

var (
	compilerLine = regexp.MustCompile(`^(.+?):(\d+):(\d+): (.*)$`)
	explained    = regexp.MustCompile(`^(.*) escapes to heap(?: in .*)?:$`)
	step         = regexp.MustCompile(`^\s+from (.*) \(([^()]*)\) at .*$`)
)

// parsePlacements reads the output of the compiler with -m=2, as Go 1.24 to 1.26 write it. It also returns the last
// line that is not from there, such as an error. The compiler first explains why a value escapes, and says so once more
// later. It says the same again for each instance of a generic function, and for the package with its tests.
func parsePlacements(out io.Reader) (found []placement, rest string, err error) {
	type key struct {
		listing.Position
		column int
		code   string
	}
	at := map[key]int{}
	add := func(p placement) int {
		k := key{p.Position, p.column, p.code}
		i, known := at[k]
		if !known {
			i = len(found)
			at[k] = i
			found = append(found, p)
		}
		found[i].heap = found[i].heap || p.heap // in one of the instances
		return i
	}
	explaining, steps := -1, [][2]string(nil)
	explain := func() {
		if explaining >= 0 {
			found[explaining].reason = cmp.Or(found[explaining].reason, reasonOf(steps))
		}
		explaining, steps = -1, nil
	}
	lines := bufio.NewScanner(out)
	lines.Buffer(nil, maxCompilerLine)
	for lines.Scan() {
		parts := compilerLine.FindStringSubmatch(lines.Text())
		if parts == nil {
			if !strings.HasPrefix(lines.Text(), "#") {
				rest = lines.Text()
			}
			continue
		}
		message := parts[4]
		if strings.HasPrefix(message, " ") {
			if s := step.FindStringSubmatch(message); s != nil && explaining >= 0 {
				steps = append(steps, [2]string{s[1], s[2]})
			}
			continue
		}
		explain()
		p := placement{}
		p.File = path.Base(filepath.ToSlash(parts[1]))
		p.Line, _ = strconv.Atoi(parts[2])
		p.column, _ = strconv.Atoi(parts[3])
		if e := explained.FindStringSubmatch(message); e != nil {
			p.code, p.heap = e[1], true
			explaining = add(p)
		} else if code, ok := strings.CutPrefix(message, "moved to heap: "); ok {
			p.code, p.heap = code, true
			add(p)
		} else if code, ok := strings.CutSuffix(message, " escapes to heap"); ok {
			p.code, p.heap = code, true
			add(p)
		} else if code, ok := strings.CutSuffix(message, " does not escape"); ok {
			p.code = code
			add(p)
		}
	}
	explain()
	_, _ = io.Copy(io.Discard, out) // after a line that is too long
	return found, rest, lines.Err()
}

// maxCompilerLine is the longest line of the compiler that is read, in bytes.
const maxCompilerLine = 1 << 20

// reasonOf returns why a value is on the heap, from the steps by which it got there. Steps that only name a place on the
// way are left out, unless there are no others.
func reasonOf(steps [][2]string) string {
	var reasons []string
	for _, s := range steps {
		code, why := s[0], ""
		switch s[1] {
		case "interface-converted":
			why = "converted to an interface"
		case "return":
			why = "returned"
		case "captured by a closure":
			why = "captured by a closure"
		case "too large for stack":
			why = "too large for the stack"
		case "non-constant size":
			why = "its size is not a constant"
		case "call parameter":
			callee, _, _ := strings.Cut(code, "(")
			why = "passed to " + callee
		}
		if why != "" && !slices.Contains(reasons, why) {
			reasons = append(reasons, why)
		}
	}
	if len(reasons) == 0 && len(steps) > 0 {
		last := steps[len(steps)-1]
		return fmt.Sprintf("%s: %s", last[1], last[0])
	}
	return strings.Join(reasons[:min(len(reasons), maxReasons)], ", ")
}

// maxReasons is the largest number of reasons for one value.
const maxReasons = 4

// placements returns those of all that are in a function, with the lines of its source code. It leaves out values in
// functions that the compiler inlined: they have the line of the call, but are not written there.
func (f *foundFunction) placements(all []placement) []placement {
	var own []placement
	for _, p := range all {
		if p.line = f.file.Line(p.Position); p.line < f.First || p.line > f.Last {
			continue
		}
		p.source = strings.TrimSpace(f.file.Lines[p.line-1])
		if !literal.MatchString(p.code) && strings.Contains(p.source, head(p.code)) {
			own = append(own, p)
		}
	}
	slices.SortStableFunc(own, func(a, b placement) int {
		return cmp.Or(cmp.Compare(a.line, b.line), cmp.Compare(a.column, b.column))
	})
	return own
}

// unmentioned returns the placement of a value that the compiler does not mention although its line of source code is in
// the function, or nil.
func (f *foundFunction) unmentioned(source string) *placement {
	if f == nil {
		return nil
	}
	for line := f.First; line <= f.Last; line++ {
		if strings.TrimSpace(f.file.Lines[line-1]) == source {
			return &placement{line: line}
		}
	}
	return nil
}

// literal matches values that are part of the program, so that none is allocated, and append, which the compiler also
// names with its arguments.
var literal = regexp.MustCompile("^(\"([^\"\\\\]|\\\\.)*\"|`[^`]*`|[0-9][0-9a-fA-Fx_.]*|'.*'|true|false|nil|append)$")

// head returns how a value begins in the source code, or "" if the compiler has a name of its own for it.
func head(code string) string {
	if strings.HasPrefix(code, "... argument") {
		return ""
	}
	end := strings.IndexAny(code, "({ ")
	if end < 0 {
		end = len(code)
	}
	return code[:end]
}

// maxEscapes is the largest number of changes in a function.
const maxEscapes = 20

// changedEscapes returns the values that are on the heap in only one version of a function. It finds a value in the other
// version by its code and line of source code, or else by its code only; numbers of lines change. The compiler does not
// mention variables on the stack, so it looks for the line of source code then.
func changedEscapes(placed [2][]placement, in [2]*foundFunction) []profiler.Escape {
	before, after := placed[0], placed[1]
	pair := make([]int, len(after)) // index in before, or -1
	paired := make([]bool, len(before))
	for k := range pair {
		pair[k] = -1
	}
	match := func(same func(b, a placement) bool) {
		for k, a := range after {
			for i, b := range before {
				if pair[k] < 0 && !paired[i] && same(b, a) {
					pair[k], paired[i] = i, true
				}
			}
		}
	}
	match(func(b, a placement) bool { return b.code == a.code && b.source == a.source })
	match(func(b, a placement) bool { return b.code == a.code })
	var out []profiler.Escape
	add := func(code string, b, a *placement) {
		e := profiler.Escape{Code: code}
		if b != nil {
			e.Before = &profiler.Placement{Line: b.line, Heap: b.heap, Reason: b.reason}
		}
		if a != nil {
			e.After = &profiler.Placement{Line: a.line, Heap: a.heap, Reason: a.reason}
		}
		out = append(out, e)
	}
	for k := range after {
		a := &after[k]
		switch i := pair[k]; {
		case i >= 0 && before[i].heap != a.heap:
			add(a.code, &before[i], a)
		case i < 0 && a.heap:
			add(a.code, in[0].unmentioned(a.source), a)
		}
	}
	for i := range before {
		if b := &before[i]; !paired[i] && b.heap {
			add(b.code, b, in[1].unmentioned(b.source))
		}
	}
	return out[:min(len(out), maxEscapes)]
}
