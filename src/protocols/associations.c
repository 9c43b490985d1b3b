#include "protocols/associations.h"
#include "packet/ipsec.h"

#include <stdio.h>

enum { NEXT_IPV4 = 4, NEXT_IPV6 = 41 };

static void pair(struct associations *all, uint8_t place)
{
	struct association_seen *const mine = &all->list[place];

	for (unsigned i = place; i-- > 0;) {
		struct association_seen *const other = &all->list[i];

		if (other->side == mine->side || other->pair != 0)
			continue;
		other->pair = (uint8_t)(place + 1);
		mine->pair = (uint8_t)(i + 1);
		return;
	}
}

static struct association_seen *find(struct associations *all, uint32_t spi, enum side side)
{
	for (unsigned i = all->count; i-- > 0;)
		if (all->list[i].spi == spi && all->list[i].side == side)
			return &all->list[i];
	if (all->count == ASSOCIATIONS_MOST)
		return NULL;
	all->list[all->count] = (struct association_seen){ .spi = spi, .side = (uint8_t)side };
	pair(all, all->count);
	return &all->list[all->count++];
}

struct association_seen *associations_add(struct associations *all, const struct parse *parse)
{
	const struct packet *const packet = parse->packet;
	struct association_seen *const association = find(all, packet->tunnel_key, parse->side);

	if (association == NULL) {
		all->other_packets++;
		return NULL;
	}
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

static void emit_one(struct json *json, const struct associations *all, const struct association_seen *one)
{
	const struct transport *const next = catalog_transport(one->protects);
	const bool tunnel = one->protects == NEXT_IPV4 || one->protects == NEXT_IPV6;

	json_begin(json);
	emit_spi(json, "spi", one->spi);
	json_text(json, "sender", one->side == SIDE_CLIENT ? "client" : "server");
	if (one->pair > 0)
		emit_spi(json, "pair", all->list[one->pair - 1].spi);
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

void associations_emit(struct json *json, const struct associations *all)
{
	json_open_array(json, "associations");
	for (size_t i = 0; i < all->count; i++)
		emit_one(json, all, &all->list[i]);
	json_end(json);
	if (all->other_packets > 0)
		json_unsigned(json, "other_packets", all->other_packets);
}
