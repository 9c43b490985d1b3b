#include "firewall/way_back.h"
#include "base/clock.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
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

static void forget_everything(void)
{
	const int nothing = open("/dev/null", O_RDWR);
	sigset_t none;

	for (int fd = 0; fd <= STDERR_FILENO; fd++)
		(void)dup2(nothing, fd);
	(void)close_range(STDERR_FILENO + 1, ~0U, 0);
	for (int number = 1; number < NSIG; number++)
		(void)signal(number, SIG_DFL);
	(void)signal(SIGHUP, SIG_IGN);
	(void)sigemptyset(&none);
	(void)sigprocmask(SIG_SETMASK, &none, NULL);
	(void)!chdir("/");
}

/* Of a session of its own, and nobody's child: it outlives the terminal and whoever asked for it. */
static pid_t start_alone(const struct way_back_command *command)
{
	const pid_t child = fork();

	if (child != 0)
		return child;
	(void)setsid();
	if (fork() != 0)
		_exit(0);
	forget_everything();
	execl("/proc/self/exe", "doorward", "undo", "--when-due", "--state", command->folder, command->number,
	      (char *)NULL);
	_exit(127);
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
 * where systemd-run is not there, or its manager did not take it. */
static pid_t start_by_systemd(const struct way_back_command *command)
{
	const pid_t child = fork();

	if (child != 0)
		return child;
	forget_everything();
	execlp("systemd-run", "systemd-run", "--quiet", "--collect", command->unit,
	       "--property=OOMScoreAdjust=-1000", command->program, "undo", "--when-due", "--state",
	       command->folder, command->number, (char *)NULL);
	_exit(127);
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
	start->by_systemd = has_systemd();
	start->child = start->by_systemd ? start_by_systemd(&start->command) : start_alone(&start->command);
	return start->child >= 0 || error_system(err, errno, "the way back cannot be armed");
}

bool way_back_await(struct way_back_start *start, struct error *err)
{
	if (child_did_well(start->child) && wait_for_it(start->state, start->number))
		return true;
	if (start->by_systemd && child_did_well(start_alone(&start->command)) &&
	    wait_for_it(start->state, start->number))
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

/* The last process that a host without memory should end. */
static void ask_to_be_spared(void)
{
	const int fd = open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC);

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
