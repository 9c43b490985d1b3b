/* ovsdb.c: the Open vSwitch Database Management Protocol. RFC 7047: JSON-RPC 1.0, messages one behind the
 * other with nothing between them. JSON-RPC alone is anybody's; methods, and the database in which a server
 * describes itself (ovsdb-server(7)), tell whose. */
#include "protocols/text.h"

enum { LOOK_MOST = 512, ANSWERS_MOST = 4096 };

static const struct weakness no_auth = {
	"ovsdb-no-auth",
	"The database of a switch is open to whoever connects",
	2,
	"Let it listen on loopback (ptcp:6640:127.0.0.1), or on pssl: with certificates: who writes there "
	"decides where packets go.",
};
static const struct weakness *const weaknesses[] = { &no_auth, NULL };

/* ---- recognising ---- */

static enum verdict recognise(struct span first, enum side side, unsigned transport)
{
	static const char *const begins[] = { "{\"id\":", "{\"method\":", "{\"params\":", "{\"result\":",
					      "{\"error\":" };
	static const char *const marks[] = { "\"_Server\"", "\"method\":\"list_dbs\"",
					     "\"method\":\"monitor_cond",
					     "\"method\":\"set_db_change_aware\"" };
	enum verdict best = transport == TRANSPORT_TCP
				    ? recognise_texts(first, begins, sizeof(begins) / sizeof(*begins))
				    : NO;
	const size_t count = side == SIDE_SERVER ? 1 : sizeof(marks) / sizeof(*marks);

	if (best != YES)
		return best;
	best = NO;
	for (size_t i = 0; i < count && best != YES; i++) {
		const enum verdict verdict = recognise_in_line(first, LOOK_MOST, marks[i]);

		best = verdict > best ? verdict : best;
	}
	return best;
}

/* ---- asking ---- */

/* Which databases there are, and what the one of a switch says of its version. */
static void greet(void *state, unsigned transport, struct buffer *out)
{
	(void)state;
	(void)transport;
	buffer_text(out, "{\"id\":1,\"method\":\"list_dbs\",\"params\":[]}"
			 "{\"id\":2,\"method\":\"transact\",\"params\":[\"Open_vSwitch\",{\"op\":\"select\","
			 "\"table\":\"Open_vSwitch\",\"where\":[],\"columns\":[\"ovs_version\"]}]}");
}

/* What stands between `mark` and the next `stop`; empty where the mark does not stand. */
static struct span between(struct span s, const char *mark, uint8_t stop)
{
	const size_t at = span_find(s, mark);
	struct span part;

	if (at == SIZE_MAX)
		return span_of(NULL, 0);
	span_skip(&s, at + strlen(mark));
	part = span_until(&s, stop);
	return part.failed ? span_of(NULL, 0) : part;
}

static void tell(struct span heard, struct answer *answer)
{
	const struct span databases = between(heard, "\"result\":[", ']');

	answer_fact(answer, "databases", databases);
	if (span_find(databases, "\"Open_vSwitch\"") != SIZE_MAX)
		answer_product(answer, span_text("Open vSwitch"), between(heard, "\"ovs_version\":\"", '"'));
	else if (span_find(databases, "\"OVN_") != SIZE_MAX)
		answer_product(answer, span_text("OVN"), span_of(NULL, 0));
	if (span_left(databases) > 0)
		answer_weakness(answer, &no_auth, "it told its databases: %.*s", (int)span_left(databases),
				(const char *)databases.at);
}

static enum probe_step hear(void *state, struct span *heard, bool ended, struct buffer *out,
			    struct answer *answer)
{
	const enum verdict verdict = verdict_on_answer(recognise, *heard);

	(void)state;
	(void)out;
	if (verdict != YES)
		return probe_step_for(verdict, ended);
	if (!ended && span_left(*heard) < ANSWERS_MOST && span_find(*heard, "\"id\":2") == SIZE_MAX)
		return PROBE_WAIT;
	tell(*heard, answer);
	heard->at = heard->end;
	return PROBE_DONE;
}

static const struct probe probe = { .rare = true, .transports = PROBE_TCP, .greet = greet, .hear = hear };

const struct protocol protocol_ovsdb = {
	.name = "ovsdb",
	.title = "Open vSwitch Database Management Protocol",
	DOORS(TCP(6640), TCP(6641), TCP(6642)),
	.privacy = PRIVACY_EITHER,
	.clear_without_tls = true,
	.recognise = recognise,
	.probe = &probe,
	.weaknesses = weaknesses,
};
