/* knock.h: asks the servers behind open doors what they speak. All conversations run side by side on one
 * event loop and are bounded in bytes and time; the protocols' own recognisers and probes do the talking.
 *
 * At each door it first listens, then greets: with the protocol that the port suggests, with TLS, and then
 * with the others; inside TLS the same again. A door that sends nothing is silent; what it speaks is not
 * guessed. Printers and other doors that act on any bytes (knock_is_forbidden) are never spoken to. */
#ifndef SCAN_KNOCK_H
#define SCAN_KNOCK_H

#include "base/error.h"
#include "protocols/protocols.h"
#include "scan/products.h"

enum { KNOCK_EVIDENCE = 64, KNOCK_HEARD_LIMIT = 64 * 1024 };

/* 0 for what is usual. */
struct knock_limits {
	int door_ms;       /* for one door in all; 5000 unless said. Servers that think about strangers for
			      longer (probe.thinks_ms) are waited for */
	unsigned doors;    /* begun at one time, others wait; no bound unless said */
	unsigned at_once;  /* conversations open at one time; 4096 unless said, and never more than files may
			      be open: the soft limit of these is raised */
	unsigned per_host; /* of them with one host; no bound unless said. Hosts whose addresses have the same
			      hash share it */
	unsigned per_door; /* conversations with one door in all; 160 unless said */
	bool again;        /* doors of which something was lost by time alone are asked once more, when the
			      others are done with, for what is left of their time */
};

struct knock_door {
	struct address address;
	uint32_t interface; /* scope of a link-local address, or 0 */
	uint16_t transport, port;
	bool no_printer; /* the host is known to have none: Bacula may be asked where printers have doors too
			  */
	uint64_t tag;    /* the caller's */
};

enum knock_outcome {
	KNOCK_NOT_ASKED, /* forbidden, or not tcp or udp */
	KNOCK_IDENTIFIED,
	KNOCK_UNKNOWN,    /* it spoke, and no protocol is known that speaks so */
	KNOCK_SILENT,     /* it took the connection and said nothing; udp: no answer */
	KNOCK_REFUSED,    /* nobody is there: reset, or ICMP unreachable */
	KNOCK_UNREACHED,  /* connecting did not come to an end, or an error of the system */
	KNOCK_UNFINISHED, /* the time was up before all was asked */
};

struct knock_result {
	enum knock_outcome outcome;
	const struct protocol *protocol;   /* what is spoken on the wire: tls for https */
	const struct protocol *inside_tls; /* what TLS carries, or NULL */
	struct answer answer;              /* of the innermost protocol that was identified */
	struct answer tls;                 /* of TLS, where it is spoken */
	uint8_t evidence[KNOCK_EVIDENCE];  /* the first bytes that decided, or that were not understood */
	size_t evidence_length;
	char cpe[PRODUCT_CPE]; /* of the innermost protocol's product; "" where it is not known */
	char problem[96];      /* words of the system where the outcome asks for them */
	bool hurried;          /* something was lost by time alone */
};

/* Ports that act on whatever bytes they get: never spoken to, unless by who knows that there is no printer.
 */
bool knock_is_forbidden(uint16_t transport, uint16_t port);

/* Ports where nothing is said but in a protocol that is customary there. */
bool knock_is_delicate(uint16_t transport, uint16_t port);

/* ---- doors as they are found ---- */

struct knocking;

/* Called with each door as it is done with; neither lives longer than the call. */
typedef void knock_done(void *context, const struct knock_door *door, const struct knock_result *result);

/* limits may be NULL. NULL with words if the event loop cannot be set up. */
struct knocking *knocking_new(const struct knock_limits *limits, knock_done *done, void *context,
			      struct error *err);

/* Doors that are not done with are not told of any more. */
void knocking_free(struct knocking *knocking);

/* False without memory. */
bool knocking_add(struct knocking *knocking, const struct knock_door *door);

/* Reads and says what can be; waits so long for something to come, at most. */
void knocking_turn(struct knocking *knocking, int wait_ms);

/* Doors that are not done with. */
size_t knocking_left(const struct knocking *knocking);

/* Becomes readable when an answer has come. */
int knocking_descriptor(const struct knocking *knocking);

/* ---- all at once ---- */

/* Knocks at all doors; results[i] belongs to doors[i]. limits may be NULL; all doors are begun at once. False
 * if the event loop could not be set up; single doors that fail are results. */
bool knock(const struct knock_door *doors, size_t count, const struct knock_limits *limits,
	   struct knock_result *results, struct error *err);

/* "identified", "silent", "not-asked" ... */
const char *knock_outcome_text(enum knock_outcome outcome);

/* "tls:http", "ssh"; NULL unless identified. */
const char *knock_spoken(const struct knock_result *result, char text[static 64]);

#endif
