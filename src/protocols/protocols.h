/* protocols.h: one protocol, one file. All that Doorward knows of a protocol (how its first bytes look, how
 * to greet a server that speaks it, what the answer says, which weaknesses it can have) stands in
 * src/protocols/NAME.c, which exports one descriptor. registry.def lists the descriptors, and nothing else in
 * the program knows a protocol by its name.
 *
 * Recognisers see bytes and never a port. Everything read from a peer is hostile: it is read through spans,
 * and every loop eats input or has a fixed bound. */
#ifndef PROTOCOLS_PROTOCOLS_H
#define PROTOCOLS_PROTOCOLS_H

#include "base/buffer.h"
#include "catalog/catalog.h"

/* The end that sent the bytes: the one that opened the conversation, or the one that was called. */
enum side { SIDE_CLIENT, SIDE_SERVER };

/* MORE: it may still become this protocol; ask again with more bytes. It must turn into NO or YES within
 * RECOGNISE_LIMIT bytes. YES is said only when no other protocol would begin like this. */
enum verdict { NO, MORE, YES };
enum { RECOGNISE_LIMIT = 4096 };

/* ---- what a server told of itself ---- */

enum { ANSWER_FACTS = 24, ANSWER_WEAKNESSES = 8, FACT_VALUE = 384 };

/* How bad: 1 is worst. */
struct weakness {
	const char *id; /* "ssh-1", "smb-1", "tls-old": stable, lower case, unique; "imap-clear-login" and the
			   like tell that passwords are taken in clear text */
	const char *title; /* "SSH protocol 1 is offered" */
	int severity;      /* 1 to 4 */
	const char *remedy;
};

struct fact {
	const char *key; /* constant text, as EVE names it where EVE has it: "software_version" */
	char value[FACT_VALUE];
};

/* Filled while a probe hears its server. Texts are as they came; escape before showing. */
struct answer {
	char product[64], version[64]; /* "" if the server does not tell */
	bool inside_tls;               /* given by the caller: the conversation is kept by TLS already */
	bool starttls;                 /* the server offers to change to TLS on this door */
	struct fact facts[ANSWER_FACTS];
	size_t fact_count;
	struct {
		const struct weakness *weakness;
		char evidence[FACT_VALUE];
	} weaknesses[ANSWER_WEAKNESSES];
	size_t weakness_count;
};

/* A fact beyond the array's end is left out, an empty value as well; a key that is told again takes the new
 * value. A weakness is told once, with the first evidence. Evidence that came from the peer is given as an
 * argument, never as the format. */
void answer_fact(struct answer *answer, const char *key, struct span value);
void answer_fact_format(struct answer *answer, const char *key, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
void answer_product(struct answer *answer, struct span product, struct span version);
void answer_weakness(struct answer *answer, const struct weakness *weakness, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
const char *answer_get(const struct answer *answer, const char *key); /* or NULL */

/* ---- how to greet a server ---- */

enum probe_step {
	PROBE_WAIT, /* it has not heard enough; what it wrote to `out` is sent */
	PROBE_DONE, /* this is a server of the protocol, and the answer is as full as it will be */
	PROBE_NOT,  /* this is not a server of this protocol */
};

/* How a server that offers it is asked to go on in TLS, on a connection of its own. In protocols of lines by
 * steps: a line that begins with `awaits`, in any case, is answered with `says`; others are passed over. In
 * others by functions: hear() takes from `heard` like a probe's, and says PROBE_DONE when TLS begins with the
 * next octet of ours. */
struct start_tls_step {
	const char *awaits; /* NULL: nothing is awaited */
	const char *says;   /* NULL: TLS begins */
};
struct start_tls {
	const struct start_tls_step *steps; /* the last one says nothing */
	void (*greet)(struct buffer *out);  /* NULL where the server speaks first */
	enum probe_step (*hear)(void *state, struct span *heard, bool ended, struct buffer *out);
};

/* The state is that of a probe, zeroed. */
void start_tls_greet(const struct start_tls *start, struct buffer *out);
enum probe_step start_tls_hear(const struct start_tls *start, void *state, struct span *heard, bool ended,
			       struct buffer *out);

/* A conversation with one server. Only harmless requests: no login, no change, nothing that a printer prints
 * or a server keeps. The engine in scan/ owns the connection, the time and the bounds.
 *
 * Who is recognised is asked what it is. Some greetings fit two protocols ("220 hello"); there the
 * recognisers stay at MORE, each of these probes is given the word in turn, and what it then hears decides:
 * a recogniser's YES, or PROBE_DONE where the own recogniser never said NO. So PROBE_DONE is never said to
 * words that another protocol could have said. */
struct probe {
	unsigned transports;      /* PROBE_TCP, PROBE_UDP or both */
	bool server_speaks_first; /* over TCP: listen, then greet */
	bool rare; /* where many doors share the time, its words are said at its customary doors alone */

	/* Its own hear() is asked about what comes to its opening, before all recognisers: these see traffic
	 * and never what was asked. PROBE_DONE names the protocol then, so it is said to what nobody else
	 * would answer to that opening. */
	bool knows;

	/* Over TCP: its servers take anybody's first words for those of a client of their own and answer them
	 * as such, one client at a time. Where words came that may be such an answer, its opening is said
	 * before all others, and alone. */
	bool hears_any;

	/* Over TCP: its servers hear one client at a time, and wait for the rest of whatever a stranger said
	 * as long as he stays. Away from its customary doors its opening is said behind all others, alone. */
	bool alone;

	/* Its servers answer with what they were told. Of any other, who repeats all that he hears is none.
	 */
	bool repeats;

	/* Over TCP: its servers answer nothing and take all. The opening is said again and again, at its
	 * customary doors alone, which are of this protocol when all of that is taken and no opening of
	 * others is answered either. */
	bool takes_all;

	/* Over TCP: its servers hear nobody whose port is not below 1024, which is what they take for proof
	 * that root calls. It is asked from such a port, where one may be bound, and at its customary doors
	 * alone.
	 */
	bool from_reserved;

	/* Over TCP: its servers close a connection from any other port at once, unasked. Where that is not
	 * so, it is somebody else's door, and nothing of this is said: one who writes down what comes. */
	bool closes_on_others;

	/* Over TCP: its servers think about a stranger for so long, in ms, whatever they are told; at its
	 * customary doors, where nothing else has been heard, they are waited for. 0: they answer at once. */
	unsigned thinks_ms;

	/* Over UDP: its servers answer from another port than they were asked at; they answer to this port
	 * alone, or to any where it is 0. */
	bool answers_elsewhere;
	uint16_t own_port;

	/* Over UDP: at this port its servers may hear what is sent to a group of IPv4 and nothing else, so it
	 * is sent there as well, no further than the next router, and only the host that is asked is heard.
	 */
	struct {
		uint32_t address; /* 0 for none */
		uint16_t port;
	} group;

	/* Over UDP, at this port the opening is the further one of this variant; 0 for none. */
	uint16_t port_of_variant;
	size_t variant_at_port;

	/* Where in the opening over UDP the IPv4 address stands from which it is asked; 0 for nowhere. */
	uint16_t own_address_at;

	/* Writes the opening words; over UDP one datagram. Called once, with zeroed state, on a new
	 * connection; NULL where the server's greeting is answered by hear(), and in TLS, whose opening is
	 * that of a whole handshake and made by the engine. */
	void (*greet)(void *state, unsigned transport, struct buffer *out);

	/* Hears what has come and was not taken yet: it takes whole messages off `heard` and leaves the
	 * rest. It is called again while it takes something. Over UDP `heard` is one datagram. At the end of
	 * the conversation it is called once more with `ended` set, and must not return PROBE_WAIT then. */
	enum probe_step (*hear)(void *state, struct span *heard, bool ended, struct buffer *out,
				struct answer *answer);

	/* Another opening over TCP, for servers that do not answer the usual one; the answer is heard by
	 * hear(). Tried at the protocol's customary doors. NULL for none. */
	void (*greet_other)(void *state, struct buffer *out);

	/* Where the answer says that the server offers to change to TLS (starttls). NULL for none. */
	const struct start_tls *start_tls;

	/* Further openings, each tried on a connection of its own once the protocol is known, to ask for what
	 * one conversation cannot tell: SMB 1, TLS 1.0. `variant` counts from 0; the opening is greet_more()
	 * and is heard by hear_more(), whose answer goes on from what is known already. Those that
	 * wants_more() says no to are left out; NULL: none is. `known` is NULL where the protocol is not
	 * known yet. */
	size_t variants;
	bool (*wants_more)(const struct answer *known, size_t variant);
	void (*greet_more)(void *state, size_t variant, const struct answer *known, struct buffer *out);
	enum probe_step (*hear_more)(void *state, size_t variant, struct span *heard, bool ended,
				     struct answer *answer);
};
enum { PROBE_TCP = 1, PROBE_UDP = 2, PROBE_STATE_LIMIT = 2560 };

/* Who asks, where a protocol has a place for it: the User-Agent of HTTP, RTSP and SIP, the version of SSH;
 * and the name after EHLO and LHLO, which is no host's (RFC 6761). So that who finds it in his logs knows
 * what it was. */
#define PROBE_IDENTITY "doorward"
#define PROBE_HOST     PROBE_IDENTITY ".invalid"

/* ---- the descriptor ---- */

/* A fixed octet of datagrams: the one at place `at` (0 is the first) is from `low` to `high`. */
struct mark {
	uint8_t at, low, high;
};
enum { MARK_PLACES = 8 };

struct protocol {
	const char *name;                 /* lower case, as Suricata's app_proto writes it where it has one */
	const char *title;                /* "Secure Shell" */
	const struct catalog_door *doors; /* where it is customary: DOORS(TCP(22)) */
	size_t door_count;
	enum privacy privacy;
	bool clear_without_tls; /* of PRIVACY_EITHER: clear text, unless it changes to TLS (answer.starttls)
				 */

	/* Looks at the first bytes that one side sent, over a stream or in a datagram. Never asked with none.
	 */
	enum verdict (*recognise)(struct span first, enum side side, unsigned transport);

	/* What all datagrams have to which recognise() says anything but NO, whichever side sent them: at
	 * least so many octets, and at each place that is marked an octet that one of its marks allows. Only
	 * who finds its marks is asked about a datagram, so that the cost does not grow with the number of
	 * protocols; who has none is asked about all. */
	uint16_t datagram_least;
	const struct mark *marks; /* MARKS(OCTETS(0, 1, 2), OCTET(2, 0)) */
	size_t mark_count;

	/* Of protocols whose single datagram tells too little: recognise() says MORE to what may be one, and
	 * this tells of two such that one side sent in a row whether the latter goes on from the former. NULL
	 * for the others, which never say MORE to a datagram: it is whole. */
	bool (*continues)(struct span before, struct span now);

	/* With continues(): what recognise() says MORE to is a whole message, too short to be told while
	 * others may follow it. A flow that has ended, and in which nobody said anything else, was of this
	 * protocol.
	 */
	bool whole_alone;

	/* Of protocols whose server says nothing but the time, unasked: whether these words are the time of
	 * the packet that brought them. recognise() says NO to them. NULL for the others. */
	bool (*tells_time)(struct span words, int64_t time_ns);

	/* Its content shows no sign: flows of it are known because others announce them, and recognise() says
	 * NO. */
	bool only_expected;

	/* Flows of it are usually announced by others, and may lie between other addresses than those. Their
	 * content shows what they are, and the announcement whose. */
	bool announced;

	/* It is TLS, and what shows of TLS tells it: the end of the server's name, where the sign begins with
	 * a dot, or words in a certificate of either side. NULL behind the last; NULL for the others. */
	const char *const *tls_signs;

	/* As what it is agreed on inside TLS (ALPN, RFC 7301): IANA's names, NULL behind the last; NULL for
	 * none. */
	const char *const *alpn;

	/* The header before it names it, so that nobody need ask: its doors are transports without ports, and
	 * all of their packets are its own; or it has no doors, and these are the types of its frames: an
	 * EtherType, of LLC the SAP. recognise() is recognise_nothing(). */
	bool by_header;
	const uint16_t *frames;
	size_t frame_count;

	/* Its messages can be, octet for octet, those of this one and of others that name it too, so that
	 * only the port tells which they are: DNS, for multicast DNS and LLMNR. */
	const struct protocol *kin;

	/* What its clients say could be anything, or is nothing: recognise() goes by the server's words. */
	bool server_tells;

	/* Only clients speak it, before they speak another: nothing that a server says is of it. */
	bool client_alone;

	/* A password may stand at this octet of the first message, or behind it. 0: none does so early. */
	uint8_t secret_at;

	/* How a conversation is read (parse.h). NULL: it is recognised, and no more. */
	const struct parser *parser;

	/* NULL where a server cannot be asked. */
	const struct probe *probe;
	size_t probe_state_size; /* at most PROBE_STATE_LIMIT */

	/* All weaknesses that this file reports; ends with NULL. NULL for none. */
	const struct weakness *const *weaknesses;

	/* Its weaknesses are not those of one conversation, but of several that show them together: so many
	 * different parties have to begin them before there is a finding. 0: each conversation shows its own.
	 */
	unsigned weakness_parties;

	/* The one of its weaknesses that is that anybody is served: nothing where this host alone can ask,
	 * medium in private networks, and as bad as it says beyond. */
	const struct weakness *weakness_by_reach;
};

#define ALPN(...)                                                                                            \
	.alpn = (const char *const[])                                                                        \
	{                                                                                                    \
		__VA_ARGS__, NULL                                                                            \
	}
#define TCP(port)                                                                                            \
	{                                                                                                    \
		TRANSPORT_TCP, (port), (port)                                                                \
	}
#define UDP(port)                                                                                            \
	{                                                                                                    \
		TRANSPORT_UDP, (port), (port)                                                                \
	}
#define OCTETS(at, low, high)                                                                                \
	{                                                                                                    \
		(at), (low), (high)                                                                          \
	}
#define OCTET(at, octet) OCTETS(at, octet, octet)
#define MARKS(...)                                                                                           \
	.marks = (const struct mark[]){ __VA_ARGS__ },                                                       \
	.mark_count = sizeof((const struct mark[]){ __VA_ARGS__ }) / sizeof(struct mark)
#define IP(number)                                                                                           \
	{                                                                                                    \
		(number), 0, 0                                                                               \
	}
#define FRAMES(...)                                                                                          \
	.frames = (const uint16_t[]){ __VA_ARGS__ },                                                         \
	.frame_count = sizeof((const uint16_t[]){ __VA_ARGS__ }) / sizeof(uint16_t)
#define DOORS(...)                                                                                           \
	.doors = (const struct catalog_door[]){ __VA_ARGS__ },                                               \
	.door_count = sizeof((const struct catalog_door[]){ __VA_ARGS__ }) / sizeof(struct catalog_door)

/* A recogniser's verdict on what a server has answered over TCP so far, which may be nothing. */
static inline enum verdict verdict_on_answer(enum verdict (*recognise)(struct span first, enum side side,
								       unsigned transport),
					     struct span heard)
{
	return span_left(heard) > 0 ? recognise(heard, SIDE_SERVER, TRANSPORT_TCP) : MORE;
}

/* What a probe says that goes by a recogniser's verdict on what it heard. */
static inline enum probe_step probe_step_for(enum verdict verdict, bool ended)
{
	if (verdict == YES)
		return PROBE_DONE;
	return verdict == MORE && !ended ? PROBE_WAIT : PROBE_NOT;
}

/* MORE while s may still become text, YES once it has. Most begin otherwise, which one octet tells. */
enum verdict recognise_begun(struct span s, const char *text);

static inline enum verdict recognise_text(struct span s, const char *text)
{
	if (span_left(s) > 0 && *s.at != (uint8_t)text[0] && text[0] != '\0')
		return NO;
	return recognise_begun(s, text);
}

/* The same for any of several texts. */
enum verdict recognise_texts(struct span s, const char *const *texts, size_t count);

/* NO, whatever it is: of protocols that are known by_header. */
enum verdict recognise_nothing(struct span first, enum side side, unsigned transport);

/* Asks about the first RECOGNISE_LIMIT bytes and no more; what is undecided there is NO. For recognisers
 * whose messages may be longer. */
enum verdict recognise_within_limit(struct span first, enum side side,
				    enum verdict (*ask)(struct span first, enum side side));

/* All protocols, sorted by name (registry.def lists them); NULL behind the last. */
const struct protocol *protocol_nth(size_t nth);
const struct protocol *protocol_named(struct span name);

/* weakness_parties of the protocol that has this weakness. */
unsigned protocol_weakness_parties(const struct weakness *weakness);

/* Whether it is the weakness_by_reach of a protocol. */
bool protocol_weakness_is_by_reach(const struct weakness *weakness);

/* Whether it is customary over the transport, as its doors tell. Its recogniser is asked about no other. */
bool protocol_is_over(const struct protocol *protocol, unsigned transport);

/* Whether the datagram bears the marks of the protocol, so that it is worth asking. */
bool protocol_finds_marks(const struct protocol *protocol, struct span datagram);

/* Asks the recognisers of all protocols that are customary over the transport. Returns the one that says YES;
 * NULL with *ret_more set when some still say MORE. `first` is asked before the others and may be NULL: it
 * changes the cost, never the answer. */
const struct protocol *protocol_recognise(struct span bytes, enum side side, unsigned transport,
					  const struct protocol *first, bool *ret_more);

/* What may be shown of the first octets of a conversation: all that stands before where a password could.
 * NULL for no protocol. */
struct span protocol_shown(const struct protocol *protocol, struct span first);

#endif
