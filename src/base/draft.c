#include "base/draft.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

bool draft_open(struct draft *draft, const char *path, struct error *err)
{
	const int length = snprintf(draft->temporary, sizeof(draft->temporary), "%s.XXXXXX", path);
	int fd;

	draft->file = NULL;
	if (length < 0 || (size_t)length >= sizeof(draft->temporary))
		return error_system(err, ENAMETOOLONG, "%s", path);
	memcpy(draft->path, path, strlen(path) + 1);
	fd = mkstemp(draft->temporary);
	if (fd < 0)
		return error_system(err, errno, "%s", path);
	draft->file = fdopen(fd, "w");
	if (draft->file != NULL)
		return true;
	error_system(err, errno, "%s", path);
	(void)close(fd);
	(void)unlink(draft->temporary);
	return false;
}

static bool put_in_place(struct draft *draft, bool settled, struct error *err)
{
	FILE *const file = draft->file;
	bool whole = fflush(file) == 0 && ferror(file) == 0 && (!settled || fsync(fileno(file)) == 0);
	int error = errno;

	draft->file = NULL;
	if (fclose(file) != 0 && whole) {
		whole = false;
		error = errno;
	}
	if (whole && rename(draft->temporary, draft->path) == 0)
		return true;
	if (whole)
		error = errno;
	(void)unlink(draft->temporary);
	return error_system(err, error, "%s", draft->path);
}

bool draft_keep(struct draft *draft, struct error *err)
{
	return put_in_place(draft, true, err);
}

bool draft_place(struct draft *draft, struct error *err)
{
	return put_in_place(draft, false, err);
}

void draft_drop(struct draft *draft)
{
	if (draft->file == NULL)
		return;
	(void)fclose(draft->file);
	(void)unlink(draft->temporary);
	draft->file = NULL;
}
