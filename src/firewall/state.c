#include "firewall/state.h"
#include "base/buffer.h"
#include "base/clock.h"
#include "base/draft.h"
#include "base/file.h"
#include "firewall/history.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { TEXT_LIMIT = 1 << 30, HISTORY_LIMIT = 1 << 24, LOCK_EVERY_MS = 20 };
int64_t state_now_ms(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_BOOTTIME, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

void state_boot(char text[static BOOT_TEXT])
{
	if (file_read_text("/proc/sys/kernel/random/boot_id", text, BOOT_TEXT) != BOOT_TEXT - 1)
		memcpy(text, "-", 2);
}

static bool load_history(struct state *state, struct error *err)
{
	char path[PATH_MAX];
	struct span text;

	snprintf(path, sizeof(path), "%s/history", state->folder);
	if (access(path, F_OK) != 0 && errno == ENOENT)
		return true;
	return file_read(state->arena, path, HISTORY_LIMIT, &text, err) &&
	       history_read(state, path, text, err);
}

static bool begin(struct state *state, struct arena *arena, const char *folder, struct error *err)
{
	*state = (struct state){ .arena = arena, .lock = -1 };
	if (strlen(folder) >= sizeof(state->folder))
		return error_system(err, ENAMETOOLONG, "%s", folder);
	memcpy(state->folder, folder, strlen(folder) + 1);
	return true;
}

bool state_read(struct state *state, struct arena *arena, const char *folder, struct error *err)
{
	char path[PATH_MAX];

	if (!begin(state, arena, folder, err))
		return false;
	snprintf(path, sizeof(path), "%s/history", folder);
	state->hidden = access(path, R_OK) != 0 && errno == EACCES;
	return state->hidden || load_history(state, err);
}

/* ---- opened for changes ---- */

static const char *root_words(void)
{
	return geteuid() == 0 ? "" : " (changing the firewall needs root)";
}

static bool take_lock(struct state *state, struct error *err)
{
	const int64_t until = clock_monotonic_ms() + STATE_PATIENCE_MS;
	const struct timespec pause = { .tv_nsec = LOCK_EVERY_MS * 1000000L };
	char path[PATH_MAX];

	snprintf(path, sizeof(path), "%s/lock", state->folder);
	state->lock = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (state->lock < 0)
		return error_system(err, errno, "%s%s", path, root_words());
	while (flock(state->lock, LOCK_EX | LOCK_NB) != 0) {
		if (errno != EWOULDBLOCK && errno != EINTR)
			return error_system(err, errno, "%s", path);
		if (clock_monotonic_ms() >= until)
			return error_set(
				err,
				"another doorward is changing the firewall (%s is locked); waited %d "
				"seconds, changed nothing",
				path, STATE_PATIENCE_MS / 1000);
		(void)nanosleep(&pause, NULL);
	}
	return true;
}

/* Drafts are named after their file with a dot and six characters; our own kinds are shorter. */
static bool is_left_over(const char *name)
{
	const char *const dot = strrchr(name, '.');

	return dot != NULL && dot != name && strlen(dot + 1) == 6;
}

static void clear_left_over(const struct state *state)
{
	DIR *const folder = opendir(state->folder);
	const struct dirent *file;

	if (folder == NULL)
		return;
	while ((file = readdir(folder)) != NULL) {
		if (is_left_over(file->d_name))
			(void)unlinkat(dirfd(folder), file->d_name, 0);
	}
	closedir(folder);
}

bool state_open(struct state *state, struct arena *arena, const char *folder, struct error *err)
{
	if (!begin(state, arena, folder, err))
		return false;
	if (mkdir(folder, 0700) != 0 && errno != EEXIST)
		return error_system(err, errno, "%s%s", folder, root_words());
	if (!take_lock(state, err))
		return false;
	clear_left_over(state);
	return load_history(state, err);
}

void state_close(struct state *state)
{
	if (state->lock >= 0)
		(void)close(state->lock);
	state->lock = -1;
}

/* ---- entries ---- */

struct entry *state_add(struct state *state)
{
	const struct entry *const last = state_last(state);
	const uint32_t number = last != NULL ? last->number + 1 : 1;
	struct entry *const entry = history_grow(state);

	if (entry == NULL)
		return NULL;
	entry->number = entry->stands_for = number;
	entry->when_us = clock_wall_us();
	entry->policy_digest = entry->user = "-";
	entry->policy = "";
	state_boot(entry->boot);
	state->count++;
	return entry;
}

struct entry *state_entry(const struct state *state, uint32_t number)
{
	for (size_t i = 0; i < state->count; i++) {
		if (state->entries[i].number == number)
			return &state->entries[i];
	}
	return NULL;
}

struct entry *state_last(const struct state *state)
{
	return state->count > 0 ? &state->entries[state->count - 1] : NULL;
}

struct entry *state_in_force(const struct state *state)
{
	for (size_t i = state->count; i > 0; i--) {
		if (state->entries[i - 1].standing == STANDING_CONFIRMED)
			return &state->entries[i - 1];
	}
	return NULL;
}

/* ---- files ---- */

char *state_path(const struct state *state, uint32_t number, const char *kind, char path[static PATH_MAX])
{
	snprintf(path, PATH_MAX, "%s/%u.%s", state->folder, number, kind);
	return path;
}

/* A name is in its folder for good when the folder is written. */
static void settle_folder(const struct state *state)
{
	const int fd = open(state->folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0)
		return;
	(void)fsync(fd);
	(void)close(fd);
}

static bool write_file(const char *path, struct span text, bool settled, struct error *err)
{
	struct draft draft = { 0 };

	if (!draft_open(&draft, path, err))
		return false;
	(void)fwrite(text.at, 1, span_left(text), draft.file);
	return settled ? draft_keep(&draft, err) : draft_place(&draft, err);
}

/* What is older than the entries that are kept is no use to anybody, unless it is in force. */
static void forget_old(const struct state *state)
{
	const struct entry *const last = state_last(state);
	const struct entry *in_force;

	if (last == NULL || last->number <= STATE_KEPT)
		return;
	in_force = state_in_force(state);
	if (in_force == NULL || in_force->number != last->number - STATE_KEPT)
		state_texts_remove(state, last->number - STATE_KEPT);
}

bool state_write(struct state *state, struct error *err)
{
	struct buffer text = buffer_new(HISTORY_LIMIT);
	const struct entry *const in_force = state_in_force(state);
	size_t first = state->count > STATE_ENTRIES ? state->count - STATE_ENTRIES : 0;
	char path[PATH_MAX];
	bool written;

	snprintf(path, sizeof(path), "%s/history", state->folder);
	if (in_force != NULL && state->entries + first > in_force)
		first = (size_t)(in_force - state->entries);
	history_write(state, first, &text);
	written = text.failed ? error_memory(err) : write_file(path, buffer_read(&text), true, err);
	buffer_free(&text);
	if (!written)
		return false;
	settle_folder(state);
	forget_old(state);
	return true;
}

bool state_text_write(const struct state *state, uint32_t number, const char *kind, struct span text,
		      struct error *err)
{
	char path[PATH_MAX];

	return write_file(state_path(state, number, kind, path), text, true, err);
}

bool state_text_place(const struct state *state, uint32_t number, const char *kind, struct span text,
		      struct error *err)
{
	char path[PATH_MAX];

	return write_file(state_path(state, number, kind, path), text, false, err);
}

static bool settle_file(const char *path, struct error *err)
{
	const int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	bool settled;

	if (fd < 0)
		return errno == ENOENT || error_system(err, errno, "%s", path);
	settled = fsync(fd) == 0 || error_system(err, errno, "%s", path);
	(void)close(fd);
	return settled;
}

bool state_texts_settle(const struct state *state, uint32_t number, struct error *err)
{
	static const char *const kinds[] = { "nft", "rules", "names", "old" };
	char path[PATH_MAX];

	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		if (!settle_file(state_path(state, number, kinds[i], path), err))
			return false;
	}
	return true;
}

bool state_text_read(const struct state *state, uint32_t number, const char *kind, struct span *ret_text,
		     bool *ret_absent, struct error *err)
{
	char path[PATH_MAX];
	const bool absent = access(state_path(state, number, kind, path), F_OK) != 0 && errno == ENOENT;

	if (ret_absent != NULL)
		*ret_absent = absent;
	return file_read(state->arena, path, TEXT_LIMIT, ret_text, err);
}

bool state_text_link(const struct state *state, uint32_t from, const char *from_kind, uint32_t number,
		     const char *kind)
{
	char old[PATH_MAX], path[PATH_MAX];

	return link(state_path(state, from, from_kind, old), state_path(state, number, kind, path)) == 0;
}

void state_texts_remove(const struct state *state, uint32_t number)
{
	static const char *const kinds[] = { "nft", "rules", "names", "old", "list", "seen", "lock" };
	char path[PATH_MAX];

	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		(void)unlink(state_path(state, number, kinds[i], path));
}
