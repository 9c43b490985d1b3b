#include "cmd/command.h"
#include "base/suggest.h"

#include <getopt.h>
#include <stdarg.h>
#include <stdlib.h>

enum { FIRST_LONG = 256 }; /* getopt's values of options that have no letter */

enum { COMMON_JSON, COMMON_COLOUR, COMMON_HELP, COMMON_END };

static const struct command_option common_options[] = {
	[COMMON_JSON] = { .name = "json", .help = "print one JSON event a line instead of text for people" },
	[COMMON_COLOUR] = { .name = "color",
			    .argument = "WHEN",
			    .help = "colour the text: auto, always or never",
			    .completes = COMPLETES_WORDS,
			    .words = "auto always never" },
	[COMMON_HELP] = { .letter = 'h', .name = "help", .help = "show this help" },
	[COMMON_END] = { 0 },
};

extern const struct command command_apply;
extern const struct command command_attempts;
extern const struct command command_check;
extern const struct command command_completion;
extern const struct command command_confirm;
extern const struct command command_explain;
extern const struct command command_harden;
extern const struct command command_help;
extern const struct command command_history;
extern const struct command command_learn;
extern const struct command command_lint;
extern const struct command command_plan;
extern const struct command command_read;
extern const struct command command_refresh;
extern const struct command command_report;
extern const struct command command_scan;
extern const struct command command_sockets;
extern const struct command command_status;
extern const struct command command_undo;
extern const struct command command_verdict;
extern const struct command command_version;
extern const struct command command_watch;

const struct command *const commands[] = {
	/* clang-format off */ /* one a line */
	&command_apply,
	&command_attempts,
	&command_check,
	&command_completion,
	&command_confirm,
	&command_explain,
	&command_harden,
	&command_help,
	&command_history,
	&command_refresh,
	&command_learn,
	&command_lint,
	&command_plan,
	&command_read,
	&command_report,
	&command_scan,
	&command_sockets,
	&command_status,
	&command_undo,
	&command_verdict,
	&command_version,
	&command_watch,
	NULL,
	/* clang-format on */
};

const struct command *command_named(const char *name)
{
	for (size_t i = 0; commands[i] != NULL; i++) {
		if (strcmp(commands[i]->name, name) == 0)
			return commands[i];
	}
	return NULL;
}

const struct command_option *command_common(const struct command *command)
{
	return &common_options[command->only_text ? COMMON_HELP : COMMON_JSON];
}

const char *invocation_nth(const struct invocation *invocation, const char *name, size_t nth)
{
	for (size_t i = 0; i < invocation->use_count; i++) {
		if (strcmp(invocation->uses[i].option->name, name) == 0 && nth-- == 0)
			return invocation->uses[i].value;
	}
	return NULL;
}

bool invocation_has(const struct invocation *invocation, const char *name)
{
	return invocation_nth(invocation, name, 0) != NULL;
}

const char *invocation_value(const struct invocation *invocation, const char *name)
{
	const char *last = NULL, *value;

	for (size_t n = 0; (value = invocation_nth(invocation, name, n)) != NULL; n++)
		last = value;
	return last;
}

static int say(const struct invocation *invocation, const char *text)
{
	const struct screen screen = screen_of(stderr, COLOUR_NEVER);

	fprintf(stderr, "doorward %s: ", invocation->command->name);
	screen_print(&screen, STYLE_PLAIN, text);
	fputc('\n', stderr);
	return STATUS_TROUBLE;
}

int command_trouble(const struct invocation *invocation, const struct error *err)
{
	return say(invocation, err->text);
}

int command_usage(const struct invocation *invocation, const char *format, ...)
{
	struct error err;
	va_list list;

	va_start(list, format);
	vsnprintf(err.text, sizeof(err.text), format, list);
	va_end(list);
	say(invocation, err.text);
	fprintf(stderr, "See 'doorward %s --help'.\n", invocation->command->name);
	return STATUS_TROUBLE;
}

/* The options of a command as getopt_long wants them. */
struct getopt_form {
	const struct command_option *options[COMMAND_OPTIONS];
	struct option longs[COMMAND_OPTIONS + 1];
	char letters[2 * COMMAND_OPTIONS + 3];
	size_t count;
};

static void add_options(struct getopt_form *form, const struct command_option *options)
{
	char *letter = form->letters + strlen(form->letters);

	for (; options != NULL && options->name != NULL && form->count < COMMAND_OPTIONS; options++) {
		form->longs[form->count] = (struct option){
			.name = options->name,
			.has_arg = options->argument != NULL ? required_argument : no_argument,
			.val = FIRST_LONG + (int)form->count,
		};
		form->options[form->count++] = options;
		if (options->letter == 0)
			continue;
		*letter++ = options->letter;
		if (options->argument != NULL)
			*letter++ = ':';
		*letter = '\0';
	}
}

static const struct command_option *chosen(const struct getopt_form *form, int value)
{
	if (value >= FIRST_LONG)
		return form->options[value - FIRST_LONG];
	for (size_t i = 0; i < form->count; i++) {
		if (form->options[i]->letter == value)
			return form->options[i];
	}
	return NULL;
}

static bool is_word_of(const char *words, const char *value)
{
	const size_t length = strlen(value);

	for (const char *at = words; at != NULL; at = strchr(at, ' ')) {
		at += *at == ' ';
		if (length > 0 && strncmp(at, value, length) == 0 &&
		    (at[length] == ' ' || at[length] == '\0'))
			return true;
	}
	return false;
}

static void apply_common(struct invocation *invocation, const struct command_option *option,
			 const char *value)
{
	if (strcmp(option->name, "json") == 0)
		invocation->json = true;
	else if (strcmp(option->name, "color") == 0)
		invocation->colour = strcmp(value, "always") == 0  ? COLOUR_ALWAYS
				     : strcmp(value, "never") == 0 ? COLOUR_NEVER
								   : COLOUR_AUTO;
}

static bool use_option(struct invocation *invocation, const struct command_option *option, const char *value)
{
	if (option->words != NULL && option->completes == COMPLETES_WORDS &&
	    !is_word_of(option->words, value)) {
		command_usage(invocation, "--%s: '%s' is none of: %s", option->name, value, option->words);
		return false;
	}
	if (invocation->use_count == COMMAND_OPTION_USES) {
		command_usage(invocation, "too many options");
		return false;
	}
	invocation->uses[invocation->use_count].option = option;
	invocation->uses[invocation->use_count++].value = value;
	apply_common(invocation, option, value);
	return true;
}

static bool refuse_option(struct invocation *invocation, const struct getopt_form *form, int kind,
			  char **argv)
{
	const char *const typed = argv[optind - 1];
	struct suggestion near = { .typed = typed + strspn(typed, "-") };

	if (kind == ':') {
		command_usage(invocation, "%s needs a value", typed);
		return false;
	}
	if (strncmp(typed, "--", 2) != 0) {
		command_usage(invocation, "there is no option -%c", optopt);
		return false;
	}
	for (size_t i = 0; i < form->count; i++)
		suggest_offer(&near, form->options[i]->name);
	if (near.best != NULL)
		command_usage(invocation, "there is no option %s; did you mean --%s?", typed, near.best);
	else
		command_usage(invocation, "there is no option %s", typed);
	return false;
}

static bool check_count(struct invocation *invocation)
{
	const struct command *const command = invocation->command;

	if (invocation->argument_count < command->least_arguments) {
		command_usage(invocation, "%s is missing", command->arguments);
		return false;
	}
	if (invocation->argument_count > command->most_arguments) {
		command_usage(invocation, "'%s' is one argument too many",
			      invocation->arguments[command->most_arguments]);
		return false;
	}
	return true;
}

bool command_parse(struct invocation *invocation, const struct command *command, int argc, char **argv,
		   int *ret_status)
{
	struct getopt_form form = { .letters = ":" };
	int value;

	*ret_status = STATUS_TROUBLE;
	invocation->command = command;
	add_options(&form, command->options);
	add_options(&form, command_common(command));
	opterr = 0;
	while ((value = getopt_long(argc, argv, form.letters, form.longs, NULL)) != -1) {
		const struct command_option *const option = chosen(&form, value);

		if (option == NULL)
			return refuse_option(invocation, &form, value, argv);
		if (strcmp(option->name, "help") == 0) {
			help_command(stdout, command);
			*ret_status = STATUS_AGREES;
			return false;
		}
		if (!use_option(invocation, option, option->argument != NULL ? optarg : ""))
			return false;
	}
	invocation->arguments = argv + optind;
	invocation->argument_count = (size_t)(argc - optind);
	return check_count(invocation);
}
