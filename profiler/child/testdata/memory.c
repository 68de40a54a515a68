// memory does what its arguments say, in order, with memory and processes.
#define _GNU_SOURCE
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#define is(name) (strncmp(what, name, strlen(name)) == 0)

static char *last;
static size_t lastSize;
static char **rest;

static char *map(int fd, long mib) {
	lastSize = mib << 20;
	last = mmap(NULL, lastSize, PROT_READ | PROT_WRITE, fd < 0 ? MAP_PRIVATE | MAP_ANONYMOUS : MAP_PRIVATE, fd, 0);
	if (last == MAP_FAILED) {
		perror("mmap");
		exit(9);
	}
	return last;
}

static void sleepFor(long ms) { usleep(ms * 1000); }

static void *forkInThread(void *unused) {
	if (fork() == 0) {
		execv("/proc/self/exe", rest);
		_exit(8);
	}
	wait(NULL);
	return NULL;
}

static void *execInThread(void *unused) {
	execv("/proc/self/exe", rest);
	_exit(8);
}

static int alarms;
static void onAlarm(int s) { alarms++; }
static void onTerm(int s) { _exit(42); }

int main(int argc, char **argv) {
	for (int i = 1; i < argc; i++) {
		char *what = argv[i], *colon = strchr(what, ':');
		long n = colon ? atol(colon + 1) : 0;
		rest = argv + i;
		pthread_t t;
		if (is("anon")) {
			map(-1, n);
			memset(last, 1, lastSize);
		} else if (is("file")) { // file:MIB PATH
			volatile char *p = map(open(argv[++i], O_RDONLY), n);
			char sum = 0;
			for (size_t at = 0; at < lastSize; at += 4096) sum += p[at];
		} else if (is("free")) {
			munmap(last, lastSize);
		} else if (is("sleep")) {
			sleepFor(n);
		} else if (is("forks")) { // n children that sleep for 300 ms with what they share
			for (long k = 0; k < n; k++)
				if (fork() == 0) {
					sleepFor(300);
					_exit(0);
				}
			while (wait(NULL) > 0);
		} else if (is("shared")) { // shared:MIB of memory that children can use too
			lastSize = n << 20;
			last = mmap(NULL, lastSize, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
			memset(last, 1, lastSize);
		} else if (is("touches")) { // n children that read it and sleep for 300 ms
			for (long k = 0; k < n; k++)
				if (fork() == 0) {
					volatile char sum = 0;
					for (size_t at = 0; at < lastSize; at += 4096) sum += last[at];
					sleepFor(300);
					_exit(0);
				}
			while (wait(NULL) > 0);
		} else if (is("child")) { // a child does the rest
			if (fork() != 0) {
				wait(NULL);
				return 0;
			}
		} else if (is("thread-fork")) { // a child of another thread does the rest
			pthread_create(&t, NULL, forkInThread, NULL);
			pthread_join(t, NULL);
			return 0;
		} else if (is("thread-exec")) { // the rest, in a program that another thread executes
			pthread_create(&t, NULL, execInThread, NULL);
			pause();
		} else if (is("exec")) {
			execv("/proc/self/exe", rest);
			return 8;
		} else if (is("daemon")) { // an orphan in a session of its own does the rest
			if (fork() != 0) {
				sleepFor(n);
				return 0;
			}
			setsid();
			if (fork() != 0) _exit(0);
		} else if (is("undumpable")) { // other processes of the same user may not read its /proc files
			prctl(PR_SET_DUMPABLE, 0);
		} else if (is("session")) { // it must lead its own session, without a terminal
			if (getsid(0) != getpid() || open("/dev/tty", O_RDONLY) >= 0) return 15;
		} else if (is("signal")) {
			raise(n);
		} else if (is("alarms")) { // n signals at 1 ms each
			signal(SIGALRM, onAlarm);
			ualarm(1000, 1000);
			while (alarms < n) pause();
			ualarm(0, 0);
		} else if (is("jobs")) { // stop and continue a child; it must stay stopped meanwhile
			int status;
			signal(SIGTERM, onTerm);
			pid_t pid = fork();
			if (pid == 0)
				for (;;) pause();
			sleepFor(20);
			kill(pid, SIGSTOP);
			if (waitpid(pid, &status, WUNTRACED) != pid || !WIFSTOPPED(status)) return 10;
			kill(pid, SIGTERM); // is delivered only when it goes on
			sleepFor(50);
			if (waitpid(pid, &status, WNOHANG) != 0) return 11;
			kill(pid, SIGCONT);
			if (waitpid(pid, &status, WCONTINUED) != pid) return 12;
			if (WIFCONTINUED(status) && waitpid(pid, &status, 0) != pid) return 13;
			if (!WIFEXITED(status) || WEXITSTATUS(status) != 42) return 14;
		} else if (is("exit")) {
			return n;
		}
	}
	return 0;
}
