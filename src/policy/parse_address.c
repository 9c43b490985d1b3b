/* parse_address.c: lists of addresses, and the names that stand for them. */
#include "base/suggest.h"
#include "policy/options.h"

static const struct {
	const char *word;
	enum address_kind kind;
} words[] = {
	{ "any", ADDRESS_ANY },
	{ "self", ADDRESS_SELF },
	{ "local", ADDRESS_LOCAL },
	{ "multicast", ADDRESS_MULTICAST },
	{ "broadcast", ADDRESS_BROADCAST },
};

enum { WORDS = sizeof(words) / sizeof(words[0]), HOST_NAME_SIZE = 254 };

/* A name while others are still being read: addresses point at its first member. */
struct let {
	struct policy_name name;
	size_t number;
};

/* What is known of a name that was used and not found: where the error about it stands. */
struct early_use {
	size_t diagnostic;
};

static bool is_name(struct span word)
{
	for (size_t i = 0; i < span_left(word); i++) {
		const uint8_t c = word.at[i];
		const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';

		if (!letter && (i == 0 || (c != '-' && (c < '0' || c > '9'))))
			return false;
	}
	return span_left(word) > 0;
}

/* RFC 1123 section 2.1; with a dot, as a word without one is what `let` has named. */
static bool is_host_name(struct span word)
{
	const size_t dot = span_find(word, ".");

	if (span_find(word, "..") != SIZE_MAX)
		return false;
	for (size_t i = 0; i < span_left(word); i++) {
		const uint8_t c = word.at[i];
		const bool inside = i > 0 && i + 1 < span_left(word) && c == '-';

		if (!inside && c != '.' && c != '_' && (c < '0' || c > '9') && (c < 'a' || c > 'z') &&
		    (c < 'A' || c > 'Z'))
			return false;
	}
	return dot != SIZE_MAX && dot > 0 && span_left(word) < HOST_NAME_SIZE &&
	       word.at[span_left(word) - 1] != '.';
}

bool looks_like_address(struct span word)
{
	const uint8_t first = span_peek(word, 0);

	return (first >= '0' && first <= '9') || memchr(word.at, ':', span_left(word)) != NULL;
}

/* The prefix that the address in front of the slash lies in, when only the bits behind it are wrong. */
static bool nearest_prefix(struct span word, struct address_range *ret_prefix)
{
	struct span length = word, base = span_until(&length, '/');
	struct address address;
	uint64_t bits;

	if (base.failed || !address_parse(base, &address) ||
	    !span_number(length, address_is_v4(&address) ? 32 : 128, &bits))
		return false;
	*ret_prefix = address_prefix(&address, (unsigned)bits);
	return true;
}

static void refuse_address(struct parser *p, const struct token *token, const char *reason)
{
	const char *const word = parser_words(p, token);
	struct diagnostic *const error = parser_error(p, &token->place, "'%s' is not an address: %s", word,
						      reason);
	char text[ADDRESS_RANGE_TEXT];
	struct address_range prefix;
	struct span zone = token->text, address = span_until(&zone, '%');

	if (nearest_prefix(token->text, &prefix))
		parser_fix(p, error, "%s for the whole prefix, or the address alone",
			   address_range_text(&prefix, text));
	else if (!address.failed)
		parser_fix(p, error, "%.*s, and behind the addresses: on %.*s", (int)span_left(address),
			   (const char *)address.at, (int)span_left(zone), (const char *)zone.at);
}

/* Names that are offered: every `let` so far, and the words. Only on the way to an error. */
static const char *nearest_name(struct parser *p, const char *typed)
{
	struct suggestion near = { .typed = typed };

	for (size_t i = 0; i < p->let_count; i++)
		suggest_offer(&near, p->lets[i]->name.name);
	for (size_t i = 0; i < WORDS; i++)
		suggest_offer(&near, words[i].word);
	return near.best;
}

/* A later `let` of this name turns the error into another. */
static void note_early_use(struct parser *p, struct span name)
{
	struct early_use *use = names_find(&p->early, name);
	char *text;

	if (use != NULL)
		return;
	use = arena_alloc(p->arena, sizeof(*use));
	text = arena_span_text(p->arena, name);
	if (use == NULL || text == NULL || !names_add(&p->early, p->arena, text, use)) {
		parser_memory(p);
		return;
	}
	use->diagnostic = p->diagnostics->count - 1;
}

static void unknown_name(struct parser *p, const struct token *token)
{
	const char *const word = parser_words(p, token);
	struct diagnostic *error;
	const char *near;

	if (memchr(token->text.at, '.', span_left(token->text)) != NULL) {
		error = parser_error(
			p, &token->place,
			is_host_name(token->text)
				? "'%s' is not an address, and names of hosts are not looked up here"
				: "'%s' is not an address, and not the name of a host",
			word);
		parser_fix(p, error, "give its addresses a name:  let NAME = 192.0.2.1, 2001:db8::1");
		return;
	}
	error = parser_error(p, &token->place, "there is no name '%s'", word);
	if (error == NULL)
		return;
	near = nearest_name(p, word);
	if (near != NULL)
		parser_fix(p, error, "did you mean '%s'?", near);
	else
		parser_fix(p, error, "say what it stands for, above:  let %s = ADDRESSES", word);
	if (is_name(token->text))
		note_early_use(p, token->text);
}

static bool add_name(struct parser *p, struct let *let)
{
	struct let **grown = parser_grow(p, p->lets, p->let_count, &p->lets_capacity, sizeof(struct let *));

	if (grown == NULL || !names_add(&p->names, p->arena, let->name.name, let))
		return parser_memory(p);
	p->lets = grown;
	let->number = p->let_count;
	grown[p->let_count++] = let;
	return true;
}

static bool list_addresses(struct parser *p, const struct token *token, const struct address *addresses,
			   size_t count, struct address_list *list)
{
	list->terms = arena_array(p->arena, count, sizeof(*list->terms));
	if (list->terms == NULL)
		return parser_memory(p);
	list->count = count;
	for (size_t i = 0; i < count; i++)
		list->terms[i] = (struct address_term){ .kind = ADDRESS_RANGE,
							.range = { addresses[i], addresses[i] },
							.place = token->place };
	return true;
}

/* A host's name is a name that nobody had to give, for the addresses that are looked up where it is met
 * first. */
static struct let *host_by_name(struct parser *p, const struct token *token)
{
	struct let *const let = arena_alloc(p->arena, sizeof(*let));
	struct address *addresses;
	struct diagnostic *error;
	struct error err;
	size_t count;

	if (let == NULL || (let->name.name = arena_span_text(p->arena, token->text)) == NULL) {
		parser_memory(p);
		return NULL;
	}
	let->name.place = token->place;
	if (!p->lookup->look_up(p->lookup->context, p->arena, let->name.name, &addresses, &count, &err)) {
		error = parser_error(p, &token->place, "the host '%s' is not found: %s", let->name.name,
				     err.text);
		parser_fix(p, error, "give its addresses a name:  let NAME = 192.0.2.1, 2001:db8::1");
		return NULL;
	}
	return list_addresses(p, token, addresses, count, &let->name.addresses) && add_name(p, let) ? let
												    : NULL;
}

static bool read_term(struct parser *p, const struct token *token, struct address_term *ret_term)
{
	const char *reason = NULL;

	*ret_term = (struct address_term){ .place = token->place };
	for (size_t i = 0; i < WORDS; i++) {
		if (span_is(token->text, words[i].word)) {
			ret_term->kind = words[i].kind;
			return true;
		}
	}
	if (looks_like_address(token->text)) {
		ret_term->kind = ADDRESS_RANGE;
		if (address_range_parse(token->text, &ret_term->range, &reason))
			return true;
		refuse_address(p, token, reason);
		return false;
	}
	ret_term->kind = ADDRESS_NAMED;
	/* The name is the first member of what `let` made; keep_names() looks behind it. */
	ret_term->name = names_find(&p->names, token->text);
	if (ret_term->name == NULL && p->lookup != NULL && is_host_name(token->text)) {
		ret_term->name = (const struct policy_name *)(const void *)host_by_name(p, token);
		return ret_term->name != NULL;
	}
	if (ret_term->name == NULL)
		unknown_name(p, token);
	return ret_term->name != NULL;
}

static bool missing_address(struct parser *p, const struct token *token, const char *what)
{
	struct diagnostic *error;

	if (token->kind == TOKEN_WORD && !begins_clause(token) && !span_is(token->text, "except"))
		return false;
	if (token->kind == TOKEN_BAD)
		return true;
	error = parser_error(p, &token->place, "an address is missing behind %s", what);
	if (token->kind == TOKEN_STRING)
		parser_fix(p, error, "addresses and names stand without quotes");
	else
		parser_fix(p, error, "any, an address, a prefix such as 192.0.2.0/24, a range, or a name");
	return true;
}

/* address { "," address }. False if any of them was wrong. */
static bool parse_terms(struct parser *p, struct address_term **ret_terms, size_t *ret_count,
			const char *what)
{
	size_t count = 0;
	bool good = true;

	do {
		const struct token token = *parser_peek(p);
		struct address_term *grown;

		if (missing_address(p, &token, what)) {
			good = false;
			if (token.kind == TOKEN_BAD || token.kind == TOKEN_STRING)
				parser_take(p);
			continue;
		}
		parser_take(p);
		grown = parser_grow(p, p->terms, count, &p->terms_capacity, sizeof(*grown));
		if (grown == NULL)
			return false;
		p->terms = grown;
		if (read_term(p, &token, &grown[count]))
			count++;
		else
			good = false;
		what = "the comma";
	} while (parser_comma(p));
	*ret_terms = parser_keep(p, p->terms, count, sizeof(*p->terms));
	*ret_count = count;
	return good;
}

bool parse_addresses(struct parser *p, struct address_list *ret_list, const char *what)
{
	bool good;

	*ret_list = (struct address_list){ 0 };
	good = parse_terms(p, &ret_list->terms, &ret_list->count, what);
	if (parser_accept(p, "except"))
		good &= parse_terms(p, &ret_list->except, &ret_list->except_count, "'except'");
	return good;
}

/* The error about a name that was used too early says so, once the name turns up. */
static void explain_early_use(struct parser *p, const struct policy_name *name)
{
	const struct early_use *const use = names_find(&p->early, span_text(name->name));
	struct diagnostic *error;

	if (use == NULL)
		return;
	error = &p->diagnostics->list[use->diagnostic];
	error->text = arena_format(p->arena, "the name '%.60s' is used above its let", name->name);
	if (error->text == NULL)
		error->text = "a name is used above its let";
	error->fix = "move the let up";
	error->other = name->place;
}

static bool check_name(struct parser *p, const struct token *token)
{
	const struct let *known;
	struct diagnostic *error;

	if (token->kind == TOKEN_BAD)
		return false;
	if (token->kind != TOKEN_WORD || !is_name(token->text)) {
		error = parser_error(p, &token->place,
				     token->kind == TOKEN_WORD ? "'%s' cannot be a name"
							       : "a name is missing behind 'let'%.0s",
				     parser_words(p, token));
		parser_fix(p, error, "a name has letters, digits, '-' and '_', and begins with a letter");
		return false;
	}
	if (is_reserved(token->text)) {
		error = parser_error(p, &token->place, "'%s' is a word of the language and cannot be a name",
				     parser_words(p, token));
		parser_fix(p, error, "choose another: my-%s", parser_words(p, token));
		return false;
	}
	known = names_find(&p->names, token->text);
	if (known == NULL)
		return true;
	error = parser_error(p, &token->place, "the name '%s' is given twice", parser_words(p, token));
	if (error != NULL)
		error->other = known->name.place;
	return false;
}

static void add_let(struct parser *p, struct statement *statement, struct let *let)
{
	if (!add_name(p, let))
		return;
	statement->kind = STATEMENT_NAME;
	statement->index = let->number;
	explain_early_use(p, &let->name);
}

/* The '=' behind the name; without it the statement is worth reading on only if something like addresses
 * follows. */
static bool parse_equals(struct parser *p, const struct token *name, bool good_name)
{
	struct diagnostic *error;

	if (parser_peek(p)->kind == TOKEN_EQUALS) {
		parser_take(p);
		return true;
	}
	if (!good_name)
		return false;
	error = parser_error(p, &parser_peek(p)->place, "'=' is missing behind the name");
	parser_fix(p, error, "let %s = ADDRESSES", parser_words(p, name));
	return parser_peek(p)->kind != TOKEN_END;
}

void parse_let(struct parser *p, struct statement *statement, const struct token *keyword)
{
	const struct token token = *parser_peek(p);
	const bool good = check_name(p, &token);
	struct let *const let = arena_alloc(p->arena, sizeof(*let));

	if (let == NULL) {
		parser_memory(p);
		return;
	}
	if (token.kind != TOKEN_EQUALS)
		parser_take(p);
	if (!parse_equals(p, &token, good)) {
		lexer_skip_statement(&p->lexer);
		return;
	}
	let->name.name = arena_span_text(p->arena, token.text);
	parse_addresses(p, &let->name.addresses, "'='");
	let->name.place = statement_place(p, keyword);
	if (let->name.name == NULL)
		parser_memory(p);
	else if (good)
		add_let(p, statement, let);
}

static void point_at_model(struct parser *p, struct address_term *terms, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		const struct let *let;

		if (terms[i].kind != ADDRESS_NAMED)
			continue;
		let = (const struct let *)(const void *)terms[i].name;
		terms[i].name = &p->policy->names[let->number];
	}
}

static void list_points_at_model(struct parser *p, struct address_list *list)
{
	point_at_model(p, list->terms, list->count);
	point_at_model(p, list->except, list->except_count);
}

bool keep_names(struct parser *p)
{
	struct policy *const policy = p->policy;

	if (p->let_count == 0)
		return true;
	policy->names = arena_array(p->arena, p->let_count, sizeof(*policy->names));
	if (policy->names == NULL)
		return parser_memory(p);
	policy->name_count = p->let_count;
	for (size_t i = 0; i < p->let_count; i++) {
		policy->names[i] = p->lets[i]->name;
		list_points_at_model(p, &policy->names[i].addresses);
	}
	for (size_t i = 0; i < policy->rule_count; i++) {
		list_points_at_model(p, &policy->rules[i].from);
		list_points_at_model(p, &policy->rules[i].to);
	}
	return true;
}
