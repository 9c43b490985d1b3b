#include "cmd/enforcing.h"
#include "base/file.h"

#include <pwd.h>
#include <stdlib.h>
#include <unistd.h>

static const char *folder_of(const struct invocation *invocation)
{
	const char *const named = invocation_value(invocation, "state");

	return named != NULL ? named : STATE_FOLDER;
}

static int with_state(struct enforcing *e, bool change, enforcing_run *run)
{
	const char *const folder = folder_of(e->invocation);
	struct error err;
	int status;

	if (change ? state_open(&e->state, e->arena, folder, &err)
		   : state_read(&e->state, e->arena, folder, &err))
		status = run(e);
	else
		status = command_trouble(e->invocation, &err);
	state_close(&e->state);
	return status;
}

int enforcing_with(const struct invocation *invocation, bool change, enforcing_run *run)
{
	struct enforcing e = { .invocation = invocation, .arena = arena_new(ENFORCING_MEMORY) };
	struct error err;
	int status;

	if (e.arena == NULL || !out_open(&e.out, invocation->json, invocation->colour)) {
		arena_free(e.arena);
		error_memory(&err);
		return command_trouble(invocation, &err);
	}
	status = with_state(&e, change, run);
	arena_free(e.arena);
	return out_close(&e.out, &err) ? status : command_trouble(invocation, &err);
}

int enforcing_tell(struct enforcing *e, enum enforcement_action action, const struct entry *entry)
{
	const struct enforcement_view view = { action, entry };

	e->out.format->enforcement(&e->out, &view);
	return STATUS_AGREES;
}

/* The kernel keeps who logged in through su and sudo; where nobody did, sudo tells. */
static uid_t uid_that_asks(void)
{
	const char *const sudo = getenv("SUDO_UID");
	char text[32];
	uint64_t uid;

	if (file_read_text("/proc/self/loginuid", text, sizeof(text)) > 0 &&
	    span_number(span_text(text), UINT32_MAX - 1, &uid))
		return (uid_t)uid;
	if (sudo != NULL && geteuid() == 0 && span_number(span_text(sudo), UINT32_MAX - 1, &uid))
		return (uid_t)uid;
	return getuid();
}

const char *enforcing_user(struct arena *arena)
{
	const uid_t uid = uid_that_asks();
	const struct passwd *const user = getpwuid(uid);
	const char *const name = user != NULL ? arena_text(arena, user->pw_name)
					      : arena_format(arena, "%u", (unsigned)uid);

	return name != NULL ? name : "-";
}
