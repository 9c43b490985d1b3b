/* gtp_control.c: control messages of GTP: whose context is made, changed or ended, at which access point, and
 * through which tunnels. Version 1: 3GPP TS 29.060, section 7.7; version 2: TS 29.274, section 8. */
#include "protocols/gtp_control.h"

/* ---- elements that both versions have ---- */

/* TBCD: the first digit is the low half; 1111 fills the last octet (3GPP TS 29.002). */
static void read_digits(struct span s, char *text)
{
	size_t n = 0;

	while (span_left(s) > 0 && n + 2 < GTP_DIGITS) {
		const uint8_t octet = span_u8(&s);

		if ((octet & 0x0f) != 0x0f)
			text[n++] = "0123456789*#abc"[octet & 0x0f];
		if (octet >> 4 != 0x0f)
			text[n++] = "0123456789*#abc"[octet >> 4];
	}
	text[n] = '\0';
}

/* 3GPP TS 23.003, section 9.1: labels as in DNS, without an end. */
static void read_apn(struct span s, char *text)
{
	size_t n = 0;

	while (span_left(s) > 0) {
		const struct span label = span_take(&s, span_u8(&s));

		if (label.failed || n + 1 + span_left(label) >= GTP_APN)
			break;
		if (n > 0)
			text[n++] = '.';
		memcpy(text + n, label.at, span_left(label));
		n += span_left(label);
	}
	text[n] = '\0';
}

static void add_address(struct gtp_control *control, struct address address)
{
	if (!address_is_unspecified(&address) && control->address_count < GTP_ADDRESSES)
		control->addresses[control->address_count++] = address;
}

static void add_address_v4(struct gtp_control *control, struct span *s)
{
	const uint32_t address = span_u32(s);

	if (!s->failed)
		add_address(control, address_v4(address));
}

static void add_address_v6(struct gtp_control *control, struct span *s)
{
	const uint8_t *const at = span_header(s, 16);

	if (at != NULL)
		add_address(control, address_v6(at));
}

static struct gtp_endpoint *add_endpoint(struct gtp_control *control, const char *interface, uint32_t teid)
{
	struct gtp_endpoint *const endpoint = &control->endpoints[control->endpoint_count];

	if (control->endpoint_count == GTP_ENDPOINTS)
		return NULL;
	control->endpoint_count++;
	*endpoint = (struct gtp_endpoint){ .interface = interface, .teid = teid };
	return endpoint;
}

static struct gtp_bearer *add_bearer(struct gtp_control *control, uint8_t id)
{
	for (size_t i = 0; i < control->bearer_count; i++)
		if (control->bearers[i].id == id)
			return &control->bearers[i];
	if (control->bearer_count == GTP_BEARERS)
		return NULL;
	control->bearers[control->bearer_count] = (struct gtp_bearer){ .id = id };
	return &control->bearers[control->bearer_count++];
}

/* ---- version 1 ---- */

enum {
	CAUSE_1 = 1,
	IMSI_1 = 2,
	TEID_DATA = 16,
	TEID_CONTROL = 17,
	NSAPI = 20,
	USER_ADDRESS = 128,
	APN_1 = 131,
	NODE_ADDRESS = 133,
	MSISDN_1 = 134,
	RADIO_1 = 151,
	IMEI_1 = 154,
};

/* An address of IPv4, of IPv6, or first one and then the other. */
static void read_user_address(struct gtp_control *control, struct span s)
{
	span_skip(&s, 2); /* the kind, which the length tells as well */
	if (span_left(s) == 4 || span_left(s) == 20)
		add_address_v4(control, &s);
	if (span_left(s) == 16)
		add_address_v6(control, &s);
}

static struct address read_node(struct span s)
{
	const size_t length = span_left(s);

	if (length == 4)
		return address_v4(span_u32(&s));
	return length == 16 ? address_v6(s.at) : (struct address){ 0 };
}

/* The first address of a node is for signalling, the second for user data; where no tunnel of control is
 * named, the first is for user data. */
static void place_nodes(struct gtp_control *control, const struct address *nodes, size_t count)
{
	for (size_t i = 0; i < control->endpoint_count; i++) {
		struct gtp_endpoint *const endpoint = &control->endpoints[i];
		const bool second = strcmp(endpoint->interface, "data") == 0 && count > 1;

		endpoint->addresses[0] = nodes[second ? 1 : 0];
	}
}

static void read_v1(struct gtp_control *control, struct span s)
{
	struct address nodes[2] = { 0 };
	size_t node_count = 0;

	while (span_left(s) > 0) {
		const struct gtp_element element = gtp_take_element(&s, 1);
		struct span value = element.value;

		if (s.failed)
			break;
		switch (element.type) {
		case CAUSE_1:
			control->has_cause = true;
			control->cause = span_u8(&value);
			break;
		case IMSI_1: read_digits(value, control->imsi); break;
		case TEID_DATA: (void)add_endpoint(control, "data", span_u32(&value)); break;
		case TEID_CONTROL: (void)add_endpoint(control, "control", span_u32(&value)); break;
		case NSAPI: (void)add_bearer(control, span_u8(&value) & 0x0f); break;
		case USER_ADDRESS: read_user_address(control, value); break;
		case APN_1: read_apn(value, control->apn); break;
		case NODE_ADDRESS:
			if (node_count < 2)
				nodes[node_count++] = read_node(value);
			break;
		case MSISDN_1:
			span_skip(&value, 1); /* what kind of number it is */
			read_digits(value, control->msisdn);
			break;
		case RADIO_1: control->radio = gtp_radio_name(span_u8(&value)); break;
		case IMEI_1: read_digits(value, control->imei); break;
		default: break;
		}
	}
	place_nodes(control, nodes, node_count);
}

/* ---- version 2 ---- */

enum {
	IMSI_2 = 1,
	CAUSE_2 = 2,
	APN_2 = 71,
	BEARER_ID = 73,
	IMEI_2 = 75,
	MSISDN_2 = 76,
	USER_ADDRESSES = 79,
	RADIO_2 = 82,
	ENDPOINT = 87,
	BEARER = 93,

	HAS_IPV4 = 0x80,
	HAS_IPV6 = 0x40,
	INTERFACE = 0x3f,
};

static void read_endpoint(struct gtp_control *control, struct span s)
{
	const uint8_t head = span_u8(&s);
	struct gtp_endpoint *const endpoint = add_endpoint(control, gtp_interface_name(head & INTERFACE),
							   span_u32(&s));
	const uint8_t *at;

	if (endpoint == NULL)
		return;
	if ((head & HAS_IPV4) != 0)
		endpoint->addresses[0] = address_v4(span_u32(&s));
	if ((head & HAS_IPV6) != 0 && (at = span_header(&s, 16)) != NULL)
		endpoint->addresses[1] = address_v6(at);
}

static void read_user_addresses(struct gtp_control *control, struct span s)
{
	enum { IPV4 = 1, IPV6 = 2, BOTH = 3 };
	const uint8_t type = span_u8(&s) & 7;

	if (type == IPV6 || type == BOTH) {
		span_skip(&s, 1); /* the prefix' length */
		add_address_v6(control, &s);
	}
	if (type == IPV4 || type == BOTH)
		add_address_v4(control, &s);
}

/* A bearer has its own elements, of which none is a bearer. */
static void read_bearer(struct gtp_control *control, struct span s)
{
	struct gtp_bearer read = { 0 }, *bearer;

	while (span_left(s) > 0) {
		const struct gtp_element element = gtp_take_element(&s, 2);

		if (s.failed)
			break;
		if (element.type == BEARER_ID) {
			read.id = span_peek(element.value, 0) & 0x0f;
		} else if (element.type == CAUSE_2) {
			read.has_cause = true;
			read.cause = span_peek(element.value, 0);
		} else if (element.type == ENDPOINT) {
			read_endpoint(control, element.value);
		}
	}
	bearer = add_bearer(control, read.id);
	if (bearer != NULL)
		*bearer = read;
}

static void read_v2(struct gtp_control *control, struct span s)
{
	while (span_left(s) > 0) {
		const struct gtp_element element = gtp_take_element(&s, 2);

		if (s.failed)
			break;
		switch (element.type) {
		case IMSI_2: read_digits(element.value, control->imsi); break;
		case CAUSE_2:
			control->has_cause = true;
			control->cause = span_peek(element.value, 0);
			break;
		case APN_2: read_apn(element.value, control->apn); break;
		case BEARER_ID: (void)add_bearer(control, span_peek(element.value, 0) & 0x0f); break;
		case IMEI_2: read_digits(element.value, control->imei); break;
		case MSISDN_2: read_digits(element.value, control->msisdn); break;
		case USER_ADDRESSES: read_user_addresses(control, element.value); break;
		case RADIO_2: control->radio = gtp_radio_name(span_peek(element.value, 0)); break;
		case ENDPOINT: read_endpoint(control, element.value); break;
		case BEARER: read_bearer(control, element.value); break;
		default: break;
		}
	}
}

void gtp_control_read(struct gtp_control *control, const struct gtp_message *message)
{
	*control = (struct gtp_control){ .message = message };
	if (message->version == 1)
		read_v1(control, message->body);
	else
		read_v2(control, message->body);
}
