#include "protocols/told.h"
#include "base/hash.h"

bool told_is_news(struct told *told, const struct parse *parse, unsigned kind, struct span message)
{
	const uint64_t who = (uint64_t)kind << 1 | parse->side;
	const uint64_t hash = hash_number(hash_bytes(message.at, span_left(message)) ^ hash_number(who));
	const uint32_t short_hash = (uint32_t)hash | 1; /* zero is an empty place */

	for (size_t i = 0; i < TOLD_MOST; i++)
		if (told->hashes[i] == short_hash)
			return false;
	told->hashes[told->next++ % TOLD_MOST] = short_hash;
	return true;
}

bool told_wide_is_news(struct told_wide *told, struct span who, struct span message)
{
	const uint64_t place = hash_number(hash_bytes(who.at, span_left(who))) % TOLD_WIDE;
	const uint32_t hash = (uint32_t)hash_bytes(message.at, span_left(message)) | 1;
	const bool is_news = told->hashes[place] != hash;

	told->hashes[place] = hash;
	return is_news;
}
