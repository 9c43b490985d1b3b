/* upgrade.c: going on in TLS where the server offers it. The certificate and the newest version are seen on
 * one connection, and each old version is tried on one of its own, as where TLS is spoken from the beginning.
 */
#include "scan/door.h"

#include "protocols/tls.h"

void door_upgrade(struct door *door, const struct protocol *protocol)
{
	if (!door->inside && door->result.answer.starttls && protocol->probe != NULL &&
	    protocol->probe->start_tls != NULL)
		door_wish(door, TO_UPGRADE, protocol, 0, false);
}

static void try_next(struct conversation *c)
{
	engine_end(c);
	if (c->wish.variant < protocol_tls.probe->variants)
		door_wish(c->wish.door, TO_UPGRADE, c->wish.protocol, c->wish.variant + 1, false);
}

/* The hello of an old version, in the place of a handshake. */
static void say_old_hello(struct conversation *c)
{
	struct buffer words = buffer_new(KNOCK_HEARD_LIMIT);

	c->upgraded = true;
	buffer_clear(&c->heard);
	c->taken = 0;
	protocol_tls.probe->greet_more(c->state, c->wish.variant - 1, NULL, &words);
	conversation_say(c, &words);
}

static void hear_old_hello(struct conversation *c, bool ended)
{
	struct span heard = buffer_read(&c->heard);

	if (protocol_tls.probe->hear_more(c->state, c->wish.variant - 1, &heard, ended,
					  &c->wish.door->result.tls) != PROBE_WAIT ||
	    ended)
		try_next(c);
}

void door_upgrade_on(struct conversation *c, bool ended)
{
	enum probe_step step;

	if (c->upgraded && c->wish.variant > 0) {
		hear_old_hello(c, ended);
		return;
	}
	step = c->upgraded ? PROBE_NOT : conversation_hear(c, ended, NULL);
	if (step == PROBE_WAIT && !ended)
		return;
	if (step == PROBE_DONE && !ended && c->wish.variant > 0)
		say_old_hello(c);
	else if (step != PROBE_DONE || ended || !conversation_upgrade(c))
		engine_end(c); /* it offers what it does not keep */
}

void door_upgraded(struct conversation *c)
{
	tls_client_tell(c->tls, &c->wish.door->result.tls);
	try_next(c);
}

void door_not_upgraded(struct conversation *c)
{
	if (c->tls != NULL)
		tls_client_tell(c->tls, &c->wish.door->result.tls);
	engine_end(c);
}
