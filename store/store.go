// Package store stores experiments, their runs, heap profiles and shares in SQLite. Each method is
// one transaction.
package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"

	"github.com/mattn/go-sqlite3"
	"github.com/pressly/goose/v3"

	"heaplab/migrations"
	"heaplab/store/internal/db"
)

// Errors that callers may test for.
var (
	ErrNotFound = errors.New("not found")
	ErrConflict = errors.New("not possible in this state")
	ErrInvalid  = errors.New("not valid")
	ErrDamaged  = errors.New("damaged in the database")
)

var errNewer = errors.New("the database was written by a newer heaplab")

// minSQLite is the first version that cannot corrupt the database when the write-ahead log is reset
// (https://sqlite.org/releaselog/3_51_3.html).
const minSQLite = 3_051_003

// readers is the number of connections for concurrent reads.
const readers = 4

// A Store is an open database. It has one connection that writes, because SQLite allows only one
// writer at a time.
type Store struct {
	writer, reader *sql.DB
	digests        digests
}

// Open opens the database in the file of that name, creates it if it does not exist, and brings it
// to the current version. Only the owner of the file can read it. Experiments from before designs were stored get those of designer,
// which may be nil: see Designer.
func Open(ctx context.Context, file string, designer Designer) (*Store, error) {
	if version, n, _ := sqlite3.Version(); n < minSQLite {
		return nil, fmt.Errorf("SQLite %s can lose data when its log is reset: heaplab needs 3.51.3 or later", version)
	}
	if err := makePrivate(file); err != nil {
		return nil, fmt.Errorf("open %s: %w", file, err)
	}
	writer, err := sql.Open("sqlite3", dsn(file, "_txlock=immediate&_auto_vacuum=incremental"))
	if err != nil {
		return nil, fmt.Errorf("open %s: %w", file, err)
	}
	writer.SetMaxOpenConns(1)
	reader, err := sql.Open("sqlite3", dsn(file, "_query_only=true"))
	if err != nil {
		return nil, errors.Join(fmt.Errorf("open %s: %w", file, err), writer.Close())
	}
	reader.SetMaxOpenConns(readers)
	reader.SetMaxIdleConns(readers)
	s := &Store{writer: writer, reader: reader}
	if err := s.migrate(ctx, designer); err != nil {
		advice := "restore a backup, or choose another folder with --data"
		if errors.Is(err, errNewer) {
			advice = "use that heaplab, " + advice
		}
		return nil, errors.Join(fmt.Errorf("migrate %s: %w; %s", file, err, advice), s.Close())
	}
	return s, nil
}

// dsn returns the data source name of a file. It sets pragmas for every connection; executing PRAGMA
// would set them for only one connection of the pool.
func dsn(file, options string) string {
	return "file:" + (&url.URL{Path: file}).EscapedPath() +
		"?_journal_mode=WAL&_busy_timeout=10000&_foreign_keys=on&_synchronous=FULL&" + options
}

// makePrivate creates the file, if it does not exist, so that only its owner can read it. It takes
// the permissions of others from an existing file and its logs, if this process owns them. SQLite
// creates its logs with the permissions of the file.
func makePrivate(file string) error {
	created, err := os.OpenFile(file, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o600)
	if err == nil {
		return created.Close()
	}
	if !errors.Is(err, fs.ErrExist) {
		return err
	}
	for _, suffix := range []string{"", "-wal", "-shm"} {
		info, err := os.Stat(file + suffix)
		if err != nil || info.Mode().Perm()&0o077 == 0 {
			continue
		}
		if err := os.Chmod(file+suffix, info.Mode().Perm()&^0o077); err != nil && !errors.Is(err, fs.ErrPermission) {
			return err
		}
	}
	return nil
}

// migrate brings the database to the current version. It refuses a newer one, because writing to it
// could damage it.
func (s *Store) migrate(ctx context.Context, designer Designer) error {
	provider, err := newProvider(s.writer, designer)
	if err != nil {
		return err
	}
	version, newest, err := provider.GetVersions(ctx)
	if err != nil {
		return err
	}
	if version > newest {
		return fmt.Errorf("%w (its version is %d, this program reads up to %d)", errNewer, version, newest)
	}
	_, err = provider.Up(ctx)
	return err
}

// newProvider returns all migrations: those in SQL, and the one in Go.
func newProvider(db *sql.DB, designer Designer) (*goose.Provider, error) {
	return goose.NewProvider(goose.DialectSQLite3, db, migrations.FS, goose.WithDisableGlobalRegistry(true),
		goose.WithGoMigrations(goose.NewGoMigration(designVersion, &goose.GoFunc{RunTx: fillInDesigns(designer)}, &goose.GoFunc{})))
}

// Close closes all connections.
func (s *Store) Close() error { return errors.Join(s.reader.Close(), s.writer.Close()) }

// Ping reports whether the database can be read.
func (s *Store) Ping(ctx context.Context) error {
	_, err := s.read().CountPinned(ctx)
	return err
}

// read returns queries for reading.
func (s *Store) read() *db.Queries { return db.New(s.reader) }

// write runs f in a transaction. It commits if f returns nil.
func (s *Store) write(ctx context.Context, f func(*db.Queries) error) error {
	tx, err := s.writer.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer tx.Rollback() // does nothing after a commit
	if err := f(db.New(tx)); err != nil {
		return err
	}
	return tx.Commit()
}

// notFound turns sql.ErrNoRows into ErrNotFound.
func notFound(err error) error {
	if errors.Is(err, sql.ErrNoRows) {
		return ErrNotFound
	}
	return err
}

// changed returns ErrNotFound if an update changed no row.
func changed(rows int64, err error) error {
	if err == nil && rows == 0 {
		return ErrNotFound
	}
	return err
}
