/* parse_door.c: doors. What was written is kept, and what it comes to: transports and stretches of ports. */
#include "base/suggest.h"
#include "policy/options.h"

enum {
	MOST_SHOWN = 40,      /* bytes of a word in a message */
	MOST_PROPOSALS = 500, /* unknown protocols that are compared with the whole catalogue */
};

/* A door's word, cut at its slashes. */
struct door_words {
	const struct token *token;
	struct span name, ports, behind;
	size_t parts; /* 4: more than there can be */
};

static struct door_words cut(const struct token *token)
{
	struct door_words words = { .token = token, .parts = 1 };
	struct span rest = token->text, *const slots[] = { &words.name, &words.ports, &words.behind };

	words.name = words.ports = words.behind = span_of(NULL, 0);
	for (size_t i = 0; i < 3; i++) {
		struct span tail = rest, part = span_until(&tail, '/');

		*slots[i] = part.failed ? rest : part;
		if (part.failed)
			return words;
		rest = tail;
		words.parts++;
	}
	return words;
}

static bool has_digits_only(struct span s)
{
	uint64_t number;

	return span_number(s, UINT64_MAX, &number);
}

static struct diagnostic *refuse(struct parser *p, const struct door_words *words, const char *problem)
{
	return parser_error(p, &words->token->place, "'%s': %s", parser_words(p, words->token), problem);
}

static bool add_match(struct parser *p, struct door *door, unsigned transport, uint16_t first, uint16_t last)
{
	struct match *grown;

	for (size_t i = 0; i < door->match_count; i++) {
		const struct match *const known = &door->matches[i];

		if (known->transport == transport && known->first == first && known->last == last)
			return true;
	}
	grown = arena_array(p->arena, door->match_count + 1, sizeof(*grown));
	if (grown == NULL)
		return parser_memory(p);
	if (door->match_count > 0)
		memcpy(grown, door->matches, door->match_count * sizeof(*grown));
	grown[door->match_count++] = (struct match){ (uint16_t)transport, first, last };
	door->matches = grown;
	return true;
}

static const struct port_bounds *range_named(struct span word)
{
	for (size_t i = 0; i < PORT_RANGES; i++) {
		if (span_is(word, catalog_port_ranges[i].name))
			return &catalog_port_ranges[i];
	}
	return NULL;
}

static bool refuse_number(struct parser *p, const struct door_words *words, struct span number, unsigned most)
{
	const char *const what = most > UINT8_MAX ? "port" : "type";
	const struct service *const service = catalog_service(words->name);
	const int shown = span_left(number) > MOST_SHOWN ? MOST_SHOWN : (int)span_left(number);
	struct diagnostic *error;

	if (span_left(number) == 0) {
		refuse(p, words, "one end of the range is missing");
		return false;
	}
	if (has_digits_only(number))
		error = parser_error(p, &words->token->place, "%s %.*s is out of range (0-%u)", what, shown,
				     (const char *)number.at, most);
	else
		error = parser_error(p, &words->token->place, "'%.*s' is not a %s", shown,
				     (const char *)number.at, what);
	if (service != NULL && service->door_count > 0)
		parser_fix(p, error, "the %s of %s is %s/%u", what, service->name, service->name,
			   service->doors[0].first);
	return false;
}

static struct diagnostic *last_error(struct parser *p)
{
	struct diagnostics *const d = p->diagnostics;

	return d->count > 0 && d->count < DIAGNOSTICS_LIMIT ? &d->list[d->count - 1] : NULL;
}

/* number | number "-" number */
static bool read_numbers(struct parser *p, const struct door_words *words, unsigned most, struct door *door)
{
	struct span last = words->ports, first = span_until(&last, '-');
	uint64_t from, to;

	if (first.failed)
		first = last = words->ports;
	if (!span_number(first, most, &from))
		return refuse_number(p, words, first, most);
	if (!span_number(last, most, &to))
		return refuse_number(p, words, last, most);
	if (from > to) {
		struct diagnostic *const error = refuse(p, words, "the range ends before it begins");

		parser_fix(p, error, "%.*s/%u-%u", (int)span_left(words->name), (const char *)words->name.at,
			   (unsigned)to, (unsigned)from);
		return false;
	}
	door->first = (uint16_t)from;
	door->last = (uint16_t)to;
	return true;
}

static bool read_ports(struct parser *p, const struct door_words *words, struct door *door)
{
	const struct port_bounds *const range = range_named(words->ports);
	struct suggestion near = { .typed = "" };
	char typed[32];

	if (range != NULL) {
		door->range_name = range->name;
		door->first = range->first;
		door->last = range->last;
		return true;
	}
	if (span_left(words->ports) == 0) {
		refuse(p, words, "the port is missing behind the slash");
		return false;
	}
	if (read_numbers(p, words, UINT16_MAX, door))
		return true;
	near.typed = span_copy_text(words->ports, typed, sizeof(typed));
	for (size_t i = 0; i < PORT_RANGES; i++)
		suggest_offer(&near, catalog_port_ranges[i].name);
	if (near.best != NULL)
		parser_fix(p, last_error(p), "did you mean '%s'?", near.best);
	return false;
}

/* icmp/echo-request, icmp/8 */
static bool read_icmp(struct parser *p, const struct door_words *words, struct door *door)
{
	const unsigned transport = door->transport->number;
	struct suggestion near = { .typed = "" };
	const struct icmp_type *type;
	struct diagnostic *error;
	char typed[64];

	door->icmp_type = catalog_icmp_named(transport, words->ports);
	if (door->icmp_type != NULL)
		door->first = door->last = door->icmp_type->type;
	else if (span_peek(words->ports, 0) >= '0' && span_peek(words->ports, 0) <= '9') {
		if (!read_numbers(p, words, UINT8_MAX, door))
			return false;
	} else {
		near.typed = span_copy_text(words->ports, typed, sizeof(typed));
		error = parser_error(p, &words->token->place, "%s has no message type '%s'",
				     door->transport->name, near.typed);
		for (size_t i = 0; error != NULL && (type = catalog_icmp_nth(i)) != NULL; i++) {
			if (type->transport == transport)
				suggest_offer(&near, type->name);
		}
		if (near.best != NULL)
			parser_fix(p, error, "did you mean %s/%s?", door->transport->name, near.best);
		return false;
	}
	return add_match(p, door, transport, door->first, door->last);
}

static bool is_icmp(const struct transport *transport)
{
	return transport->number == TRANSPORT_ICMP || transport->number == TRANSPORT_ICMPV6;
}

/* The port that a service is known by, for a proposal; 0 without one. */
static unsigned known_port(const struct service *service)
{
	return service->door_count > 0 ? service->doors[0].first : 0;
}

/* tcp, tcp/8443, udp/well-known, icmp, icmp/8, esp */
static bool read_transport(struct parser *p, const struct door_words *words, struct door *door)
{
	const struct service *const service = catalog_service(words->ports);
	struct diagnostic *error;

	if (words->parts > 2) {
		error = refuse(p, words, "a transport stands before the ports or behind them, not both");
		parser_fix(p, error, "%s/%.*s", door->transport->name, (int)span_left(words->ports),
			   (const char *)words->ports.at);
		return false;
	}
	if (words->parts == 1) {
		door->last = UINT16_MAX;
		return add_match(p, door, door->transport->number, 0, UINT16_MAX);
	}
	if (is_icmp(door->transport))
		return read_icmp(p, words, door);
	if (!door->transport->has_ports) {
		error = parser_error(p, &words->token->place, "%s has no ports", door->transport->name);
		parser_fix(p, error, "%s", door->transport->name);
		return false;
	}
	if (service != NULL) {
		error = refuse(p, words, "a port is a number here");
		parser_fix(p, error, "%s/%u for the protocol, %s/%u for the port whatever is spoken there",
			   service->name, known_port(service), door->transport->name, known_port(service));
		return false;
	}
	return read_ports(p, words, door) &&
	       add_match(p, door, door->transport->number, door->first, door->last);
}

/* ssh: the protocol's own ports */
static bool own_ports(struct parser *p, const struct door_words *words, struct door *door)
{
	bool done = true;

	door->own_ports = true;
	if (door->service->door_count == 0) {
		refuse(p, words, "the protocol has no port of its own; one must be written");
		return false;
	}
	for (size_t i = 0; i < door->service->door_count; i++) {
		const struct catalog_door *const own = &door->service->doors[i];
		const struct transport *const transport = catalog_transport(own->transport);
		const bool has_ports = transport != NULL && transport->has_ports;

		done = done && add_match(p, door, own->transport, has_ports ? own->first : 0,
					 has_ports ? own->last : UINT16_MAX);
	}
	return done;
}

/* http/8080: the transports that the protocol is registered for */
static bool registered_transports(struct parser *p, const struct door_words *words, struct door *door)
{
	struct diagnostic *error;

	for (size_t i = 0; i < door->service->door_count; i++) {
		const struct transport *const transport = catalog_transport(
			door->service->doors[i].transport);

		if (transport != NULL && transport->has_ports &&
		    !add_match(p, door, transport->number, door->first, door->last))
			return false;
	}
	if (door->match_count > 0)
		return true;
	error = parser_error(p, &words->token->place, "%s has no ports", door->service->name);
	parser_fix(p, error, "%s", door->service->name);
	return false;
}

static bool given_transport(struct parser *p, const struct door_words *words, struct door *door)
{
	struct diagnostic *error;

	door->transport = catalog_transport_named(words->behind);
	if (door->transport != NULL && door->transport->has_ports)
		return add_match(p, door, door->transport->number, door->first, door->last);
	if (door->transport != NULL)
		error = parser_error(p, &words->token->place, "%s has no ports", door->transport->name);
	else
		error = parser_error(p, &words->token->place, "'%.*s' is not a transport",
				     span_left(words->behind) > MOST_SHOWN ? MOST_SHOWN
									   : (int)span_left(words->behind),
				     (const char *)words->behind.at);
	parser_fix(p, error, "%s/%.*s/tcp, or /udp, /sctp, /dccp, /udplite", door->service->name,
		   (int)span_left(words->ports), (const char *)words->ports.at);
	return false;
}

/* dns/udp: the port was forgotten between the two */
static bool is_missing_port(struct parser *p, const struct door_words *words, const struct door *door)
{
	const struct transport *const transport = catalog_transport_named(words->ports);
	struct diagnostic *error;

	if (transport == NULL || words->parts != 2)
		return false;
	error = refuse(p, words, "the port is missing between protocol and transport");
	parser_fix(p, error, "%s/%u/%s", door->service->name, known_port(door->service), transport->name);
	return true;
}

static bool read_service(struct parser *p, const struct door_words *words, struct door *door)
{
	if (words->parts == 1)
		return own_ports(p, words, door);
	if (words->parts > 3) {
		refuse(p, words, "a door has at most three parts: protocol/port/transport");
		return false;
	}
	if (is_missing_port(p, words, door) || !read_ports(p, words, door))
		return false;
	return words->parts == 3 ? given_transport(p, words, door) : registered_transports(p, words, door);
}

static bool is_well_known(const struct service *service)
{
	return service->door_count > 0 && catalog_port_range(service->doors[0].first) == PORTS_WELL_KNOWN;
}

static void offer_services(struct suggestion *near, bool well_known)
{
	const struct service *service;

	for (size_t i = 0; (service = catalog_service_nth(i)) != NULL; i++) {
		if (is_well_known(service) != well_known)
			continue;
		suggest_offer(near, service->name);
		for (size_t a = 0; service->aliases != NULL && service->aliases[a] != NULL; a++)
			suggest_offer(near, service->aliases[a]);
	}
}

/* Of words that are equally near the first is kept, so what is most common comes first. */
static void offer_all(struct suggestion *near)
{
	const struct transport *transport;

	suggest_offer(near, "all");
	offer_services(near, true);
	for (unsigned number = 0; number <= UINT8_MAX; number++) {
		transport = catalog_transport(number);
		if (transport != NULL && transport->name != NULL)
			suggest_offer(near, transport->name);
	}
	offer_services(near, false);
}

/* 8080 behind http/80, or 80/tcp, which other tools write. */
static bool refuse_number_first(struct parser *p, const struct door_words *words, struct span previous)
{
	const struct transport *const transport = catalog_transport_named(words->ports);
	const struct service *const service = catalog_service(words->ports);
	struct diagnostic *error;

	if (!has_digits_only(words->name))
		return false;
	error = refuse(p, words, "a door begins with its protocol or transport");
	if (transport != NULL || service != NULL)
		parser_fix(p, error, "%s/%.*s", transport != NULL ? transport->name : service->name,
			   (int)span_left(words->name), (const char *)words->name.at);
	else if (span_left(previous) > 0)
		parser_fix(p, error, "%.*s/%.*s", (int)span_left(previous), (const char *)previous.at,
			   (int)span_left(words->name), (const char *)words->name.at);
	else
		parser_fix(p, error, "tcp/%.*s, or udp/%.*s", (int)span_left(words->name),
			   (const char *)words->name.at, (int)span_left(words->name),
			   (const char *)words->name.at);
	return true;
}

static bool refuse_name(struct parser *p, const struct door_words *words, struct span previous)
{
	struct suggestion near;
	struct diagnostic *error;
	char typed[64];

	if (refuse_number_first(p, words, previous))
		return false;
	near = (struct suggestion){ .typed = span_copy_text(words->name, typed, sizeof(typed)) };
	error = parser_error(p, &words->token->place, "there is no protocol or transport '%s'", typed);
	if (error == NULL || p->proposals++ >= MOST_PROPOSALS)
		return false;
	offer_all(&near);
	if (near.best != NULL)
		parser_fix(p, error, "did you mean '%s'?", near.best);
	else if (words->parts > 1)
		parser_fix(p, error, "tcp/%.*s opens the port whatever is spoken there",
			   (int)span_left(words->ports), (const char *)words->ports.at);
	return false;
}

/* One door; `previous` is the name in the door before it, for a proposal. */
static bool read_door(struct parser *p, const struct token *token, struct span previous,
		      struct door *ret_door)
{
	const struct door_words words = cut(token);

	*ret_door = (struct door){ .place = token->place };
	if (span_is(token->text, "all")) {
		ret_door->all = true;
		ret_door->last = UINT16_MAX;
		return add_match(p, ret_door, TRANSPORT_ANY, 0, UINT16_MAX);
	}
	ret_door->transport = catalog_transport_named(words.name);
	if (ret_door->transport != NULL)
		return read_transport(p, &words, ret_door);
	ret_door->service = catalog_service(words.name);
	if (ret_door->service != NULL)
		return read_service(p, &words, ret_door);
	return refuse_name(p, &words, previous);
}

static bool missing_door(struct parser *p, const struct token *token)
{
	struct diagnostic *error;

	if (token->kind == TOKEN_BAD) {
		parser_take(p);
		return true;
	}
	if (token->kind == TOKEN_WORD && !begins_clause(token))
		return false;
	error = parser_error(p, &token->place, "a door is missing here");
	parser_fix(p, error, "a protocol and its port, such as http/80, or all");
	if (token->kind == TOKEN_STRING || token->kind == TOKEN_EQUALS)
		parser_take(p);
	return true;
}

static bool stands_alone(struct parser *p, const struct door *doors, size_t count)
{
	for (size_t i = 0; count > 1 && i < count; i++) {
		if (!doors[i].all)
			continue;
		parser_fix(p,
			   parser_error(p, &doors[i].place, "'all' stands alone: it holds every other door"),
			   "leave the other doors out, or 'all'");
		return false;
	}
	return true;
}

bool parse_doors(struct parser *p, struct door **ret_doors, size_t *ret_count)
{
	struct span previous = span_of(NULL, 0);
	size_t count = 0;

	do {
		const struct token token = *parser_peek(p);
		struct door *grown;

		if (missing_door(p, &token))
			continue;
		parser_take(p);
		grown = parser_grow(p, p->doors, count, &p->doors_capacity, sizeof(*grown));
		if (grown == NULL)
			return false;
		p->doors = grown;
		if (read_door(p, &token, previous, &grown[count]))
			count++;
		if (!has_digits_only(cut(&token).name))
			previous = cut(&token).name;
	} while (parser_comma(p));
	if (!stands_alone(p, p->doors, count))
		return false;
	*ret_doors = parser_keep(p, p->doors, count, sizeof(*p->doors));
	*ret_count = count;
	return count > 0;
}
