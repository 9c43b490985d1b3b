/* nbdgm.h: what the files about the NetBIOS datagram service share: nbdgm.c reads datagrams, nbdgm_browser.c
 * the mail of the computer browser in them. */
#ifndef PROTOCOLS_NBDGM_H
#define PROTOCOLS_NBDGM_H

#include "base/json.h"
#include "base/span.h"

enum { BROWSER_NAME = 48, MAILSLOT_NAME = 48 };

/* What is in the mail, "" and 0 where it is not told. */
struct browser {
	char mailslot[MAILSLOT_NAME]; /* "\MAILSLOT\BROWSE" */
	uint8_t command;              /* 0: it is not the browser's */
	bool announces;               /* major, minor and kinds were told */
	char host[BROWSER_NAME], group[BROWSER_NAME], comment[BROWSER_NAME];
	uint8_t major, minor; /* version of the operating system */
	uint32_t kinds;       /* MS-RAP 2.3.8, SV_TYPE_ */
};

/* Reads a message of SMB, as a datagram carries it, into zeros. */
void nbdgm_read_mail(struct span message, struct browser *browser);

/* Members of the event. */
void nbdgm_emit_mail(struct json *json, const struct browser *browser);

#endif
