/* doorward completion: what a shell needs to complete a command line, made from the table of commands. */
#include "cmd/command.h"

static void print_words(const struct command_option *options)
{
	for (; options != NULL && options->name != NULL; options++) {
		if (options->letter != 0)
			printf("-%c ", options->letter);
		printf("--%s ", options->name);
	}
}

static void print_values_bash(const struct command_option *options)
{
	for (; options != NULL && options->name != NULL; options++) {
		if (options->argument == NULL)
			continue;
		printf("\t\t--%s", options->name);
		if (options->letter != 0)
			printf("|-%c", options->letter);
		if (options->words != NULL)
			printf(") COMPREPLY=($(compgen -W '%s' -- \"$word\")); return;;\n", options->words);
		else if (options->completes == COMPLETES_INTERFACE)
			puts(") COMPREPLY=($(compgen -W \"$(ls /sys/class/net)\" -- \"$word\")); return;;");
		else
			puts(") COMPREPLY=($(compgen -f -- \"$word\")); return;;");
	}
}

static void bash(void)
{
	puts("# bash completion of doorward\n_doorward()\n{\n"
	     "\tlocal word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD-1]}\n"
	     "\tif [ \"$COMP_CWORD\" = 1 ]; then");
	fputs("\t\tCOMPREPLY=($(compgen -W '", stdout);
	for (size_t i = 0; commands[i] != NULL; i++)
		printf("%s ", commands[i]->name);
	puts("' -- \"$word\")); return\n\tfi\n\tcase ${COMP_WORDS[1]} in");
	for (size_t i = 0; commands[i] != NULL; i++) {
		printf("\t%s)\n\t\tcase $before in\n", commands[i]->name);
		print_values_bash(commands[i]->options);
		print_values_bash(command_common(commands[i]));
		puts("\t\tesac");
		fputs("\t\tcase $word in -*) COMPREPLY=($(compgen -W '", stdout);
		print_words(commands[i]->options);
		print_words(command_common(commands[i]));
		puts("' -- \"$word\")); return;; esac");
		if (commands[i]->words != NULL)
			printf("\t\tCOMPREPLY=($(compgen -W '%s' -- \"$word\"));;\n", commands[i]->words);
		else if (commands[i]->most_arguments > 0)
			puts("\t\tCOMPREPLY=($(compgen -f -- \"$word\"));;");
		else
			puts("\t\t;;");
	}
	puts("\tesac\n}\ncomplete -F _doorward doorward");
}

static void zsh_options(const struct command_option *options)
{
	for (; options != NULL && options->name != NULL; options++) {
		printf(" '--%s[%s]", options->name, options->help);
		if (options->words != NULL)
			printf(":%s:(%s)", options->argument, options->words);
		else if (options->completes == COMPLETES_INTERFACE)
			printf(":%s:_net_interfaces", options->argument);
		else if (options->argument != NULL)
			printf(":%s:_files", options->argument);
		fputs("'", stdout);
	}
}

static void zsh(void)
{
	puts("#compdef doorward\n_doorward() {\n\tlocal -a names=(");
	for (size_t i = 0; commands[i] != NULL; i++)
		printf("\t\t'%s:%s'\n", commands[i]->name, commands[i]->summary);
	puts("\t)\n\tif (( CURRENT == 2 )); then _describe command names; return; fi\n"
	     "\tlocal name=$words[2]\n\tshift words; (( CURRENT-- ))\n\tcase $name in");
	for (size_t i = 0; commands[i] != NULL; i++) {
		printf("\t%s) _arguments", commands[i]->name);
		zsh_options(commands[i]->options);
		zsh_options(command_common(commands[i]));
		if (commands[i]->words != NULL)
			printf(" '*:argument:(%s)'", commands[i]->words);
		else if (commands[i]->most_arguments > 0)
			fputs(" '*:argument:_files'", stdout);
		puts(";;");
	}
	puts("\tesac\n}\n_doorward \"$@\"");
}

static void fish_options(const char *command, const struct command_option *options)
{
	for (; options != NULL && options->name != NULL; options++) {
		printf("complete -c doorward -n '__fish_seen_subcommand_from %s' -l %s", command,
		       options->name);
		if (options->letter != 0)
			printf(" -s %c", options->letter);
		if (options->words != NULL)
			printf(" -x -a '%s'", options->words);
		else if (options->argument != NULL)
			fputs(" -r -F", stdout);
		printf(" -d '%s'\n", options->help);
	}
}

static void fish(void)
{
	puts("# fish completion of doorward\ncomplete -c doorward -f");
	for (size_t i = 0; commands[i] != NULL; i++) {
		printf("complete -c doorward -n __fish_use_subcommand -a %s -d '%s'\n", commands[i]->name,
		       commands[i]->summary);
		fish_options(commands[i]->name, commands[i]->options);
		fish_options(commands[i]->name, command_common(commands[i]));
		if (commands[i]->words != NULL)
			printf("complete -c doorward -n '__fish_seen_subcommand_from %s' -a '%s'\n",
			       commands[i]->name, commands[i]->words);
		else if (commands[i]->most_arguments > 0)
			printf("complete -c doorward -n '__fish_seen_subcommand_from %s' -F\n",
			       commands[i]->name);
	}
}

static int run(const struct invocation *invocation)
{
	static const struct {
		const char *shell;
		void (*print)(void);
	} shells[] = { { "bash", bash }, { "zsh", zsh }, { "fish", fish } };

	for (size_t i = 0; i < sizeof(shells) / sizeof(shells[0]); i++) {
		if (strcmp(shells[i].shell, invocation->arguments[0]) == 0) {
			shells[i].print();
			return STATUS_AGREES;
		}
	}
	return command_usage(invocation, "'%s' is none of: bash, zsh, fish", invocation->arguments[0]);
}

const struct command command_completion = {
	.name = "completion",
	.arguments = "SHELL",
	.summary = "completion of command lines for bash, zsh or fish",
	.description =
		"Prints a script that completes Doorward's commands, options and their values in a shell: "
		"'source <(doorward completion bash)' for this one; 'make install' puts the scripts where "
		"the shells look for them.",
	.only_text = true,
	.least_arguments = 1,
	.most_arguments = 1,
	.completes = COMPLETES_WORDS,
	.words = "bash zsh fish",
	.run = run,
};
