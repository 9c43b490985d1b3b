/* ike_children.c: what shows of associations of ESP and AH that IKE makes under encryption: the exchanges
 * that make them (RFC 2409 5.5, quick mode; RFC 7296 1.2 and 1.3), one after the other, and the SPIs that are
 * spoken of in the clear (RFC 2408 3.14, 3.15; RFC 7296 1.5, 3.10, 3.11). */
#include "protocols/ike.h"

#include <inttypes.h>
#include <stdio.h>

enum { RESPONSE = 0x20, IPSEC_FIRST = 2, IPSEC_LAST = 3, SPI_OCTETS = 4, INVALID_SPI = 11 };

static struct ike_child *find(struct ike_children *children, const struct ike_message *m)
{
	for (unsigned i = 0; i < IKE_CHILDREN; i++) {
		struct ike_child *const child = &children->list[i];

		/* IKE_AUTH may take several messages, of which the last makes them. */
		if (child->exchange == m->exchange && child->initiator == m->initiator &&
		    (child->id == m->id || m->exchange == IKE2_AUTH))
			return child;
	}
	return NULL;
}

const struct ike_child *ike_children_hear(struct ike_children *children, const struct ike_message *m,
					  enum side side)
{
	const bool quick = m->exchange == IKE1_QUICK;
	struct ike_child *child;

	if (!quick && m->exchange != IKE2_AUTH && m->exchange != IKE2_CREATE_CHILD)
		return NULL;
	if (!quick && (m->flags & RESPONSE) == 0)
		return NULL;
	child = find(children, m);
	if (child == NULL) {
		child = &children->list[children->next++ % IKE_CHILDREN];
		*child = (struct ike_child){ .initiator = m->initiator,
					     .exchange = m->exchange,
					     .first = side };
	}
	child->id = m->id;
	if (child->made && quick)
		return NULL;
	child->made = !quick || side != child->first;
	return child->made ? child : NULL;
}

bool ike_children_take(struct ike_children *children, enum side side, struct ike_child *ret_child)
{
	struct ike_child *newest = NULL;
	unsigned count = 0;

	for (unsigned i = 0; i < IKE_CHILDREN; i++) {
		struct ike_child *const child = &children->list[(children->next + i) % IKE_CHILDREN];

		if (!child->made || child->taken[side])
			continue;
		newest = child;
		count++;
	}
	if (newest == NULL)
		return false;
	newest->taken[side] = true;
	*ret_child = *newest;
	ret_child->only = count == 1;
	return true;
}

void ike_child_text(const struct ike_child *child, char text[static IKE_CHILD_TEXT])
{
	const char *const exchange = ike_exchange_text(child->exchange);

	(void)snprintf(text, IKE_CHILD_TEXT, "%s %" PRIu32 " of %016" PRIx64,
		       exchange != NULL ? exchange : "", child->id, child->initiator);
}

/* ---- SPIs in the clear ---- */

static void hear_payload(uint8_t type, struct span body, bool v1, ike_hear_spi *hear, void *context)
{
	uint8_t protocol, octets;
	uint16_t value;
	bool deletes = type == (v1 ? IKE1_DELETE : IKE2_DELETE);

	if (!deletes && type != (v1 ? IKE1_NOTIFY : IKE2_NOTIFY))
		return;
	if (v1)
		span_skip(&body, 4); /* domain of interpretation */
	protocol = span_u8(&body);
	octets = span_u8(&body);
	value = span_u16(&body); /* how many are deleted, or what is notified */
	if (!v1 && !deletes && value == INVALID_SPI && octets == 0)
		deletes = true; /* the SPI is what is told of */
	else if (protocol < IPSEC_FIRST || protocol > IPSEC_LAST || octets != SPI_OCTETS)
		return;
	do {
		const uint32_t spi = span_u32(&body);

		if (!body.failed)
			hear(context, spi);
	} while (deletes && span_left(body) >= SPI_OCTETS);
}

void ike_spis(const struct ike_message *m, ike_hear_spi *hear, void *context)
{
	struct span s = m->payloads, body;
	uint8_t next = m->next, type;

	while (!m->encrypted && ike_payload_next(&s, &next, &type, &body))
		hear_payload(type, body, ike_is_v1(m), hear, context);
}
