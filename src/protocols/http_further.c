/* http_further.c: what a web server is asked besides its first page, where that left open which program it
 * is: the page that it sends to, the interface of the program that tells its version, what engines of
 * containers, clusters and registries of images have instead of a page, whether a broker of messages stands
 * behind it, and something that is no HTTP, as programs word their refusals in their own ways. All are
 * harmless, and none is asked of who has told already. */
#include "protocols/http.h"
#include "protocols/mqtt.h"

#include <stdio.h>

enum { TO_FOLLOW, TO_ASK_VERSION, TO_PING, TO_ASK_API, TO_ASK_REGISTRY, TO_ASK_BROKER, TO_BE_REFUSED };
_Static_assert(TO_BE_REFUSED + 1 == HTTP_FURTHER, "each has its number");

/* Where programs tell their version, and the key before it; Privoxy answers for itself under its own name,
 * Snapcast to a call of JSON-RPC that reads. RabbitMQ gives away a program that has its own version. Of what
 * an exporter measures the least is asked for. */
static const struct {
	const char *product, *target, *key;
	const char *call; /* NULL where the target is got */
} interfaces[] = {
	{ "Alertmanager", "/api/v2/status", "\"version\"", NULL },
	{ "Apache Tomcat", "/doorward/none", "Apache Tomcat/", NULL },
	{ "Consul", "/v1/agent/self", "\"Version\"", NULL },
	{ "Grafana", "/api/health", "\"version\"", NULL },
	{ "Jellyfin", "/System/Info/Public", "\"Version\"", NULL },
	{ "Node.js inspector", "/json/version", "node.js/v", NULL },
	{ "Privoxy", "http://p.p/", "Privoxy</a>", NULL },
	{ "Prometheus", "/api/v1/status/buildinfo", "\"version\"", NULL },
	{ "Prometheus Pushgateway", "/api/v1/status", "\"version\"", NULL },
	{ "Prometheus blackbox exporter", "/metrics", ",version=", NULL },
	{ "Prometheus mysqld exporter", "/metrics", ",version=", NULL },
	{ "Prometheus node exporter", "/metrics?collect[]=time", ",version=", NULL },
	{ "RabbitMQ", "/cli/rabbitmqadmin", "\nVERSION = ", NULL },
	{ "Snapcast", "/jsonrpc", "\"name\":\"Snapserver\",\"protocolVersion\":1,\"version\"",
	  "{\"id\":1,\"jsonrpc\":\"2.0\",\"method\":\"Server.GetStatus\"}" },
	{ "Solr", "/solr/admin/info/system?wt=json", "\"solr-spec-version\"", NULL },
	{ "Traefik", "/api/version", "\"Version\"", NULL },
	{ "Vault", "/v1/sys/health", "\"version\"", NULL },
};

static size_t interface_of(const struct answer *known)
{
	const size_t count = sizeof(interfaces) / sizeof(*interfaces);
	size_t place = 0;

	while (place < count && strcmp(interfaces[place].product, known->product) != 0)
		place++;
	return place < count && known->version[0] == '\0' ? place : SIZE_MAX;
}

/* The path to which the first answer sends, if that is of this server: we called it localhost. */
static struct span path_to_follow(const struct answer *known)
{
	static const char self[] = "http://localhost";
	const char *const location = answer_get(known, "location");
	struct span path = span_text(location != NULL ? location : "");

	if (span_begins(path, self))
		span_skip(&path, sizeof(self) - 1);
	if (span_peek(path, 0) == ':')
		path.at = memchr(path.at, '/', span_left(path)) != NULL
				  ? memchr(path.at, '/', span_left(path))
				  : path.end;
	return span_peek(path, 0) == '/' && span_peek(path, 1) != '/' && text_is_plain(path) &&
			       memchr(path.at, ' ', span_left(path)) == NULL
		       ? path
		       : span_of(NULL, 0);
}

/* Engines and clusters that offer an interface and no page say of the first one that it is not there, or not
 * for everybody. */
static bool may_be_interface(const struct answer *known)
{
	const char *const status = answer_get(known, "status"), *const type = answer_get(known,
											 "http_content_type");

	return status != NULL && status[0] == '4' && type != NULL &&
	       (strncmp(type, "text/plain", strlen("text/plain")) == 0 ||
		strncmp(type, "application/json", strlen("application/json")) == 0);
}

/* Registries of images say nothing with their first page, and that it is well. */
static bool may_be_registry(const struct answer *known)
{
	const char *const status = answer_get(known, "status");

	return status != NULL && strcmp(status, "200") == 0 && answer_get(known, "http_content_type") == NULL;
}

/* Brokers that are spoken to in WebSockets alone have no page, and some leave who asks for one without a
 * word.
 */
static bool may_be_broker(const struct answer *known)
{
	const char *const status = answer_get(known, "status");

	return status == NULL || status[0] == '4';
}

bool http_wants_further(const struct answer *known, size_t variant)
{
	const bool unknown = known->product[0] == '\0';

	switch (variant) {
	case TO_FOLLOW: return unknown && span_left(path_to_follow(known)) > 0;
	case TO_ASK_VERSION: return interface_of(known) != SIZE_MAX;
	case TO_PING:
	case TO_ASK_API: return unknown && may_be_interface(known);
	case TO_ASK_REGISTRY: return unknown && may_be_registry(known);
	case TO_ASK_BROKER: return unknown && may_be_broker(known);
	default: return unknown;
	}
}

static void say_length(struct buffer *out, size_t length)
{
	char line[96];

	(void)snprintf(line, sizeof(line), "Content-Type: application/json\r\nContent-Length: %zu\r\n",
		       length);
	buffer_text(out, line);
}

void http_greet_further(void *state, size_t variant, const struct answer *known, struct buffer *out)
{
	static const char fields[] = "Host: localhost\r\nUser-Agent: doorward\r\nAccept: */*\r\n"
				     "Connection: close\r\n";
	static const char *const paths[HTTP_FURTHER] = {
		"/", "/", "/_ping", "/version", "/v2/", "/mqtt", "/",
	};
	const size_t interface = known != NULL ? interface_of(known) : SIZE_MAX;
	const char *const call = variant == TO_ASK_VERSION && interface != SIZE_MAX
					 ? interfaces[interface].call
					 : NULL;

	(void)state;
	if (variant == TO_ASK_BROKER) {
		mqtt_greet_web(out, paths[variant]);
		return;
	}
	buffer_text(out, call != NULL ? "POST " : "GET ");
	if (variant == TO_FOLLOW && known != NULL)
		buffer_span(out, path_to_follow(known));
	else if (variant == TO_ASK_VERSION && interface != SIZE_MAX)
		buffer_text(out, interfaces[interface].target);
	else
		buffer_text(out, paths[variant]);
	buffer_text(out, variant == TO_BE_REFUSED ? " DOORWARD/1.0\r\n" : " HTTP/1.1\r\n");
	buffer_text(out, fields);
	if (call != NULL)
		say_length(out, strlen(call));
	buffer_text(out, "\r\n");
	if (call != NULL)
		buffer_text(out, call);
}

/* A key and its value. */
static bool is_between(uint8_t octet)
{
	return octet == ' ' || octet == ':' || octet == '"' || octet == '\'';
}

/* Behind the key: "version":"1.2.3" or "Apache Tomcat/9.0.70". */
static void tell_version(struct answer *answer, const struct http_message *message)
{
	const size_t interface = interface_of(answer);
	struct span rest = message->body;
	size_t at;

	if (interface == SIZE_MAX)
		return;
	at = text_find(rest, interfaces[interface].key);
	if (at == SIZE_MAX)
		return;
	span_skip(&rest, at + strlen(interfaces[interface].key));
	while (is_between(span_peek(rest, 0)))
		span_skip(&rest, 1);
	span_copy_text(text_version(rest), answer->version, sizeof(answer->version));
	answer->version[strcspn(answer->version, "-+~")] = '\0';
}

/* The first answer keeps its facts; who wrote a refusal stands in the table of products. */
enum probe_step http_hear_further(void *state, size_t variant, struct span *heard, bool ended,
				  struct answer *answer)
{
	struct http_message message;
	struct span line;
	uint64_t status = 0;
	enum probe_step step;

	(void)state;
	if (variant == TO_ASK_BROKER)
		return mqtt_hear_web(heard, ended, answer);
	step = http_take_message(heard, ended, &message);
	if (step != PROBE_DONE)
		return step;
	line = message.line;
	(void)text_word(&line);
	(void)span_number(text_word(&line), 999, &status);
	if (variant == TO_ASK_VERSION)
		tell_version(answer, &message);
	else if (variant != TO_BE_REFUSED)
		http_tell_product(answer, &message);
	if (variant == TO_PING)
		http_tell_api(answer, message.fields, status);
	return PROBE_DONE;
}
