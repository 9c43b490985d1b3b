/* ending.h: commands that go on until somebody asks them to end, and then end as they would by themselves:
 * what was read, found or heard so far is shown. */
#ifndef CMD_ENDING_H
#define CMD_ENDING_H

#include <stdbool.h>

/* From now on SIGINT, SIGTERM and SIGHUP ask the command to end; the second of a kind is obeyed at once. A
 * hangup that is ignored, as nohup has it, stays so. */
void ending_heed(void);
bool ending_asked(void);

#endif
