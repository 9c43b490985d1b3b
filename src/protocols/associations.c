#include "protocols/associations.h"
#include "packet/ipsec.h"

#include <stdio.h>

enum { NEXT_IPV4 = 4, NEXT_IPV6 = 41 };

void associations_pair(struct associations *all, struct association_seen *one, struct association_seen *other)
{
	one->pair = (uint8_t)(other - all->list + 1);
	other->pair = (uint8_t)(one - all->list + 1);
}

static void pair(struct associations *all, struct association_seen *mine)
{
	for (unsigned i = all->count; i-- > 0;) {
		struct association_seen *const other = &all->list[i];

		if (other->side == mine->side || other->pair != 0)
			continue;
		associations_pair(all, mine, other);
		return;
	}
}

struct association_seen *associations_find(struct associations *all, uint32_t spi, enum side side,
					   bool *ret_new)
{
	*ret_new = false;
	for (unsigned i = all->count; i-- > 0;)
		if (all->list[i].spi == spi && all->list[i].side == side)
			return &all->list[i];
	if (all->count == ASSOCIATIONS_MOST) {
		all->other_packets++;
		return NULL;
	}
	*ret_new = true;
	all->list[all->count] = (struct association_seen){ .spi = spi, .side = (uint8_t)side };
	return &all->list[all->count++];
}

struct association_seen *associations_add(struct associations *all, const struct parse *parse)
{
	const struct packet *const packet = parse->packet;
	bool begins;
	struct association_seen *const association = associations_find(all, packet->tunnel_key, parse->side,
								       &begins);

	if (association == NULL)
		return NULL;
	if (begins)
		pair(all, association);
	association->packets++;
	association->bytes += packet->length;
	association->bad += packet->ipsec == IPSEC_BAD;
	association->is_null |= packet->ipsec == IPSEC_NULL;
	if (packet->protects != 0)
		association->protects = packet->protects;
	sequences_add(&association->sequences, packet->tunnel_sequence);
	return association;
}

/* ---- the event ---- */

static void emit_spi(struct json *json, const char *key, uint32_t spi)
{
	char text[11];

	(void)snprintf(text, sizeof(text), "0x%08x", spi);
	json_text(json, key, text);
}

static void emit_one(struct json *json, const struct associations *all, const struct association_seen *one,
		     associations_more *more, const void *context)
{
	const struct transport *const next = catalog_transport(one->protects);
	const bool tunnel = one->protects == NEXT_IPV4 || one->protects == NEXT_IPV6;

	json_begin(json);
	emit_spi(json, "spi", one->spi);
	json_text(json, "sender", one->side == SIDE_CLIENT ? "client" : "server");
	if (one->pair > 0)
		emit_spi(json, "pair", all->list[one->pair - 1].spi);
	if (more != NULL)
		more(context, (size_t)(one - all->list), json);
	if (one->protects > 0) {
		json_text(json, "mode", tunnel ? "tunnel" : "transport");
		json_text(json, "protects", next != NULL ? next->name : NULL);
	}
	if (one->is_null)
		json_text(json, "encryption", "null");
	if (one->icv > 0)
		json_unsigned(json, "icv_bytes", one->icv);
	json_unsigned(json, "packets", one->packets);
	json_unsigned(json, "bytes", one->bytes);
	if (one->bad > 0)
		json_unsigned(json, "bad", one->bad);
	sequences_emit(json, &one->sequences);
	json_end(json);
}

void associations_emit(struct json *json, const struct associations *all, associations_more *more,
		       const void *context)
{
	json_open_array(json, "associations");
	for (size_t i = 0; i < all->count; i++)
		emit_one(json, all, &all->list[i], more, context);
	json_end(json);
	if (all->other_packets > 0)
		json_unsigned(json, "other_packets", all->other_packets);
}
