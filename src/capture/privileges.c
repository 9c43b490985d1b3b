/* privileges.c: root is needed to open a ring, and not to read it (capabilities(7),
 * PR_SET_NO_NEW_PRIVS(2const)). */
#include "base/span.h"
#include "capture/live.h"

#include <errno.h>
#include <grp.h>
#include <linux/capability.h>
#include <pwd.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { NOBODY = 65534 };

/* A number that sudo has left in the environment; root is not meant. */
static bool id_of(const char *variable, uint32_t *ret_id)
{
	const char *const text = getenv(variable);
	uint64_t number;

	if (text == NULL || !span_number(span_text(text), UINT32_MAX - 1, &number) || number == 0)
		return false;
	*ret_id = (uint32_t)number;
	return true;
}

static void choose(uint32_t *ret_user, uint32_t *ret_group)
{
	const struct passwd *nobody;

	if (id_of("SUDO_UID", ret_user) && id_of("SUDO_GID", ret_group))
		return;
	nobody = getpwnam("nobody");
	*ret_user = nobody != NULL ? nobody->pw_uid : NOBODY;
	*ret_group = nobody != NULL ? nobody->pw_gid : NOBODY;
}

static bool change_user(struct error *err)
{
	uint32_t user, group;

	choose(&user, &group);
	if (setgroups(0, NULL) != 0 || setresgid(group, group, group) != 0 ||
	    setresuid(user, user, user) != 0)
		return error_system(err, errno, "cannot give up the privileges of root");
	return true;
}

bool privileges_give_up(struct error *err)
{
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
	const struct __user_cap_data_struct none[_LINUX_CAPABILITY_U32S_3] = { 0 };

	if (geteuid() == 0 && !change_user(err))
		return false;
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 || syscall(SYS_capset, &header, none) != 0)
		return error_system(err, errno, "cannot give up capabilities");
	return true;
}
