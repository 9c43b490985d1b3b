/* command.h: the sub-commands, as a table. Usage, help, completion and the parsing of options are all made
 * from it, so they cannot disagree. Each command has a file of its own; main.c only dispatches. */
#ifndef CMD_COMMAND_H
#define CMD_COMMAND_H

#include "base/error.h"
#include "base/table.h"

/* Exit status, the same for every command. */
enum {
	STATUS_AGREES = 0,     /* all is as documented */
	STATUS_FINDINGS = 1,   /* findings; for `verdict`: denied */
	STATUS_TROUBLE = 2,    /* usage, policy or system error */
	STATUS_INCOMPLETE = 3, /* no finding, but a view was incomplete */
};

/* What completes an argument in a shell. */
enum completes {
	COMPLETES_NOTHING,
	COMPLETES_FILE,
	COMPLETES_POLICY,
	COMPLETES_WORDS,
	COMPLETES_SERVICE,
	COMPLETES_INTERFACE
};

struct command_option {
	char letter;          /* or 0 */
	const char *name;     /* without the dashes */
	const char *argument; /* "FILE"; NULL for a switch */
	const char *help;     /* one line, lower case, no full stop */
	enum completes completes;
	const char *words; /* for COMPLETES_WORDS, parted by blanks; others are refused */
};

enum { COMMAND_OPTIONS = 24, COMMAND_OPTION_USES = 64 };

/* What the user typed. */
struct invocation {
	const struct command *command;
	struct {
		const struct command_option *option;
		const char *value;
	} uses[COMMAND_OPTION_USES];
	size_t use_count;
	char **arguments; /* what is not an option */
	size_t argument_count;
	bool json;
	enum colour_choice colour;
};

struct command {
	const char *name;
	const char *arguments;                /* "FILE...", for the usage line; NULL for none */
	const char *summary;                  /* one line for `doorward help` */
	const char *description;              /* a paragraph for --help */
	const struct command_option *options; /* ends with a NULL name; command_common() are beside them */
	bool only_text; /* has no events and no colours: of the common options only --help */
	size_t least_arguments, most_arguments;
	enum completes completes; /* the arguments */
	const char *words;
	int (*run)(const struct invocation *invocation);
};

extern const struct command *const commands[]; /* ends with NULL */

/* The options that a command has beside its own; ends with a NULL name. */
const struct command_option *command_common(const struct command *command);

/* Whether the option was given; its last value, or NULL; its nth value, or NULL. */
bool invocation_has(const struct invocation *invocation, const char *name);
const char *invocation_value(const struct invocation *invocation, const char *name);
const char *invocation_nth(const struct invocation *invocation, const char *name, size_t nth);

/* Prints "doorward COMMAND: words" to stderr and returns STATUS_TROUBLE. */
int command_trouble(const struct invocation *invocation, const struct error *err);
int command_usage(const struct invocation *invocation, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* Parses what follows the command's name. False when it was answered already (--help) or refused; *ret_status
 * is what to exit with then. */
bool command_parse(struct invocation *invocation, const struct command *command, int argc, char **argv,
		   int *ret_status);
const struct command *command_named(const char *name);

/* Help and completion, printed from the table. */
void help_overview(FILE *file);
void help_command(FILE *file, const struct command *command);

#endif
