#include "audit/learn.h"
#include "audit/rooms.h"

#include <stdio.h>

enum { COMM_LENGTH = 15 };

static bool is_printable(char c)
{
	return c >= ' ' && c <= '~';
}

void learn_plain(struct buffer *out, const char *text)
{
	for (; *text != '\0'; text++) {
		if (is_printable(*text) && *text != '\\')
			buffer_add(out, text, 1);
		else
			buffer_format(out, "\\x%02x", (unsigned)(unsigned char)*text);
	}
}

static bool can_be_quoted(const char *text)
{
	for (const char *c = text; *c != '\0'; c++) {
		if (!is_printable(*c) || *c == '"' || *c == '\\')
			return false;
	}
	return *text != '\0';
}

/* ---- the door ---- */

static bool is_spoken(const struct service *service, const char *spoken)
{
	return service != NULL && service->spoken != NULL && strcmp(service->spoken, spoken) == 0;
}

/* The service that is spoken there: the one named as the protocol ("ssh", and "https" inside TLS), else the
 * one registered at the port, else any of that content. */
static const struct service *service_of(const struct audit_door *door, const char *spoken)
{
	const char *const inside = strncmp(spoken, "tls:", 4) == 0 ? spoken + 4 : NULL;
	const struct service *service;
	char name[64];

	snprintf(name, sizeof(name), "%s%s", inside != NULL ? inside : spoken, inside != NULL ? "s" : "");
	service = catalog_service(span_text(name));
	if (is_spoken(service, spoken))
		return service;
	for (size_t n = 0; (service = catalog_service_at(door->transport, door->port, n)) != NULL; n++) {
		if (is_spoken(service, spoken))
			return service;
	}
	for (size_t n = 0; (service = catalog_service_nth(n)) != NULL; n++) {
		if (is_spoken(service, spoken))
			return service;
	}
	return NULL;
}

/* Whether a rule that names no transport would open the port for the other one as well. */
static bool has_other_transport(const struct service *service, unsigned transport)
{
	const unsigned other = transport == TRANSPORT_TCP ? TRANSPORT_UDP : TRANSPORT_TCP;
	bool has_own = false, has_other = false;

	for (size_t i = 0; i < service->door_count; i++) {
		has_own |= service->doors[i].transport == transport;
		has_other |= service->doors[i].transport == other;
	}
	return has_other || !has_own;
}

static void write_door(struct buffer *out, const struct audit_door *door)
{
	const struct transport *const transport = catalog_transport(door->transport);
	char text[64];
	const char *const spoken = door->spoken != NULL ? knock_spoken(door->spoken, text) : NULL;
	const struct service *const service = spoken != NULL ? service_of(door, spoken) : NULL;
	const char *const name = transport != NULL ? transport->name : "all";

	if (transport != NULL && !transport->has_ports)
		buffer_text(out, name);
	else if (service == NULL)
		buffer_format(out, "%s/%u", name, door->port);
	else if (has_other_transport(service, door->transport))
		buffer_format(out, "%s/%u/%s", service->name, door->port, name);
	else
		buffer_format(out, "%s/%u", service->name, door->port);
}

/* ---- what was observed ---- */

static void write_observed(struct buffer *out, const struct audit_door *door)
{
	const struct knock_result *const heard = door->spoken;
	char text[64], addresses[AUDIT_ADDRESSES_TEXT];
	const char *const spoken = heard != NULL ? knock_spoken(heard, text) : NULL;

	buffer_text(out, "# ");
	write_door(out, door);
	buffer_text(out, ": ");
	if (spoken != NULL) {
		buffer_format(out, "%s", spoken);
		if (heard->answer.product[0] != '\0') {
			buffer_text(out, ", ");
			learn_plain(out, heard->answer.product);
			buffer_text(out, heard->answer.version[0] != '\0' ? " " : "");
			learn_plain(out, heard->answer.version);
		}
	} else if (heard == NULL || heard->outcome == KNOCK_NOT_ASKED) {
		buffer_text(out, "not asked what it speaks");
	} else if (heard->outcome == KNOCK_UNKNOWN) {
		buffer_text(out, "speaks what is not known here");
	} else if (heard->outcome == KNOCK_SILENT) {
		buffer_text(out, "silent when it was asked what it speaks");
	} else {
		buffer_text(out, "what it speaks could not be asked");
	}
	if (spoken == NULL && door->registered != NULL)
		buffer_format(out, "; the port is customary for %s", door->registered->name);
	buffer_text(out, "; bound to ");
	learn_plain(out, audit_addresses_short(door, addresses));
	buffer_text(out, "\n");
}

static void write_warning(struct buffer *out, const struct audit_door *door)
{
	const struct knock_result *const heard = door->spoken;
	const struct service *service;
	char text[64];

	if (heard == NULL || door->exposure <= EXPOSED_HOST || !spoken_is_clear(heard))
		return;
	service = service_of(door, knock_spoken(heard, text));
	buffer_text(out, "#   CLEAR TEXT: whoever is on the way can read and change it");
	if (service != NULL && service->instead != NULL)
		buffer_format(out, "; better: %s", service->instead);
	buffer_text(out, "\n");
}

/* ---- the rule ---- */

static void write_sources(struct buffer *out, const struct learned *first)
{
	static const char *const sources[] = {
		[EXPOSED_NOWHERE] = "self",    [EXPOSED_HOST] = "self",  [EXPOSED_LINK] = "link",
		[EXPOSED_PRIVATE] = "private", [EXPOSED_PUBLIC] = "any",
	};
	char text[ADDRESS_TEXT];

	buffer_format(out, " from %s", sources[first->door->exposure]);
	for (size_t i = 0; first->bound && i < first->door->socket_count; i++) {
		if (i == 0 || address_compare(&first->door->sockets[i]->local,
					      &first->door->sockets[i - 1]->local) != 0)
			buffer_format(out, "%s%s", i == 0 ? " to " : ", ",
				      address_text(&first->door->sockets[i]->local, text));
	}
	buffer_text(out, "\n");
}

/* The name by which `check` will know the holder again. The kernel cuts the name of a process; that of its
 * file is whole. */
static const char *holder_of(const struct audit_door *door)
{
	const struct host_process *const process = door->process;
	const char *slash;

	if (process == NULL || (process->pid == 1 && door->unit != NULL))
		return door->unit;
	slash = process->executable != NULL ? strrchr(process->executable, '/') : NULL;
	return strlen(process->name) == COMM_LENGTH && slash != NULL ? slash + 1 : process->name;
}

static void write_option(struct buffer *out, const char *name, const char *text)
{
	if (text != NULL && can_be_quoted(text))
		buffer_format(out, "    %-9s\"%s\"\n", name, text);
}

static const char *service_title(const struct learned *doors, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		const struct knock_result *const heard = doors[i].door->spoken;

		if (heard != NULL && heard->outcome == KNOCK_IDENTIFIED && heard->answer.product[0] != '\0')
			return heard->answer.product;
	}
	return doors[0].door->unit;
}

void learn_rule(struct buffer *out, const struct learned *doors, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		write_observed(out, doors[i].door);
		write_warning(out, doors[i].door);
	}
	buffer_text(out, "allow ");
	for (size_t i = 0; i < count; i++) {
		buffer_text(out, i > 0 ? ", " : "");
		write_door(out, doors[i].door);
	}
	write_sources(out, &doors[0]);
	write_option(out, "by", holder_of(doors[0].door));
	write_option(out, "service", service_title(doors, count));
	buffer_text(out, "    # owner   \"who answers for it\"\n"
			 "    # because \"who needs it, and what for\"\n");
}
