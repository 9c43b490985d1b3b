/* snmp_message.c: the messages of SNMP. RFC 1157 (v1), RFC 1901 and RFC 3416 (v2c), RFC 3412 (v3). */
#include "protocols/snmp.h"

enum { IP_ADDRESS = 0x40, SIZE_LEAST = 484 /* RFC 3412 6, msgMaxSize */ };

static bool read_community(struct span *s, struct snmp_message *m)
{
	m->community = ber_take(s, BER_OCTETS);
	m->pdu = ber_any(s, &m->pdu_tag);
	return !s->failed && span_left(m->community) <= SNMP_COMMUNITY_LIMIT && snmp_is_pdu(m->pdu_tag) &&
	       m->pdu_tag != SNMP_REPORT && (m->pdu_tag == SNMP_TRAP_V1 ? m->version == SNMP_V1 : true) &&
	       (m->pdu_tag >= SNMP_GET_BULK ? m->version == SNMP_V2C : true);
}

/* RFC 3412 6: the header, parameters of the security model, and the scoped PDU unless it is encrypted. */
static bool read_v3(struct span *s, struct snmp_message *m)
{
	struct span header = ber_take(s, BER_SEQUENCE), scoped;
	int64_t size, model;
	struct span flags;

	m->message_id = ber_integer(&header, BER_INTEGER);
	size = ber_integer(&header, BER_INTEGER);
	flags = ber_take(&header, BER_OCTETS);
	m->flags = span_peek(flags, 0);
	model = ber_integer(&header, BER_INTEGER);
	m->security = ber_take(s, BER_OCTETS);
	if (s->failed || header.failed || span_left(flags) != 1 || size < SIZE_LEAST || model < 1)
		return false;
	if (ber_peek(*s) == BER_OCTETS)
		return !ber_take(s, BER_OCTETS).failed;
	scoped = ber_take(s, BER_SEQUENCE);
	(void)ber_take(&scoped, BER_OCTETS); /* context engine */
	(void)ber_take(&scoped, BER_OCTETS); /* context name */
	m->pdu = ber_any(&scoped, &m->pdu_tag);
	return !s->failed && !scoped.failed && snmp_is_pdu(m->pdu_tag);
}

/* Request, error status and error index, and the list of variables; a trap of v1 begins with its enterprise.
 */
static bool is_pdu_sound(struct snmp_message m)
{
	if (m.pdu_tag == 0)
		return m.version == SNMP_V3;
	if (m.pdu_tag == SNMP_TRAP_V1) {
		(void)ber_take(&m.pdu, BER_OID);
		return span_left(ber_take(&m.pdu, IP_ADDRESS)) == 4;
	}
	for (int i = 0; i < 3; i++)
		(void)ber_integer(&m.pdu, BER_INTEGER);
	(void)ber_take(&m.pdu, BER_SEQUENCE);
	return !m.pdu.failed && span_left(m.pdu) == 0;
}

bool snmp_message_read(struct span s, struct snmp_message *ret_message)
{
	const struct span nothing = span_of(NULL, 0);
	struct snmp_message m = { .community = nothing, .security = nothing, .pdu = nothing };
	struct span content = ber_take(&s, BER_SEQUENCE);

	m.version = ber_integer(&content, BER_INTEGER);
	if (s.failed || content.failed || span_left(s) > 0)
		return false;
	if (m.version != SNMP_V1 && m.version != SNMP_V2C && m.version != SNMP_V3)
		return false;
	if (!(m.version == SNMP_V3 ? read_v3 : read_community)(&content, &m) || span_left(content) > 0)
		return false;
	*ret_message = m;
	return is_pdu_sound(m);
}
