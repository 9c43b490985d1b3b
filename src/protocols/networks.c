#include "protocols/networks.h"

void networks_add(struct networks *networks, const struct parse *parse, uint32_t number, size_t bytes)
{
	size_t i = 0;

	while (i < networks->count && networks->list[i].number != number)
		i++;
	if (i == NETWORKS_MOST) {
		networks->other_packets++;
		return;
	}
	if (i == networks->count) {
		networks->count++;
		networks->list[i].number = number;
	}
	networks->list[i].packets[parse->side]++;
	networks->list[i].bytes[parse->side] += bytes;
}

uint32_t networks_number(struct span header)
{
	span_skip(&header, 4);
	return span_u24(&header);
}

void networks_end(void *memory, struct parse *parse)
{
	const struct networks *const networks = memory;

	if (networks->count > 0)
		parse_event(parse, networks);
}

void networks_write(const struct networks *networks, struct json *json, const char *list, const char *number)
{
	if (networks->count == 0)
		return;
	json_open_array(json, list);
	for (size_t i = 0; i < networks->count; i++) {
		json_begin(json);
		json_unsigned(json, number, networks->list[i].number);
		json_unsigned(json, "pkts_toserver", networks->list[i].packets[SIDE_CLIENT]);
		json_unsigned(json, "pkts_toclient", networks->list[i].packets[SIDE_SERVER]);
		json_unsigned(json, "bytes_toserver", networks->list[i].bytes[SIDE_CLIENT]);
		json_unsigned(json, "bytes_toclient", networks->list[i].bytes[SIDE_SERVER]);
		json_end(json);
	}
	json_end(json);
	if (networks->other_packets > 0)
		json_unsigned(json, "other_packets", networks->other_packets);
}

void networks_emit(const void *record, struct json *json)
{
	networks_write(record, json, "networks", "vni");
}
