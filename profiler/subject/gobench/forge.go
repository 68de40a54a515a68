package gobench

import (
	"context"
	"fmt"
	"net/url"
	"regexp"
	"strings"
)

// A forge returns the address of a line of a file at a commit.
type forge func(commit, file string, line int) string

// forges says how the hosts of repositories write the path of a line. A host is of a kind if a part of its name is the
// kind's, such as in gitlab.example.com.
var forges = []struct {
	hosts []string
	path  string // commit, file, line
}{
	{[]string{"github"}, "/blob/%s/%s#L%d"},
	{[]string{"gitlab"}, "/-/blob/%s/%s#L%d"},
	{[]string{"codeberg", "gitea", "forgejo"}, "/src/commit/%s/%s#L%d"},
	{[]string{"bitbucket"}, "/src/%s/%s#lines-%d"},
}

var (
	hostName = regexp.MustCompile(`^[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)+$`)
	// scpAddress matches an address of ssh as git also writes it, such as git@github.com:owner/repo.git.
	scpAddress = regexp.MustCompile(`^(?:[^/@:]+@)?([^/:]+):([^/].*)$`)
)

// forge returns the forge that remote origin names, or nil if it is not known.
func (r repo) forge(ctx context.Context) forge {
	remote, err := r.git(ctx, nil, "remote", "get-url", "origin")
	if err != nil {
		return nil
	}
	return newForge(strings.TrimSuffix(remote, "\n"))
}

// newForge returns the forge of a remote over https or ssh, or nil. Names and passwords in the remote are left out, and
// so are ports, which are those of git.
func newForge(remote string) forge {
	var host, repository string
	if u, err := url.Parse(remote); err == nil && (u.Scheme == "https" || u.Scheme == "ssh") {
		host, repository = u.Hostname(), u.Path
		if u.Scheme == "https" && u.Port() != "" {
			return nil
		}
	} else if parts := scpAddress.FindStringSubmatch(remote); parts != nil && !strings.Contains(remote, "://") {
		host, repository = parts[1], parts[2]
	}
	host = strings.ToLower(host)
	repository = strings.TrimSuffix(strings.Trim(repository, "/"), ".git")
	if !hostName.MatchString(host) || !strings.Contains(repository, "/") {
		return nil
	}
	for _, f := range forges {
		for _, name := range f.hosts {
			for part := range strings.SplitSeq(host, ".") {
				if part == name {
					return func(commit, file string, line int) string {
						return "https://" + host + "/" + escapePath(repository) + fmt.Sprintf(f.path, url.PathEscape(commit), escapePath(file), line)
					}
				}
			}
		}
	}
	return nil
}

// escapePath escapes the parts of a path in an address.
func escapePath(name string) string {
	parts := strings.Split(name, "/")
	for i, p := range parts {
		parts[i] = url.PathEscape(p)
		if p == "." || p == ".." {
			parts[i] = strings.ReplaceAll(p, ".", "%2E")
		}
	}
	return strings.Join(parts, "/")
}

// published reports whether a branch of a remote has a commit, as far as the repository knows.
func (r repo) published(ctx context.Context, commit string) bool {
	out, err := r.git(ctx, nil, "for-each-ref", "--count=1", "--contains", commit, "refs/remotes")
	return err == nil && out != ""
}
