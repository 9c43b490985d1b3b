/* include.c: files, directories, and the way that led to them. */
#include "base/file.h"
#include "policy/format.h"
#include "policy/options.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

/* The include statements that led to the file being read, the last first. */
struct include {
	const struct include *from;
	const struct place *at; /* NULL for the first file */
	const char *path;
	unsigned depth;
};

/* A file that was opened: by device and inode, because one file can have many paths. */
struct opened {
	struct source_file file;
	dev_t device;
	ino_t inode;
	struct place at; /* the include that asked for it */
	bool reading;
};

/* Where a problem with a path is reported: at the include statement, or at the path itself. */
static struct diagnostic *path_error(struct parser *p, const char *path, const struct place *at,
				     const char *problem)
{
	struct place place = at != NULL ? *at : source_place(path);

	return at != NULL ? parser_error(p, &place, "'%s': %s", path, problem)
			  : parser_error(p, &place, "%s", problem);
}

/* a.policy:3 -> b.policy:1 -> a.policy */
static const char *chain_text(struct parser *p, const char *path, const struct place *at)
{
	const struct include *link = p->chain;
	const char *text = path;

	while (at != NULL && text != NULL) {
		text = arena_format(p->arena, "%s:%u -> %s", at->file, (unsigned)at->line, text);
		at = link != NULL ? link->at : NULL;
		link = link != NULL ? link->from : NULL;
	}
	return text != NULL ? text : path;
}

static struct opened *find_opened(struct parser *p, const struct stat *info)
{
	for (size_t i = 0; i < p->file_count; i++) {
		/* files[] points to the first member of what open_file() made. */
		struct opened *const opened = (struct opened *)(void *)p->files[i];

		if (opened->device == info->st_dev && opened->inode == info->st_ino)
			return opened;
	}
	return NULL;
}

static bool refuse_again(struct parser *p, const char *path, const struct place *at,
			 const struct opened *known)
{
	struct diagnostic *error;

	if (known->reading) {
		error = path_error(p, path, at, "includes itself");
		parser_fix(p, error, "break the circle: %s", chain_text(p, path, at));
		return false;
	}
	error = path_error(p, path, at, "is included twice");
	parser_fix(p, error, "keep one of the includes");
	if (error != NULL)
		error->other = known->at;
	return false;
}

static bool within_bounds(struct parser *p, const char *path, const struct place *at)
{
	char problem[80];

	if (p->chain != NULL && p->chain->depth >= POLICY_INCLUDE_DEPTH)
		snprintf(problem, sizeof(problem), "is included through more than %d files",
			 POLICY_INCLUDE_DEPTH);
	else if (p->file_count >= POLICY_INCLUDE_FILES)
		snprintf(problem, sizeof(problem), "is one more than the %d files that a policy can have",
			 POLICY_INCLUDE_FILES);
	else
		return true;
	path_error(p, path, at, problem);
	return false;
}

/* The words of an error begin with the path, and so does its place. */
static const char *without_path(const char *text, const char *path)
{
	const size_t length = strlen(path);

	return strncmp(text, path, length) == 0 && strncmp(text + length, ": ", 2) == 0 ? text + length + 2
											: text;
}

static struct opened *open_file(struct parser *p, const char *path, const struct place *at)
{
	struct opened *const opened = arena_alloc(p->arena, sizeof(*opened));
	struct source_file **grown = parser_grow(p, p->files, p->file_count, &p->file_capacity,
						 sizeof(struct source_file *));
	struct error err;
	struct stat info;

	if (opened == NULL || grown == NULL) {
		parser_memory(p);
		return NULL;
	}
	p->files = grown;
	if (!file_read(p->arena, path, POLICY_FILE_LIMIT, &opened->file.text, &err)) {
		path_error(p, path, at, without_path(err.text, path));
		return NULL;
	}
	if (strcmp(path, "-") != 0 && stat(path, &info) == 0) {
		opened->device = info.st_dev;
		opened->inode = info.st_ino;
	}
	opened->file.path = path;
	opened->at = at != NULL ? *at : source_place(path);
	grown[p->file_count++] = &opened->file;
	return opened;
}

static void read_file(struct parser *p, const char *path, const struct place *at)
{
	struct include here = { .from = p->chain, .at = at, .path = path };
	const struct lexer lexer = p->lexer;
	struct source_file *const file = p->file;
	const struct include *const chain = p->chain;
	struct opened *opened;

	if (!within_bounds(p, path, at))
		return;
	opened = open_file(p, path, at);
	if (opened == NULL)
		return;
	here.depth = chain != NULL ? chain->depth + 1 : 1;
	p->chain = &here;
	p->file = &opened->file;
	opened->reading = true;
	parse_file(p);
	opened->reading = false;
	p->chain = chain;
	p->file = file;
	p->lexer = lexer;
}

static void read_once(struct parser *p, const char *path, const struct place *at)
{
	const struct opened *known;
	struct stat info;

	if (strcmp(path, "-") == 0 && at == NULL) {
		read_file(p, path, at);
		return;
	}
	if (stat(path, &info) != 0) {
		path_error(p, path, at, strerror(errno));
		return;
	}
	known = find_opened(p, &info);
	if (known != NULL)
		refuse_again(p, path, at, known);
	else
		read_file(p, path, at);
}

static int is_policy(const struct dirent *entry)
{
	const size_t length = strlen(entry->d_name);

	return entry->d_name[0] != '.' && length > 7 && strcmp(entry->d_name + length - 7, ".policy") == 0;
}

static int by_bytes(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name);
}

static void read_directory(struct parser *p, const char *path, const struct place *at)
{
	struct dirent **entries = NULL;
	const int count = scandir(path, &entries, is_policy, by_bytes);

	if (count < 0)
		path_error(p, path, at, strerror(errno));
	else if (count == 0)
		path_error(p, path, at, "holds no file that ends in .policy");
	for (int i = 0; i < count; i++) {
		const char *const inner = arena_format(p->arena, "%s/%s", path, entries[i]->d_name);

		if (inner == NULL)
			parser_memory(p);
		else
			read_once(p, inner, at);
		free(entries[i]);
	}
	free(entries);
}

void read_path(struct parser *p, const char *path, const struct place *at)
{
	struct stat info;

	if (stat(path, &info) == 0 && S_ISDIR(info.st_mode))
		read_directory(p, path, at);
	else
		read_once(p, path, at);
}

/* A path is meant as seen from the file that names it. */
static const char *beside(struct parser *p, const char *path)
{
	const char *const here = p->file->path;
	const char *const slash = strrchr(here, '/');

	if (path[0] == '/' || slash == NULL)
		return path;
	return arena_format(p->arena, "%.*s/%s", (int)(slash - here), here, path);
}

void parse_include(struct parser *p, struct statement *statement, const struct token *keyword)
{
	const struct token token = *parser_peek(p);
	const char *const text = parse_text(p, "include");
	struct place *place;
	const char *path;

	(void)keyword;
	if (text == NULL || parser_peek(p)->kind != TOKEN_END)
		return;
	if (p->chain == NULL) {
		parser_error(p, &token.place, "'include' needs a policy that is a file");
		return;
	}
	statement->kind = STATEMENT_PLAIN;
	statement->text = text_statement(p->arena, "include", text);
	path = beside(p, text);
	place = parser_keep(p, &token.place, 1, sizeof(token.place));
	if (statement->text == NULL || path == NULL || place == NULL)
		parser_memory(p);
	else
		read_path(p, path, place);
}

struct policy *policy_read(struct arena *arena, const char *path, const struct host_lookup *lookup,
			   struct diagnostics *diagnostics)
{
	struct parser p;
	const char *const kept = arena_text(arena, path);

	if (!parser_begin(&p, arena, diagnostics) || kept == NULL)
		return NULL;
	p.lookup = lookup;
	read_path(&p, kept, NULL);
	return parser_end(&p, kept);
}
