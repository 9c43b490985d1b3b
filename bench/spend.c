/* spend: what a command costs by itself. `spend RESULT COMMAND...` runs it and writes into the file RESULT
 * its seconds of CPU, user's and system's together, those by the clock, the most memory that it had in KB,
 * and its exit status (-1 if a signal ended it).
 *
 * The kernel counts in a process the memory of the one that it was forked from, until it executes: a launcher
 * as large as an interpreter would hide what a small command takes. */
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static double seconds(struct timeval time)
{
	return (double)time.tv_sec + (double)time.tv_usec / 1e6;
}

static double now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

int main(int argc, char **argv)
{
	FILE *const result = argc > 2 ? fopen(argv[1], "we") : NULL;
	const double began = now();
	struct rusage usage;
	int status;
	pid_t child;

	if (result == NULL) {
		fputs("usage: spend RESULT COMMAND...\n", stderr);
		return EXIT_FAILURE;
	}
	child = fork();
	if (child == 0) {
		execv(argv[2], argv + 2);
		perror(argv[2]);
		_exit(127);
	}
	if (child < 0 || wait4(child, &status, 0, &usage) != child) {
		perror("spend");
		return EXIT_FAILURE;
	}
	fprintf(result, "%.6f %.6f %ld %d\n", seconds(usage.ru_utime) + seconds(usage.ru_stime),
		now() - began, usage.ru_maxrss, WIFEXITED(status) ? WEXITSTATUS(status) : -1);
	return fclose(result) == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
