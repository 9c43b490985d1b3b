/* parse_door.c: doors. What was written is kept, and what it comes to: transports and stretches of ports. */
#include "base/suggest.h"
#include "policy/door.h"

enum {
	MOST_SHOWN = 40,      /* bytes of a word in a message */
	MOST_PROPOSALS = 500, /* unknown protocols that are compared with the whole catalogue */
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

/* ssh: the protocol's own ports */
static bool own_ports(struct parser *p, const struct door_words *words, struct door *door)
{
	bool done = true;

	door->own_ports = true;
	if (door->service->door_count == 0) {
		refuse_door(p, words, "the protocol has no port of its own; one must be written");
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
	error = refuse_door(p, words, "the port is missing between protocol and transport");
	parser_fix(p, error, "%s/%u/%s", door->service->name, known_port(door->service), transport->name);
	return true;
}

static bool read_service(struct parser *p, const struct door_words *words, struct door *door)
{
	if (words->parts == 1)
		return own_ports(p, words, door);
	if (words->parts > 3) {
		refuse_door(p, words, "a door has at most three parts: protocol/port/transport");
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

	if (!is_digits(words->name))
		return false;
	error = refuse_door(p, words, "a door begins with its protocol or transport");
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
		if (!is_digits(cut(&token).name))
			previous = cut(&token).name;
	} while (parser_comma(p));
	if (!stands_alone(p, p->doors, count))
		return false;
	*ret_doors = parser_keep(p, p->doors, count, sizeof(*p->doors));
	*ret_count = count;
	return count > 0;
}
