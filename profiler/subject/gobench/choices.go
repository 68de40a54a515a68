package gobench

import (
	"context"
	"strconv"
	"strings"
	"sync"
	"time"
)

// Choices are what a form offers as versions of a module.
type Choices struct {
	Branch  string   // the current one, or ""
	Base    string   // the branch that the current one will be merged into, such as main, or ""
	Own     int      // commits since the merge base of both, up to MaxOwn
	Changed int      // files of the work tree that differ from HEAD, or a negative number if that is not known
	Refs    []string // branches and tags, the newest first, at most maxRefs
}

// MaxOwn is the largest number of commits that Choices counts.
const MaxOwn = 999

const (
	maxRefs      = 200
	choicesLimit = 2 * time.Second // for all commands of git together
)

// Choices returns the versions to offer. What git does not say in time is left out: only a launch needs to say why.
func (m *Module) Choices(ctx context.Context) Choices {
	ctx, cancel := context.WithTimeout(ctx, choicesLimit)
	defer cancel()
	r := repo{root: m.Dir}
	ask := func(args ...string) string {
		out, err := r.git(ctx, nil, args...)
		if err != nil {
			return ""
		}
		return strings.TrimRight(out, "\n")
	}
	c := Choices{Changed: -1}
	var asked sync.WaitGroup // because in a large repository each takes a part of the limit
	asked.Go(func() {
		c.Branch = ask("symbolic-ref", "--quiet", "--short", "HEAD")
		for _, base := range []string{ask("symbolic-ref", "--quiet", "--short", "refs/remotes/origin/HEAD"), "main", "master"} {
			if base == "" || base == c.Branch || ask("merge-base", "--end-of-options", base, "HEAD") == "" {
				continue
			}
			c.Base = base
			c.Own, _ = strconv.Atoi(ask("rev-list", "--count", "--max-count="+strconv.Itoa(MaxOwn), "--end-of-options", base+"..HEAD"))
			break
		}
	})
	asked.Go(func() {
		if out, err := r.git(ctx, nil, "status", "--porcelain", "-z", "--no-renames", "--ignore-submodules=all"); err == nil {
			c.Changed = strings.Count(out, "\x00")
		}
	})
	asked.Go(func() {
		for _, name := range strings.Fields(ask("for-each-ref", "--sort=-creatordate", "--count="+strconv.Itoa(maxRefs), "--format=%(refname)", "refs/heads", "refs/tags", "refs/remotes")) {
			if !strings.HasSuffix(name, "/HEAD") { // the default branch of a remote is there under its own name
				c.Refs = append(c.Refs, shortRef(name))
			}
		}
	})
	asked.Wait()
	return c
}

// shortRef returns the name of a reference that people use, unless that would name the work tree.
func shortRef(name string) string {
	for _, prefix := range []string{"refs/heads/", "refs/tags/", "refs/remotes/"} {
		if short, ok := strings.CutPrefix(name, prefix); ok && short != Dirty {
			return short
		}
	}
	return name
}

// Head is the version of the last commit.
const Head = "HEAD"

// MaxVersions is the largest number of versions in an experiment.
const MaxVersions = maxVersions

// MergeBase returns the version of the merge base of a branch and the current one.
func MergeBase(branch string) string { return branch + mergeBaseSuffix }
