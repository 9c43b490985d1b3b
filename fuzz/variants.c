/* Damaged captures, each given to `doorward read` as the command line gives it, all in one process:
 *
 *     variants flip COUNT SEED PATH...    COUNT captures, drawn from the paths, with a few octets changed
 *     variants cut STEP LIMIT PATH...     each capture of up to LIMIT octets, ended at each STEPth length
 *     variants edges LIMIT PATH...        each larger one, ended around the headers and at both its ends
 *
 * Folders are searched for *.pcap*. Every reading must end within a bound of time and with one of the four
 * exit statuses, say what it could not do in one line that names the file, and tell nothing but JSON; a
 * capture that ends within a record is incomplete, and one that ends behind a record is what it was. In the
 * end memory must have stayed within its bound. What breaks this is left in ./variant.pcap, and named. Built
 * with the sanitizers, it is what they see that counts.
 *
 * Run with the same words it does the same: a variant depends on SEED and its number alone. */
#include "base/hash.h"
#include "cmd/command.h"
#include "records.h"

#include <fcntl.h>
#include <ftw.h>
#include <inttypes.h>
#include <jansson.h>
#include <locale.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

enum {
	PATHS_MOST = 4096,
	SECONDS_MOST = 60,         /* for one reading, on a machine that is busy */
	MEMORY_MOST = 1024 * 1024, /* KiB resident, of which the sanitizers take most */
	CHANGES_MOST = 8,
	MARK = 4, /* octets that tell what a capture is */
	EDGE = 64,
	CAPTURE_MOST = 16 << 20,
	HEADER = 32, /* of a record, at most, with what of its frame a reader looks at first */
};

/* ---- what is read ---- */

static char *paths[PATHS_MOST];
static size_t path_count;
static off_t size_least, size_most = 2 << 20;

static int note_path(const char *path, const struct stat *facts, int what)
{
	if (what == FTW_F && strstr(path, ".pcap") != NULL && facts->st_size >= size_least &&
	    facts->st_size <= size_most && path_count < PATHS_MOST)
		paths[path_count++] = strdup(path);
	return 0;
}

static int compare_paths(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static bool find_paths(char **roots, int count)
{
	for (int i = 0; i < count; i++)
		if (ftw(roots[i], note_path, 16) != 0)
			perror(roots[i]);
	qsort(paths, path_count, sizeof(*paths), compare_paths);
	return path_count > 0;
}

/* The file in memory that holds the variant, and its name. */
static int variant_fd;
static char variant_path[64];
static char variant_name[4200]; /* for whoever has to look for it */

static void write_all(int fd, const uint8_t *bytes, size_t length)
{
	for (size_t done = 0; done < length;) {
		const ssize_t now = pwrite(fd, bytes + done, length - done, (off_t)done);

		if (now <= 0)
			abort();
		done += (size_t)now;
	}
}

static uint8_t *read_file(const char *path, size_t *ret_length)
{
	FILE *const file = fopen(path, "rb");
	uint8_t *const bytes = malloc((size_t)size_most + 1);

	if (file == NULL || bytes == NULL) {
		perror(path);
		exit(2);
	}
	*ret_length = fread(bytes, 1, (size_t)size_most, file);
	fclose(file);
	return bytes;
}

static void keep_variant(void)
{
	const int fd = open("variant.pcap", O_WRONLY | O_CREAT | O_TRUNC, 0600);
	uint8_t piece[4096];
	ssize_t length;

	for (off_t at = 0; (length = pread(variant_fd, piece, sizeof(piece), at)) > 0; at += length)
		if (write(fd, piece, (size_t)length) != length)
			break;
	close(fd);
	dprintf(STDERR_FILENO, "variants: %s, kept in variant.pcap\n", variant_name);
}

static void on_death(int number)
{
	dprintf(STDERR_FILENO, "variants: %s\n", number == SIGALRM ? "it does not end" : "it died");
	keep_variant();
	_exit(1);
}

static void fail(const char *what, const char *text)
{
	dprintf(STDERR_FILENO, "variants: %s\n%s\n", what, text);
	keep_variant();
	exit(1);
}

/* ---- one reading ---- */

/* A reading that is asked to end ends, and so would all behind it. Here it is all of them that end. */
static void hold_signals(void)
{
	sigset_t held;

	sigemptyset(&held);
	sigaddset(&held, SIGINT);
	sigaddset(&held, SIGTERM);
	sigprocmask(SIG_BLOCK, &held, NULL);
}

static void heed_signals(void)
{
	sigset_t waiting;

	if (sigpending(&waiting) == 0 && (sigismember(&waiting, SIGINT) || sigismember(&waiting, SIGTERM)))
		_exit(2);
}

static void check_json(const char *told, size_t length)
{
	for (const char *line = told; line < told + length;) {
		const char *const end = memchr(line, '\n', (size_t)(told + length - line));
		json_t *value;

		if (end == NULL)
			fail("a line without an end", line);
		value = json_loadb(line, (size_t)(end - line), JSON_ALLOW_NUL | JSON_REJECT_DUPLICATES, NULL);
		if (!json_is_object(value))
			fail("a line that is no JSON", line);
		json_decref(value);
		line = end + 1;
	}
}

static void check_words(int status, const char *words, size_t length)
{
	if (status < STATUS_AGREES || status > STATUS_INCOMPLETE)
		fail("an exit status that is none", words);
	if ((status == STATUS_TROUBLE) != (length > 0))
		fail("trouble without words, or words without trouble", words);
	if (length > 0 && (strstr(words, variant_path) == NULL || strchr(words, '\n') != words + length - 1))
		fail("words that are not one line with the file's name", words);
}

static int read_variant(uint64_t nth)
{
	static const char *const ways[][2] = {
		{ "--json", "--memory=16M" },
		{ "--checksums", "--memory=16M" },
		{ "--json", "--workers=2" },
		{ "--flows", "--memory=16M" },
	};
	const char *const *const way = ways[nth % 8 == 7 ? 1 + nth / 8 % 3 : 0];
	char *words_typed[] = { (char *)"read", (char *)way[0], (char *)way[1], variant_path };
	FILE *const screen = stdout, *const errors = stderr;
	char *told, *words;
	size_t told_length, words_length;
	struct invocation invocation = { 0 };
	int status;

	stdout = open_memstream(&told, &told_length);
	stderr = open_memstream(&words, &words_length);
	heed_signals();
	alarm(SECONDS_MOST);
	if (stdout == NULL || stderr == NULL ||
	    !command_parse(&invocation, command_named("read"), 4, words_typed, &status))
		abort();
	status = invocation.command->run(&invocation);
	alarm(0);
	fclose(stdout);
	fclose(stderr);
	stdout = screen;
	stderr = errors;
	check_words(status, words, words_length);
	if (invocation.json)
		check_json(told, told_length);
	free(told);
	free(words);
	return status;
}

/* ---- damage ---- */

static uint64_t chance_state;

static uint64_t chance(uint64_t below)
{
	chance_state += 0x9e3779b97f4a7c15u;
	return hash_number(chance_state) % below;
}

/* Most changes are where the heads are; one in eight cuts the end off, too. */
static size_t damage(uint8_t *bytes, size_t length)
{
	static const uint8_t bounds[] = { 0, 1, 0x7f, 0x80, 0xff };

	for (uint64_t changes = 1 + chance(CHANGES_MOST); changes > 0; changes--) {
		uint8_t *const at = bytes + chance(chance(2) == 0 && length > 256 ? 256 : length);

		switch (chance(3)) {
		case 0: *at ^= (uint8_t)(1u << chance(8)); break;
		case 1: *at = bounds[chance(sizeof(bounds))]; break;
		default: *at = (uint8_t)chance(256); break;
		}
	}
	return chance(8) == 0 ? (size_t)chance(length + 1) : length;
}

static uint64_t flip(uint64_t count, uint64_t seed)
{
	for (uint64_t nth = 0; nth < count; nth++) {
		const char *path;
		uint8_t *bytes;
		size_t length;

		chance_state = hash_number(seed) + nth * 0x5851f42d4c957f2du;
		path = paths[chance(path_count)];
		bytes = read_file(path, &length);
		if (length > 0)
			length = damage(bytes, length);
		snprintf(variant_name, sizeof(variant_name), "variant %" PRIu64 " of seed %" PRIu64 ", of %s",
			 nth, seed, path);
		if (ftruncate(variant_fd, 0) != 0)
			abort();
		write_all(variant_fd, bytes, length);
		free(bytes);
		read_variant(nth);
	}
	return count;
}

/* Findings come before all else; what they leave open is whether the end was seen to be missing. Of what is
 * compressed an end is an end only where all that was packed is at hand. */
static void judge_cut(const struct records *records, size_t at, size_t length, int status, int of_whole)
{
	const bool whole = records->packed ? at == length : records_end_at(records, at);

	if (at < MARK && status != STATUS_TROUBLE)
		fail("what is no capture is not refused", "");
	if (status == STATUS_TROUBLE && at >= MARK && !records->packed && of_whole != STATUS_TROUBLE)
		fail("a capture is refused", "");
	if (status == STATUS_AGREES && !whole)
		fail("what is missing at the end is not told", "");
	if (status == STATUS_INCOMPLETE && whole && of_whole != STATUS_INCOMPLETE)
		fail("something is said to be missing, and is not", "");
}

static int read_cut(const char *path, size_t at)
{
	snprintf(variant_name, sizeof(variant_name), "the first %zu octets of %s", at, path);
	if (ftruncate(variant_fd, (off_t)at) != 0)
		abort();
	return read_variant(at);
}

static bool is_edge(const struct records *records, size_t at, size_t length)
{
	if (at < EDGE || length - at < EDGE)
		return true;
	for (size_t before = 0; before < HEADER; before++)
		if (records_end_at(records, at - before) ||
		    (before < 2 && records_end_at(records, at + before)))
			return true;
	return false;
}

/* From the end to the beginning, so that the file needs only to be made shorter. */
static uint64_t cut_one(const char *path, size_t step, bool edges)
{
	static struct records records;
	uint64_t count = 0;
	size_t length;
	uint8_t *const bytes = read_file(path, &length);
	int of_whole = -1;

	records_find(&records, bytes, length);
	write_all(variant_fd, bytes, length);
	free(bytes);
	for (size_t at = length; at <= length; at -= step) {
		int status;

		if (edges && !is_edge(&records, at, length))
			continue;
		status = read_cut(path, at);
		if (of_whole < 0)
			of_whole = status;
		judge_cut(&records, at, length, status, of_whole);
		count++;
	}
	return count;
}

static uint64_t cut(size_t step, bool edges)
{
	uint64_t count = 0;

	for (size_t i = 0; i < path_count; i++)
		count += cut_one(paths[i], step, edges);
	return count;
}

/* What the sanitizers find ends the program so that the variant can be kept. */
const char *__asan_default_options(void);
const char *__ubsan_default_options(void);

const char *__asan_default_options(void)
{
	return "abort_on_error=1:handle_abort=0:quarantine_size_mb=16:clear_shadow_mmap_threshold=2000000000";
}

const char *__ubsan_default_options(void)
{
	return "halt_on_error=1:abort_on_error=1:print_stacktrace=1";
}

static void prepare(void)
{
	setlocale(LC_CTYPE, "C.UTF-8");
	(void)prctl(PR_SET_THP_DISABLE, 1, 0, 0, 0); /* large pages would be cleared for each reading */
	hold_signals();
	signal(SIGABRT, on_death);
	signal(SIGALRM, on_death);
	variant_fd = memfd_create("variant", 0);
	snprintf(variant_path, sizeof(variant_path), "/proc/self/fd/%d", variant_fd);
}

static uint64_t run(const char *how, const char *const *numbers)
{
	const uint64_t first = strtoull(numbers[0], NULL, 10), second = strtoull(numbers[1], NULL, 10);

	if (strcmp(how, "flip") == 0)
		return flip(first, second);
	return cut(first > 0 && strcmp(how, "cut") == 0 ? (size_t)first : 1, strcmp(how, "edges") == 0);
}

/* Which captures: flips and cuts take the smaller ones, edges those that are too large to be cut everywhere.
 */
static bool choose(const char *how, char **words, int count)
{
	const bool edges = strcmp(how, "edges") == 0;

	if (strcmp(how, "cut") == 0)
		size_most = (off_t)strtoull(words[1], NULL, 10);
	if (edges) {
		size_least = (off_t)strtoull(words[0], NULL, 10) + 1;
		size_most = CAPTURE_MOST;
	}
	return find_paths(words + (edges ? 1 : 2), count - (edges ? 1 : 2));
}

static bool is_asked_well(int argc, char **argv)
{
	if (argc < 4)
		return false;
	return strcmp(argv[1], "edges") == 0 ||
	       (argc > 4 && (strcmp(argv[1], "flip") == 0 || strcmp(argv[1], "cut") == 0));
}

int main(int argc, char **argv)
{
	struct rusage usage;
	uint64_t count;

	if (!is_asked_well(argc, argv)) {
		fputs("usage: variants flip COUNT SEED PATH...\n"
		      "       variants cut STEP LIMIT PATH...\n"
		      "       variants edges LIMIT PATH...\n",
		      stderr);
		return 2;
	}
	prepare();
	if (!choose(argv[1], argv + 2, argc - 2)) {
		fputs("variants: no capture\n", stderr);
		return 2;
	}
	count = run(argv[1], (const char *const *)argv + 2);
	getrusage(RUSAGE_SELF, &usage);
	printf("%" PRIu64 " readings of %zu captures, %ld MiB at most\n", count, path_count,
	       usage.ru_maxrss >> 10);
	return usage.ru_maxrss <= MEMORY_MOST ? 0 : 1;
}
