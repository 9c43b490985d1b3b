/* doorward help, doorward version: printed from the table of commands. */
#include "cmd/command.h"

enum { NAME_WIDTH = 12, OPTION_WIDTH = 24 };

void help_overview(FILE *file)
{
	fputs("Doorward: which doors of this machine are open, to whom, speaking what, and why.\n\n"
	      "Usage: doorward COMMAND [OPTION...] [ARGUMENT...]\n\n",
	      file);
	for (size_t i = 0; commands[i] != NULL; i++)
		fprintf(file, "  %-*s %s\n", NAME_WIDTH, commands[i]->name, commands[i]->summary);
	fputs("\n'doorward COMMAND --help' explains one of them; 'man doorward' tells the whole.\n"
	      "Exit status: 0 all is as documented, 1 there are findings, 2 trouble, 3 a view was "
	      "incomplete.\n",
	      file);
}

static void print_options(FILE *file, const struct command_option *options)
{
	for (; options != NULL && options->name != NULL; options++) {
		char text[64];

		snprintf(text, sizeof(text), "%c%c%c --%s%s%s", options->letter ? '-' : ' ',
			 options->letter ? options->letter : ' ', options->letter ? ',' : ' ', options->name,
			 options->argument != NULL ? " " : "",
			 options->argument != NULL ? options->argument : "");
		fprintf(file, "  %-*s  %s\n", OPTION_WIDTH, text, options->help);
	}
}

void help_command(FILE *file, const struct command *command)
{
	const struct screen screen = { .file = file, .width = 80 };

	fprintf(file, "Usage: doorward %s [OPTION...]%s%s\n\n", command->name,
		command->arguments != NULL ? " " : "", command->arguments != NULL ? command->arguments : "");
	screen_paragraph(&screen, 0, STYLE_PLAIN,
			 command->description != NULL ? command->description : command->summary);
	fputs("\nOptions:\n", file);
	print_options(file, command->options);
	print_options(file, command_common(command));
}

static int run_help(const struct invocation *invocation)
{
	const struct command *command;

	if (invocation->argument_count == 0) {
		help_overview(stdout);
		return STATUS_AGREES;
	}
	command = command_named(invocation->arguments[0]);
	if (command == NULL)
		return command_usage(invocation, "there is no command '%s'", invocation->arguments[0]);
	help_command(stdout, command);
	return STATUS_AGREES;
}

static int run_version(const struct invocation *invocation)
{
	(void)invocation;
	printf("doorward %s\n", DOORWARD_VERSION);
	return STATUS_AGREES;
}

const struct command command_help = {
	.name = "help",
	.arguments = "[COMMAND]",
	.summary = "this overview, or one command explained",
	.only_text = true,
	.most_arguments = 1,
	.completes = COMPLETES_WORDS,
	.run = run_help,
};

const struct command command_version = {
	.name = "version",
	.summary = "the version of this program",
	.only_text = true,
	.run = run_version,
};
