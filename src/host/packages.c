#include "host/packages.h"
#include "base/span.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>

#define LISTS "/var/lib/dpkg/info"
enum { LIST_MOST = 8 << 20, PATH_TEXT = 512 };

/* Before /usr was merged packages had the same files without it. */
static bool names_file(struct span list, const char *path)
{
	static const char usr[] = "/usr";
	const char *const old = strncmp(path, usr, strlen(usr)) == 0 ? path + strlen(usr) : path;

	while (span_left(list) > 0) {
		const struct span line = span_until(&list, '\n');

		if (line.failed)
			return false;
		if (span_is(line, path) || span_is(line, old))
			return true;
	}
	return false;
}

static bool list_names(const char *name, const char *path, char *room)
{
	char place[PATH_TEXT];
	size_t length;
	FILE *file;

	snprintf(place, sizeof(place), LISTS "/%s", name);
	file = fopen(place, "re");
	if (file == NULL)
		return false;
	length = fread(room, 1, LIST_MOST, file);
	fclose(file);
	return names_file(span_of(room, length), path);
}

bool package_of_file(const char *path, char package[static PACKAGE_TEXT])
{
	DIR *const lists = opendir(LISTS);
	char *const room = malloc(LIST_MOST);
	const struct dirent *entry;
	bool found = false;

	while (lists != NULL && room != NULL && !found && (entry = readdir(lists)) != NULL) {
		struct span name = span_text(entry->d_name);
		const size_t colon = span_find(name, ":");

		if (!span_ends(name, ".list") || !list_names(entry->d_name, path, room))
			continue;
		name.end = colon != SIZE_MAX ? name.at + colon : name.end - strlen(".list");
		span_copy_text(name, package, PACKAGE_TEXT);
		found = true;
	}
	free(room);
	if (lists != NULL)
		closedir(lists);
	return found;
}
