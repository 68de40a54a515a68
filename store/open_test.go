package store

import (
	"bytes"
	"database/sql"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/pressly/goose/v3"
)

// refused checks that a file cannot be opened, with these words in the error.
func refused(t *testing.T, file string, want ...string) {
	t.Helper()
	s, err := Open(t.Context(), file, nil)
	if err == nil {
		s.Close()
		t.Fatal("the file was opened")
	}
	for _, text := range append(want, "restore a backup, or choose another folder with --data") {
		if !strings.Contains(err.Error(), text) {
			t.Errorf("error = %q, want it with %q", err, text)
		}
	}
}

func TestOpenRefusesNewerDatabase(t *testing.T) {
	file := filepath.Join(t.TempDir(), "new.db")
	migrated(t, file, func(p *goose.Provider, db *sql.DB) {
		_, err := p.Up(t.Context())
		must(t, err)
		_, err = db.ExecContext(t.Context(), "INSERT INTO goose_db_version (version_id, is_applied) VALUES (9999, 1)")
		must(t, err)
	})
	refused(t, file, "was written by a newer heaplab", "9999")
}

func TestOpenRefusesOtherFiles(t *testing.T) {
	for name, content := range map[string][]byte{
		"no database":    bytes.Repeat([]byte("text"), 2000),
		"only a header":  []byte("SQLite format 3\x00"),
		"damaged header": append([]byte("SQLite format 3\x00"), bytes.Repeat([]byte{0xff}, 4080)...),
	} {
		t.Run(name, func(t *testing.T) {
			file := filepath.Join(t.TempDir(), "other.db")
			must(t, os.WriteFile(file, content, 0o600))
			refused(t, file)
		})
	}
}

func TestOpenExplainsFailedMigration(t *testing.T) {
	file := old(t)
	migrated(t, file, func(_ *goose.Provider, db *sql.DB) {
		_, err := db.ExecContext(t.Context(), "DROP TABLE runs")
		must(t, err)
	})
	refused(t, file, "runs")
}

func TestDatabaseIsPrivate(t *testing.T) {
	file := filepath.Join(t.TempDir(), "test.db")
	for _, step := range []string{"created", "opened again", "after a restored backup"} {
		t.Run(step, func(t *testing.T) {
			if step == "after a restored backup" {
				for _, name := range []string{file, file + "-wal", file + "-shm"} {
					must(t, os.WriteFile(name, nil, 0o600)) // an empty file is an empty database
					must(t, os.Chmod(name, 0o644))
				}
			}
			s, err := Open(t.Context(), file, nil)
			must(t, err)
			defer s.Close()
			add(t, s, launch("c"))
			for _, suffix := range []string{"", "-wal", "-shm"} {
				info, err := os.Stat(file + suffix)
				must(t, err)
				if got := info.Mode().Perm(); got != 0o600 {
					t.Errorf("mode of %q is %o, want 600", suffix, got)
				}
			}
		})
	}
}
