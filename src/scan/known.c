#include "scan/door.h"

#include "protocols/tls.h"

#include <errno.h>
#include <stdio.h>

/* ---- results ---- */

void door_keep_evidence(struct door *door, const struct conversation *c)
{
	struct knock_result *const result = &door->result;

	result->evidence_length = c->heard.length < KNOCK_EVIDENCE ? c->heard.length : KNOCK_EVIDENCE;
	memcpy(result->evidence, c->heard.bytes, result->evidence_length);
}

void door_keep_words(struct door *door, const struct conversation *c)
{
	if (c->heard.length > 0 && (door->result.evidence_length == 0 || door->inside))
		door_keep_evidence(door, c);
}

void door_keep_problem(struct door *door, const char *problem)
{
	(void)snprintf(door->result.problem, sizeof(door->result.problem), "%s", problem);
}

void door_note_hurry(struct door *door)
{
	door->result.hurried = door->result.hurried || !door->reached || door->phase == ASK ||
			       door->held != NULL || (door->inside && !door->shaken) ||
			       delay_percent(&door->engine->delay) > 100;
}

void door_finish(struct door *door)
{
	struct knock_result *const result = &door->result;

	door_note_hurry(door);
	door->done = true;
	door->epoch++;
	engine_drop(door, NULL);
	if (door->inside)
		return;
	if (result->evidence_length == 0 && !door->closed && door->taken_by != NULL) {
		door_identify(door, door->taken_by, NULL);
		return;
	}
	result->outcome = result->evidence_length > 0 ? KNOCK_UNKNOWN : KNOCK_SILENT;
	if (result->outcome == KNOCK_SILENT && door->closed)
		door_keep_problem(door, "it closes the connection at once");
}

void door_finish_as(struct door *door, enum knock_outcome outcome, int error)
{
	door_finish(door);
	door->result.outcome = outcome;
	door->result.hurried = error == ETIMEDOUT;
	door_keep_problem(door, strerror(error));
}

/* ---- the protocol is known ---- */

/* Answers to further openings join what is known already. */
static struct answer *answer_of(struct door *door, const struct protocol *protocol)
{
	return protocol == &protocol_tls ? &door->result.tls : &door->result.answer;
}

const struct answer *door_known(const struct conversation *c)
{
	return answer_of(c->wish.door, c->wish.protocol);
}

/* What further answers do not name again stays as it is. */
static void tell_product(struct door *door, const struct conversation *c, const struct protocol *protocol)
{
	char cpe[PRODUCT_CPE];

	if (protocol == &protocol_tls)
		return;
	products_tell(protocol, buffer_read(&c->heard), &door->result.answer, cpe);
	if (cpe[0] != '\0' || c->wish.purpose != TO_TRY_OLD)
		memcpy(door->result.cpe, cpe, sizeof(cpe));
}

/* The next further opening, from this one on, that promises something; behind the last TLS is gone on in. */
static void ask_further(struct door *door, const struct protocol *protocol, size_t variant, bool inside)
{
	const struct probe *const probe = protocol->probe;

	while (probe != NULL && variant < probe->variants && probe->wants_more != NULL &&
	       !probe->wants_more(answer_of(door, protocol), variant))
		variant++;
	if (probe != NULL && variant < probe->variants)
		door_wish(door, TO_TRY_OLD, protocol, variant, inside);
	else
		door_upgrade(door, protocol);
}

void door_asked(struct door *door, const struct protocol *protocol)
{
	door->done = true;
	if (protocol != &protocol_tls)
		ask_further(door, protocol, 0, door->inside);
	else
		door_upgrade(door, protocol);
}

void door_try_next(struct door *door, struct conversation *c)
{
	engine_end(c);
	ask_further(door, c->wish.protocol, c->wish.variant + 1, c->wish.inside);
}

/* The answer in place of what was known. What the server named when it was recognised stays named: on a
 * further connection it may turn away who calls again so soon. */
static void take_answer(struct door *door, const struct conversation *c)
{
	struct answer *const answer = answer_of(door, c->wish.protocol);
	char product[sizeof(answer->product)], version[sizeof(answer->version)], cpe[PRODUCT_CPE];

	memcpy(product, answer->product, sizeof(product));
	memcpy(version, answer->version, sizeof(version));
	memcpy(cpe, door->result.cpe, sizeof(cpe));
	*answer = *c->answer;
	tell_product(door, c, c->wish.protocol);
	if (answer->product[0] != '\0' || product[0] == '\0' || c->wish.protocol == &protocol_tls)
		return;
	memcpy(answer->product, product, sizeof(product));
	memcpy(answer->version, version, sizeof(version));
	memcpy(door->result.cpe, cpe, sizeof(cpe));
}

void door_ask_on(struct conversation *c, bool ended)
{
	struct door *const door = c->wish.door;
	const struct answer *const known = c->wish.purpose == TO_TRY_OLD ? answer_of(door, c->wish.protocol)
									 : NULL;
	const enum probe_step step = conversation_hear(c, ended, known);

	if (step == PROBE_WAIT && !ended)
		return;
	if (step == PROBE_DONE) {
		door->result.hurried = door->result.hurried && c->wish.purpose != TO_ASK;
		take_answer(door, c);
	}
	engine_end(c);
	if (c->wish.purpose == TO_TRY_OLD)
		door_try_next(door, c);
	else
		door_asked(door, c->wish.protocol);
}

void door_identify(struct door *door, const struct protocol *protocol, struct conversation *c)
{
	engine_drop(door, c);
	door->epoch++;
	if (c != NULL) {
		door_keep_evidence(door, c);
		tell_product(door, c, protocol);
		c->wish.epoch = door->epoch;
		c->waited = false;
	}
	door->waiting = 0;
	door->held = NULL;
	door->held_rank = 0;
	door->phase = ASK;
	door->result.outcome = KNOCK_IDENTIFIED;
	if (door->inside)
		door->result.inside_tls = protocol;
	else
		door->result.protocol = protocol;
}

/* The next octet that is no CR; false at the end. */
static bool next_of(const struct buffer *bytes, size_t *at, uint8_t *ret)
{
	while (*at < bytes->length && bytes->bytes[*at] == '\r')
		(*at)++;
	if (*at == bytes->length)
		return false;
	*ret = bytes->bytes[(*at)++];
	return true;
}

/* Some services send back what they get, and some of them with the ends of lines that they are used to. What
 * goes on behind that is more than an echo: RTMP may repeat the client's words within its own. */
enum echo door_hears_echo(const struct conversation *c)
{
	size_t said_at = 0, heard_at = 0;
	uint8_t said, heard;

	while (next_of(&c->opening, &said_at, &said)) {
		if (!next_of(&c->heard, &heard_at, &heard))
			return ECHO_BEGUN;
		if (said != heard)
			return ECHO_NOT;
	}
	return c->opening.length > 0 && !next_of(&c->heard, &heard_at, &heard) ? ECHO_WHOLE : ECHO_NOT;
}

/* Some answers begin as their questions do, so that less than all tells nothing. */
static bool only_repeats(const struct conversation *c)
{
	return door_hears_echo(c) == ECHO_WHOLE && !c->wish.protocol->probe->repeats;
}

bool door_hear_own(struct conversation *c, bool ended)
{
	struct door *const door = c->wish.door;
	const struct protocol *const protocol = c->wish.protocol;
	enum probe_step step;

	if (c->wish.purpose != TO_OPEN || protocol->probe == NULL || !protocol->probe->knows || c->refused ||
	    only_repeats(c))
		return false;
	step = conversation_hear(c, ended, NULL);
	c->refused = step == PROBE_NOT;
	if (step != PROBE_DONE)
		return false;
	door_identify(door, protocol, c);
	*answer_of(door, c->wish.protocol) = *c->answer;
	tell_product(door, c, protocol);
	engine_end(c);
	door_asked(door, protocol);
	return true;
}

static void listen_inside(struct door *door, struct conversation *c)
{
	door->inside = true;
	door->phase = LISTEN;
	memset(door->said, 0, sizeof(door->said));
	door_wish(door, TO_TRY_OLD, &protocol_tls, 0, false);
	if (c->tls == NULL) {
		engine_end(c);
		door_wish(door, TO_LISTEN, NULL, 0, true);
		return;
	}
	c->wish.purpose = TO_LISTEN;
	c->wish.inside = true;
	c->waited = true;
	door->waiting = 1;
	door_alarm(c, ASK_MS);
	conversation_is_tls(c);
}

/* The conversation goes on where it may: who was asked in his own protocol, and who spoke first and was not
 * spoken to. Anybody else is asked on a new connection. */
void door_go_on(struct conversation *c, const struct protocol *protocol)
{
	struct door *const door = c->wish.door;
	const bool spoke_first = c->wish.purpose == TO_LISTEN && !c->said;

	door_identify(door, protocol, c);
	if (protocol == &protocol_tls && door->result.protocol == protocol && !door->inside) {
		listen_inside(door, c);
	} else if (!door_can_ask(door, protocol)) {
		engine_end(c);
		door_asked(door, protocol);
	} else if (spoke_first ? protocol->probe->server_speaks_first
			       : c->wish.protocol == protocol && c->wish.purpose != TO_LISTEN) {
		c->wish.purpose = TO_ASK;
		c->wish.protocol = protocol;
		door_alarm(c, ASK_MS);
		if (spoke_first)
			conversation_open(c);
		door_ask_on(c, false);
	} else {
		engine_end(c);
		door_wish(door, TO_ASK, protocol, 0, door->inside);
	}
}
