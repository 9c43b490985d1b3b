/* Names of users, from the user database; each is asked for once. */
#include "host/host.h"

#include <pwd.h>
#include <stdio.h>

enum { ENTRY_TEXT = 4096 };

struct host_user {
	uint32_t uid;
	const char *name;
};

static const char *look_up(struct host *host, uint32_t uid)
{
	struct passwd entry, *found = NULL;
	char text[ENTRY_TEXT];

	if (getpwuid_r(uid, &entry, text, sizeof(text), &found) == 0 && found != NULL)
		return arena_text(host->arena, found->pw_name);
	return arena_format(host->arena, "%u", uid);
}

const char *host_user(struct host *host, uint32_t uid)
{
	struct host_user *grown;

	for (size_t i = 0; i < host->user_count; i++) {
		if (host->users[i].uid == uid)
			return host->users[i].name;
	}
	grown = arena_grow(host->arena, host->users, host->user_count, &host->user_capacity, sizeof(*grown));
	if (grown == NULL)
		return "";
	host->users = grown;
	grown[host->user_count] = (struct host_user){ .uid = uid, .name = look_up(host, uid) };
	if (grown[host->user_count].name == NULL)
		return "";
	return grown[host->user_count++].name;
}
