/* naming.c: names under the address and who asked for them, and under the address alone. */
#include "protocols/naming.h"

_Static_assert(sizeof(struct naming) <= MEMORY_RECORD, "a naming fits into a record");

struct key {
	struct address address, asker;
};

static const struct memory_room names = {
	.name = "names",
	.key_size = sizeof(struct key),
	.value_size = sizeof(struct name),
	.limit = NAMES_LIMIT,
};

static void set(struct memory *memory, const struct naming *naming, const struct address *asker)
{
	const struct key key = { .address = naming->address,
				 .asker = asker != NULL ? *asker : (struct address){ { 0 } } };
	struct name *const name = memory_put(memory, &names, &key);

	if (name != NULL && (name->length == 0 || name->reverse || !naming->name.reverse))
		*name = naming->name;
}

void naming_learn(struct memory *memory, const struct naming *naming)
{
	set(memory, naming, NULL);
	if (!address_is_unspecified(&naming->asker))
		set(memory, naming, &naming->asker);
}

const struct name *naming_of(struct memory *memory, const struct address *address,
			     const struct address *asker)
{
	struct key key = { .address = *address };
	const struct name *const newest = memory_find(memory, &names, &key);
	const struct name *told;

	if (newest == NULL || asker == NULL)
		return newest;
	key.asker = *asker;
	told = memory_find(memory, &names, &key);
	return told != NULL ? told : newest;
}

static void meet(struct memory *memory, const void *record, struct json *json)
{
	(void)json;
	naming_learn(memory, record);
}

static void tell(struct parse *parse, struct naming *naming, struct span text)
{
	const size_t length = span_left(text);

	if (length == 0 || length > NAMING_TEXT || address_is_unspecified(&naming->address))
		return;
	naming->name.by = parse->protocol->name;
	naming->name.length = (uint8_t)length;
	memcpy(naming->name.text, text.at, length);
	parse_remember(parse, &(struct parse_memo){ meet, naming, sizeof(*naming) });
}

void naming_tell(struct parse *parse, const struct address *address, struct span text)
{
	tell(parse, &(struct naming){ .address = *address }, text);
}

void naming_tell_asked(struct parse *parse, const struct address *address, struct span text)
{
	tell(parse, &(struct naming){ .address = *address, .asker = parse->addresses[SIDE_CLIENT] }, text);
}

void naming_tell_reverse(struct parse *parse, const struct address *address, struct span text)
{
	tell(parse, &(struct naming){ .address = *address, .name = { .reverse = true } }, text);
}
