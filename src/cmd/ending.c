#include "cmd/ending.h"

#include <signal.h>

static volatile sig_atomic_t asked_to_end;

static void ask_to_end(int number)
{
	(void)number;
	asked_to_end = 1;
}

void ending_heed(void)
{
	/* What is being written to a slow reader is written to its end. */
	struct sigaction action = { .sa_handler = ask_to_end, .sa_flags = (int)(SA_RESETHAND | SA_RESTART) };
	struct sigaction before;

	sigemptyset(&action.sa_mask);
	sigaction(SIGINT, &action, NULL);
	sigaction(SIGTERM, &action, NULL);
	if (sigaction(SIGHUP, NULL, &before) == 0 && before.sa_handler != SIG_IGN)
		sigaction(SIGHUP, &action, NULL);
}

bool ending_asked(void)
{
	return asked_to_end != 0;
}
