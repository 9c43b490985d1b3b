/* parse.h: how a protocol reads a conversation between two others.
 *
 * A parser gets what each side sent: over TCP the bytes of the stream in order, over UDP one datagram after
 * the other, of all other transports the payload of each packet, and of frames that carry no packet their
 * body. It takes whole messages and tells what they say: events, weaknesses, the software at either end,
 * flows that will follow, a change to another protocol. It knows nothing of packets, files and screens; the
 * engine in flow/ calls it and does what it asks for.
 *
 *     static enum parse_step read(void *memory, struct parse *parse, struct span *bytes)
 *     {
 *             while (message_take(bytes, &message) == YES)
 *                     ...
 *             return PARSE_ON;
 *     }
 *
 * Passwords and other secrets are never told. A message that two sides share (a request and its answer) is
 * told once, when it is complete, or at the end. */
#ifndef PROTOCOLS_PARSE_H
#define PROTOCOLS_PARSE_H

#include "base/json.h"
#include "packet/packet.h"
#include "protocols/memory.h"
#include "protocols/protocols.h"

enum {
	PARSE_STATE_LIMIT = 8192,     /* bytes of state of a parser */
	PARSE_UNREAD_LIMIT = 1 << 16, /* bytes of each side that may wait until a message is whole */
	PARSE_KEPT_LIMIT = 1 << 15,   /* bytes that a flow may keep with parse_keep() */
};

/* The size of a parser's state; one that is larger than the limit is no constant that compiles. */
#define PARSE_STATE(type)                                                                                    \
	(sizeof(type) + 0 * sizeof(struct {                                                                  \
				_Static_assert(sizeof(type) <= PARSE_STATE_LIMIT, "state of a parser");      \
				int i;                                                                       \
			}))

enum parse_step {
	PARSE_ON,   /* what is left of the bytes waits for more */
	PARSE_DONE, /* all that is wanted of this flow is known: its packets are only counted from here on */
	PARSE_BROKEN, /* damaged, or not this protocol: reading ends at the first byte that was left */
};

struct parse;

/* Writes the members of the object that an event has under its type's name. */
typedef void parse_emit(const void *record, struct json *json);

struct parser {
	size_t state_size; /* PARSE_STATE() of its type, or 0; the state begins as zeros */
	size_t unheard;    /* of a parser that leads: so much of the state is used where nobody wants events;
			    * 0: all */

	/* Reads what parse->side has sent and was not taken yet, and takes what it has understood off
	 * `bytes`. Over a stream it is called again with the rest and more behind it; of a datagram the rest
	 * is gone. Never called without bytes. */
	enum parse_step (*read)(void *state, struct parse *parse, struct span *bytes);

	/* `length` bytes of parse->side were lost, counted from the first that was not taken: what was
	 * waiting is among them. The bytes behind come with the next read(). NULL: reading ends at the first
	 * gap. */
	enum parse_step (*gap)(void *state, struct parse *parse, uint64_t length);

	/* The flow is over, or is read no more: tell what was begun. NULL where nothing can be left. */
	void (*end)(void *state, struct parse *parse);

	/* Writes the members of this protocol's event. */
	parse_emit *emit;

	/* It may expect flows, open tunnels or change to another protocol, and so is needed even where nobody
	 * wants its events. */
	bool leads;
};

/* A flow that this one has announced. It is known when it comes: its parser needs no sign in the content. */
struct expectation {
	uint8_t transport;
	struct address address; /* of one end, and its port: usually the end that waits to be called */
	uint16_t port;
	struct address other; /* of the other end; all zeros (address_none) for anybody */
	const struct protocol *protocol;
	enum side waiting; /* what that end will be in the new flow: usually SIDE_SERVER */
	uint32_t seconds;  /* how long it is waited for; 0: a minute */
	bool many;         /* several flows may come of it; otherwise it ends with the first */
	const char *about; /* words of the announcement, as a file's name; copied; NULL for none */
};

/* Puts a record into what is remembered beyond flows (memory.h), and adds to the members of the event that
 * brought it what that makes of it; json is NULL without an event. */
typedef void parse_meet(struct memory *memory, const void *record, struct json *json);

/* A record on its way there; it is copied. */
struct parse_memo {
	parse_meet *meet;
	const void *record;
	size_t size; /* at most MEMORY_RECORD */
};

/* What the engine does for parsers. */
struct parse_engine {
	/* The memo is NULL but where the event has one. */
	void (*event)(struct parse *parse, const char *type, parse_emit *emit, const void *record,
		      const struct parse_memo *memo);
	void (*remember)(struct parse *parse, const struct parse_memo *memo);
	/* Whether somebody has still to hear of this weakness: its evidence is written only then. */
	bool (*is_news)(const struct parse *parse, const struct weakness *weakness);
	void (*weakness)(struct parse *parse, const struct weakness *weakness, const char *evidence);
	/* NULL but for frames. */
	void (*weakness_about)(struct parse *parse, const struct weakness *weakness,
			       const struct address *about, const char *evidence);
	void (*software)(struct parse *parse, enum side side, struct span product, struct span version);
	void (*expect)(struct parse *parse, const struct expectation *expectation);
	void (*open)(struct parse *parse, enum tunnel tunnel, uint32_t key, enum carried carried,
		     struct span bytes);
	struct span (*keep)(struct parse *parse, struct span bytes);
	void (*forget)(struct parse *parse);
};

/* One conversation, as its parser sees it. */
struct parse {
	const struct parse_engine *engine;
	const struct protocol *protocol;
	struct address addresses[2]; /* by side */
	uint16_t ports[2];
	uint8_t transport;  /* TRANSPORT_ number */
	enum side side;     /* who sent what is read now */
	int64_t time_ns;    /* of the packet that brought it, since 1970 */
	bool from_start[2]; /* by side: whether its first byte was seen */
	bool cut;           /* a datagram of which the capture holds only the beginning */
	const struct packet
		*packet;   /* the packet of a datagram; NULL over a stream, and of a frame without one */
	const char *about; /* of an expected flow: words of its announcement; or NULL */
	bool listened;     /* somebody wants events; a parser that leads may do less without */
	struct span left;  /* by the protocol that this one follows, with parse_leave(); or empty */

	/* Set by the functions below, and read by the engine after each call. */
	uint64_t skip; /* bytes of this side, behind what was taken, that are not wanted */
	size_t want;   /* bytes that this side must have sent before read() is called again */
	bool upgraded;
	const struct protocol *upgraded_to;
};

/* ---- telling ---- */

/* An event of the protocol's own type, with the members that parser.emit writes of the record. The record is
 * read before this returns. */
void parse_event(struct parse *parse, const void *record);

/* An event of another type: "fileinfo", "lease", "call". */
void parse_event_as(struct parse *parse, const char *type, parse_emit *emit, const void *record);

/* An event that memory adds to, of which emit writes a member at least. */
void parse_event_meeting(struct parse *parse, const char *type, parse_emit *emit, const void *record,
			 const struct parse_memo *memo);

/* Something to be remembered that is no event. */
void parse_remember(struct parse *parse, const struct parse_memo *memo);

/* A weakness that these two show, with evidence. Told once for each flow, whatever is said later. */
void parse_weakness(struct parse *parse, const struct weakness *weakness, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* The same in a frame that carries no packet, which has no ends: whose address it is about. */
void parse_weakness_about(struct parse *parse, const struct weakness *weakness, const struct address *about,
			  const char *format, ...) __attribute__((format(printf, 4, 5)));

/* The software at one end. Texts as they came. */
void parse_software(struct parse *parse, enum side side, struct span product, struct span version);

/* A flow that will follow; its parent is this one. */
void parse_expect(struct parse *parse, const struct expectation *expectation);

/* ---- asking ---- */

/* The next `length` bytes of this side, behind what read() will have taken, are of no interest: they are
 * neither kept nor put in order. A gap among them is no gap. */
void parse_skip(struct parse *parse, uint64_t length);

/* At least `length` bytes (of this side, from the first that is not taken) are needed for the next message;
 * at most PARSE_UNREAD_LIMIT. If they are there and something was taken, read() is called again at once. */
void parse_want(struct parse *parse, size_t length);

/* From the first byte that was not taken, on both sides, another protocol begins: the one given, or NULL for
 * whatever the content shows. Return PARSE_ON with it. */
void parse_upgrade(struct parse *parse, const struct protocol *to);

/* A copy of the bytes for the protocol that follows, which lives as those of parse_keep() do. */
void parse_leave(struct parse *parse, struct span bytes);

/* The bytes are what a tunnel carries: packets that are flows of their own, with this one as their parent.
 * `key` is the number by which the header tells networks or sessions apart (VNI, TEID, session), 0 without.
 * Datagrams only. */
void parse_open(struct parse *parse, enum tunnel tunnel, uint32_t key, enum carried carried,
		struct span bytes);

/* A copy of the bytes that lives until parse_forget() or the flow's end; empty when PARSE_KEPT_LIMIT is
 * reached. */
struct span parse_keep(struct parse *parse, struct span bytes);
void parse_forget(struct parse *parse); /* all that was kept */

#endif
