/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * sarif.c: whether standard input is a log as SARIF 2.1.0 has it, as far as the linter's has it (OASIS,
 * sections 3.13 to 3.52): required members, types, and numbers that refer to others. Prints how many results
 * there are.
 */
#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

static bool wrong;

static void demand(bool holds, const char *what)
{
	if (!holds)
		printf("not so: %s\n", what);
	wrong |= !holds;
}

static const char *text(const json_t *o, const char *key)
{
	const char *s = json_string_value(json_object_get(o, key));
	demand(s, key);
	return s ? s : "";
}

static void check_message(const json_t *m)
{
	demand(json_is_object(m) && *text(m, "text"), "a message has a text");
}

static bool is_level(const char *s)
{
	return !strcmp(s, "error") || !strcmp(s, "warning") || !strcmp(s, "note") || !strcmp(s, "none");
}

static void check_location(const json_t *l)
{
	const json_t *physical = json_object_get(l, "physicalLocation"),
		     *region = json_object_get(physical, "region"), *logical;
	size_t i;

	demand(*text(json_object_get(physical, "artifactLocation"), "uri"), "an artifact has a URI");
	if (region)
		demand(json_integer_value(json_object_get(region, "startLine")) >= 1, "lines begin at 1");
	if (json_object_get(region, "startColumn"))
		demand(json_integer_value(json_object_get(region, "startColumn")) >= 1, "columns begin at 1");
	json_array_foreach(json_object_get(l, "logicalLocations"), i, logical) text(logical, "name");
	if (json_object_get(l, "message"))
		check_message(json_object_get(l, "message"));
}

static void check_rule(const json_t *r)
{
	text(r, "id");
	text(r, "name");
	check_message(json_object_get(r, "shortDescription"));
	check_message(json_object_get(r, "fullDescription"));
	demand(is_level(text(json_object_get(r, "defaultConfiguration"), "level")), "a rule has a level");
}

static void check_result(const json_t *result, const json_t *rules)
{
	const json_t *l, *rule = json_array_get(
				 rules, (size_t)json_integer_value(json_object_get(result, "ruleIndex")));
	size_t i;

	demand(rule && !strcmp(text(rule, "id"), text(result, "ruleId")), "the index is of the rule");
	demand(is_level(text(result, "level")), "a result has a level");
	check_message(json_object_get(result, "message"));
	demand(json_array_size(json_object_get(result, "locations")) == 1, "a result has a place");
	json_array_foreach(json_object_get(result, "locations"), i, l) check_location(l);
	json_array_foreach(json_object_get(result, "relatedLocations"), i, l) check_location(l);
}

int main(void)
{
	json_error_t error;
	json_t *log = json_loadf(stdin, JSON_REJECT_DUPLICATES, &error);
	const json_t *runs = json_object_get(log, "runs"), *run, *rule, *result;
	size_t i, k, n = 0;

	demand(log, error.text);
	demand(!strcmp(text(log, "version"), "2.1.0"), "the version is 2.1.0");
	demand(json_array_size(runs) == 1, "there is one run");
	json_array_foreach(runs, i, run)
	{
		const json_t *driver = json_object_get(json_object_get(run, "tool"), "driver"),
			     *rules = json_object_get(driver, "rules"),
			     *results = json_object_get(run, "results");
		demand(!strcmp(text(driver, "name"), "ringc"), "the driver has a name");
		demand(json_array_size(rules) > 0, "there are rules");
		demand(json_is_array(results), "there are results");
		json_array_foreach(rules, k, rule) check_rule(rule);
		json_array_foreach(results, k, result) check_result(result, rules);
		n += json_array_size(results);
	}
	printf("%zu results\n", n);
	json_decref(log);
	return wrong;
}
