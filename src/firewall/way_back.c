#include "firewall/way_back.h"
#include "base/clock.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum {
	START_PATIENCE_MS = 20000,
	START_EVERY_US = 300,
	LOOK_EVERY_MS = 1000, /* where the kernel does not tell of changes, and against clocks that stood */
	PAUSE_S = 5,
	READ_MEMORY = 1 << 26
};

/* ---- starting it ---- */

static void sleep_ms(long ms)
{
	const struct timespec pause = { .tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000L };

	(void)nanosleep(&pause, NULL);
}

/* A lock that can be asked for without taking it: whoever looked by taking it would be in the way of the
 * process that is just coming up. */
bool way_back_lives(const struct state *state, uint32_t number)
{
	struct flock asked = { .l_type = F_WRLCK, .l_whence = SEEK_SET };
	char path[PATH_MAX];
	const int fd = open(state_path(state, number, "lock", path), O_RDONLY | O_CLOEXEC);
	bool held;

	if (fd < 0)
		return false;
	held = fcntl(fd, F_OFD_GETLK, &asked) == 0 && asked.l_type != F_UNLCK;
	(void)close(fd);
	return held;
}

static bool wait_for_it(const struct state *state, uint32_t number)
{
	const struct timespec pause = { .tv_nsec = START_EVERY_US * 1000L };
	const int64_t until = clock_monotonic_ms() + START_PATIENCE_MS;

	while (!way_back_lives(state, number)) {
		if (clock_monotonic_ms() >= until)
			return false;
		(void)nanosleep(&pause, NULL);
	}
	return true;
}

static bool make_command(struct way_back_command *command, const struct state *state, uint32_t number,
			 struct error *err)
{
	const ssize_t length = readlink("/proc/self/exe", command->program, sizeof(command->program) - 1);

	if (length < 0)
		return error_system(err, errno, "/proc/self/exe");
	command->program[length] = '\0';
	if (realpath(state->folder, command->folder) == NULL)
		return error_system(err, errno, "%s", state->folder);
	snprintf(command->number, sizeof(command->number), "%u", number);
	snprintf(command->unit, sizeof(command->unit), "--unit=doorward-way-back-%u-%d", number,
		 (int)getpid());
	return true;
}

/* How it begins: of a session of its own, with no files, no signals that are held back, and in no folder. */
struct beginning {
	posix_spawnattr_t attributes;
	posix_spawn_file_actions_t files;
};

static bool begin_anew(struct beginning *b)
{
	sigset_t all, none;
	int failed = posix_spawnattr_setflags(&b->attributes, POSIX_SPAWN_SETSID | POSIX_SPAWN_SETSIGDEF |
								      POSIX_SPAWN_SETSIGMASK);

	(void)sigfillset(&all);
	(void)sigemptyset(&none);
	failed |= posix_spawnattr_setsigdefault(&b->attributes, &all);
	failed |= posix_spawnattr_setsigmask(&b->attributes, &none);
	for (int fd = 0; fd <= STDERR_FILENO; fd++)
		failed |= posix_spawn_file_actions_addopen(&b->files, fd, "/dev/null", O_RDWR, 0);
	failed |= posix_spawn_file_actions_addclosefrom_np(&b->files, STDERR_FILENO + 1);
	failed |= posix_spawn_file_actions_addchdir_np(&b->files, "/");
	return failed == 0;
}

/* Without a copy of all that this process has in memory, as fork() makes one. -1 and errno. */
static pid_t spawn(const char *program, const char *const words[])
{
	struct beginning b;
	pid_t child = -1;
	int error = ENOMEM;

	if (posix_spawnattr_init(&b.attributes) != 0)
		return -1;
	if (posix_spawn_file_actions_init(&b.files) == 0) {
		if (begin_anew(&b))
			error = posix_spawnp(&child, program, &b.files, &b.attributes, (char *const *)words,
					     environ);
		(void)posix_spawn_file_actions_destroy(&b.files);
	}
	(void)posix_spawnattr_destroy(&b.attributes);
	errno = error;
	return error == 0 ? child : -1;
}

/* Of a session of its own: it outlives the terminal and whoever asked for it. */
static pid_t start_alone(const struct way_back_command *command)
{
	const char *const words[] = { "doorward",      "undo",          "--when-due", "--state",
				      command->folder, command->number, NULL };

	return spawn("/proc/self/exe", words);
}

static bool same_file(const char *a, const char *b)
{
	struct stat x, y;

	return stat(a, &x) == 0 && stat(b, &y) == 0 && x.st_dev == y.st_dev && x.st_ino == y.st_ino;
}

/* Its manager would start it in the host's own namespaces, which must be ours. */
static bool has_systemd(void)
{
	return access("/run/systemd/system", F_OK) == 0 && same_file("/proc/self/ns/net", "/proc/1/ns/net") &&
	       same_file("/proc/self/ns/mnt", "/proc/1/ns/mnt");
}

/* A service of its own: ending the session or the unit that asked for it does not end it. The child fails
 * where its manager did not take it; there is none where systemd-run is not there. */
static pid_t start_by_systemd(const struct way_back_command *command)
{
	const char *const words[] = {
		"systemd-run",    "--quiet", "--collect",  command->unit, "--property=OOMScoreAdjust=-1000",
		command->program, "undo",    "--when-due", "--state",     command->folder,
		command->number,  NULL
	};

	return spawn("systemd-run", words);
}

static bool child_did_well(pid_t child)
{
	int status = -1;

	while (child > 0 && waitpid(child, &status, 0) < 0 && errno == EINTR)
		;
	return status == 0;
}

bool way_back_start(struct way_back_start *start, const struct state *state, uint32_t number,
		    struct error *err)
{
	*start = (struct way_back_start){ .state = state, .number = number };
	if (!make_command(&start->command, state, number, err))
		return false;
	if (has_systemd())
		start->manager = start_by_systemd(&start->command);
	if (start->manager > 0 || start_alone(&start->command) > 0)
		return true;
	return error_system(err, errno, "the way back cannot be armed");
}

bool way_back_await(struct way_back_start *start, struct error *err)
{
	if (start->manager > 0) {
		if (child_did_well(start->manager) && wait_for_it(start->state, start->number))
			return true;
		if (start_alone(&start->command) < 0)
			return error_system(err, errno, "the way back cannot be armed; nothing was changed");
	}
	if (wait_for_it(start->state, start->number))
		return true;
	return error_set(err,
			 "the way back could not be armed: its process did not come up; nothing was changed");
}

/* ---- the process itself ---- */

enum fate { FATE_ARMED, FATE_SETTLED, FATE_UNKNOWN };

static enum fate look(struct way_back *way, struct entry *ret_entry, struct error *err)
{
	struct arena *const arena = arena_new(READ_MEMORY);
	enum fate fate = FATE_UNKNOWN;
	const struct entry *entry;
	struct state state;

	if (arena != NULL && state_read(&state, arena, way->folder, err) && !state.hidden) {
		entry = state_entry(&state, way->number);
		fate = entry != NULL && entry->standing == STANDING_ARMED ? FATE_ARMED : FATE_SETTLED;
		if (entry != NULL)
			*ret_entry = *entry;
		ret_entry->policy = ret_entry->policy_digest = ret_entry->user = "-";
	}
	arena_free(arena);
	return fate;
}

static bool take_place(struct way_back *way, struct error *err)
{
	struct flock whole = { .l_type = F_WRLCK, .l_whence = SEEK_SET };
	char path[PATH_MAX];

	snprintf(path, sizeof(path), "%s/%u.lock", way->folder, way->number);
	way->lock = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (way->lock < 0)
		return error_system(err, errno, "%s", path);
	if (fcntl(way->lock, F_OFD_SETLK, &whole) == 0)
		return true;
	return error_set(err, "the way back of number %u is there already", way->number);
}

/* By terminals that go; and a host without memory should end it last. */
static void ask_to_be_spared(void)
{
	const int fd = open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC);

	(void)signal(SIGHUP, SIG_IGN);
	if (fd < 0)
		return;
	(void)!write(fd, "-1000", 5);
	(void)close(fd);
}

bool way_back_hold(struct way_back *way, const char *folder, uint32_t number, struct error *err)
{
	enum fate fate;

	*way = (struct way_back){ .number = number, .lock = -1, .watch = -1 };
	snprintf(way->folder, sizeof(way->folder), "%s", folder);
	fate = look(way, &way->entry, err);
	if (fate == FATE_UNKNOWN)
		return false;
	if (fate == FATE_SETTLED)
		return error_set(err, "number %u does not wait to be confirmed", number);
	if (!take_place(way, err)) {
		way_back_release(way);
		return false;
	}
	ask_to_be_spared();
	way->watch = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
	if (way->watch >= 0)
		(void)inotify_add_watch(way->watch, folder, IN_MOVED_TO);
	return true;
}

static void wait_for_change(const struct way_back *way, int64_t ms)
{
	struct pollfd watched = { .fd = way->watch, .events = POLLIN };
	char events[4096];

	(void)poll(&watched, 1, (int)(ms < LOOK_EVERY_MS ? ms : LOOK_EVERY_MS));
	while (way->watch >= 0 && read(way->watch, events, sizeof(events)) > 0)
		;
}

/* A history that cannot be read is no confirmation; the time may be put off in it. */
bool way_back_wait(struct way_back *way, way_back_awake *awake)
{
	struct error err;

	for (;;) {
		const bool settled = look(way, &way->entry, &err) == FATE_SETTLED;
		const int64_t left = way->entry.deadline_ms - state_now_ms();

		if (settled)
			return false;
		if (left <= 0)
			return true;
		awake(way);
		wait_for_change(way, left);
	}
}

void way_back_pause(void)
{
	sleep_ms(PAUSE_S * 1000L);
}

void way_back_release(struct way_back *way)
{
	char path[PATH_MAX];

	snprintf(path, sizeof(path), "%s/%u.lock", way->folder, way->number);
	if (way->lock >= 0) {
		(void)unlink(path);
		(void)close(way->lock);
	}
	if (way->watch >= 0)
		(void)close(way->watch);
}
