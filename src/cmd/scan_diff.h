/* scan_diff.h: `scan --diff old.json new.json`. */
#ifndef CMD_SCAN_DIFF_H
#define CMD_SCAN_DIFF_H

#include "cmd/command.h"

/* Exit status as diff's: 0 the same, 1 different, 2 trouble. */
int scan_diff(const struct invocation *invocation);

#endif
