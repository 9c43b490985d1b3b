/* Doorward: a guard for ports, protocols and services. This file dispatches; each command has its own. */
#include "base/suggest.h"
#include "cmd/command.h"

#include <fcntl.h>
#include <langinfo.h>
#include <locale.h>
#include <unistd.h>

/* Widths of characters need a UTF-8 locale; what is printed is UTF-8 in any. */
static void use_utf8(void)
{
	setlocale(LC_CTYPE, "");
	if (strcmp(nl_langinfo(CODESET), "UTF-8") != 0)
		setlocale(LC_CTYPE, "C.UTF-8");
}

static int unknown_command(const char *name)
{
	struct suggestion near = { .typed = name };
	const struct screen screen = screen_of(stderr, COLOUR_AUTO);

	for (size_t i = 0; commands[i] != NULL; i++)
		suggest_offer(&near, commands[i]->name);
	fputs("doorward: there is no command '", stderr);
	screen_print(&screen, STYLE_PLAIN, name);
	fputs("'", stderr);
	if (near.best != NULL)
		fprintf(stderr, "; did you mean '%s'?\n", near.best);
	else
		fputs("; 'doorward help' lists the commands\n", stderr);
	return STATUS_TROUBLE;
}

/* A standard file that the caller closed would be the next file that is opened, and what is printed would go
 * there. In its place stands one that refuses what it is asked. */
static void hold_standard_files(void)
{
	for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++) {
		if (fcntl(fd, F_GETFD) < 0 &&
		    open("/dev/null", fd == STDIN_FILENO ? O_WRONLY : O_RDONLY) != fd)
			_exit(STATUS_TROUBLE);
	}
}

/* A file or a pipe gets whole blocks, which begin where its pages do: the kernel takes them a fifth more
 * quickly than what happens to be there. */
static void print_in_blocks(void)
{
	static char block[1 << 16];

	if (!isatty(STDOUT_FILENO))
		(void)setvbuf(stdout, block, _IOFBF, sizeof(block));
}

/* What was printed may still be on its way: a full disk shows only here. Trouble has been told already. */
static int finish(int status)
{
	if (status != STATUS_TROUBLE && (fflush(stdout) != 0 || ferror(stdout))) {
		perror("doorward: standard output");
		return STATUS_TROUBLE;
	}
	return status;
}

/* The usual flags are commands as well. */
static const char *name_of(const char *word)
{
	if (strcmp(word, "-h") == 0 || strcmp(word, "--help") == 0)
		return "help";
	if (strcmp(word, "-V") == 0 || strcmp(word, "--version") == 0)
		return "version";
	return word;
}

int main(int argc, char **argv)
{
	struct invocation invocation = { 0 };
	const struct command *command;
	int status;

	hold_standard_files();
	print_in_blocks();
	use_utf8();
	if (argc < 2) {
		help_overview(stderr);
		return STATUS_TROUBLE;
	}
	command = command_named(name_of(argv[1]));
	if (command == NULL)
		return unknown_command(argv[1]);
	if (!command_parse(&invocation, command, argc - 1, argv + 1, &status))
		return finish(status);
	return finish(command->run(&invocation));
}
