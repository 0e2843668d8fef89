/* json_schema.h: holds a JSON value against a JSON Schema, as far as this project's schemas go. A keyword
 * that it does not know is an error, so that nothing goes unchecked.
 *
 *     char problem[SCHEMA_TEXT];
 *     if (!schema_accepts(problem, schema, value))
 *         fail_msg("%s", problem);
 */
#ifndef MNSP_TESTS_JSON_SCHEMA_H
#define MNSP_TESTS_JSON_SCHEMA_H

#include <jansson.h>
#include <regex.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

enum { SCHEMA_TEXT = 512 };

struct schema_check {
    const json_t *root;
    char *problem;
    const char *path;
};

static inline bool schema_visit(const struct schema_check *check, const json_t *schema, const json_t *value);

static inline bool schema_problem(const struct schema_check *check, const char *what, const char *detail) {
    snprintf(check->problem, SCHEMA_TEXT, "%s: %s %s", check->path, what, detail);
    return false;
}

/* The same at a place inside of it. */
static inline bool schema_descend(const struct schema_check *check, const char *step, const json_t *schema,
                                  const json_t *value) {
    char path[SCHEMA_TEXT / 2];
    snprintf(path, sizeof path, "%.180s/%.60s", check->path, step);
    const struct schema_check inner = {check->root, check->problem, path};
    return schema_visit(&inner, schema, value);
}

static inline bool schema_is_type(const char *name, const json_t *value) {
    return (strcmp(name, "object") == 0 && json_is_object(value)) ||
           (strcmp(name, "array") == 0 && json_is_array(value)) ||
           (strcmp(name, "string") == 0 && json_is_string(value)) ||
           (strcmp(name, "integer") == 0 && json_is_integer(value)) ||
           (strcmp(name, "number") == 0 && json_is_number(value)) ||
           (strcmp(name, "boolean") == 0 && json_is_boolean(value)) ||
           (strcmp(name, "null") == 0 && json_is_null(value));
}

static inline bool schema_type(const struct schema_check *check, const json_t *rule, const json_t *value) {
    if (json_is_string(rule) && schema_is_type(json_string_value(rule), value))
        return true;
    size_t i;
    json_t *name;
    json_array_foreach(rule, i, name) {
        if (schema_is_type(json_string_value(name), value))
            return true;
    }
    return schema_problem(check, "is not of the type",
                          json_is_string(rule) ? json_string_value(rule) : "listed");
}

static inline bool schema_enum(const struct schema_check *check, const json_t *rule, const json_t *value) {
    size_t i;
    json_t *one;
    json_array_foreach(rule, i, one) {
        if (json_equal(one, value))
            return true;
    }
    return schema_problem(
        check, "is none of the values listed:", json_is_string(value) ? json_string_value(value) : "");
}

static inline bool schema_pattern(const struct schema_check *check, const json_t *rule, const json_t *value) {
    regex_t regex;
    if (!json_is_string(value))
        return true;
    if (regcomp(&regex, json_string_value(rule), REG_EXTENDED | REG_NOSUB) != 0)
        return schema_problem(check, "the schema has a bad pattern", json_string_value(rule));
    const bool fits = regexec(&regex, json_string_value(value), 0, NULL, 0) == 0;
    regfree(&regex);
    return fits ? true : schema_problem(check, "does not fit the pattern:", json_string_value(value));
}

static inline bool schema_required(const struct schema_check *check, const json_t *rule,
                                   const json_t *value) {
    size_t i;
    json_t *key;
    json_array_foreach(rule, i, key) {
        if (json_is_object(value) && json_object_get(value, json_string_value(key)) == NULL)
            return schema_problem(check, "lacks the key", json_string_value(key));
    }
    return true;
}

/* properties and additionalProperties together. */
static inline bool schema_object(const struct schema_check *check, const json_t *schema,
                                 const json_t *value) {
    const json_t *const known = json_object_get(schema, "properties");
    const json_t *const others = json_object_get(schema, "additionalProperties");
    const char *key;
    json_t *item;
    json_object_foreach((json_t *)value, key, item) {
        const json_t *const rule = json_object_get(known, key);
        if (rule == NULL && json_is_false(others))
            return schema_problem(check, "has the unknown key", key);
        if (rule != NULL && !schema_descend(check, key, rule, item))
            return false;
        if (rule == NULL && json_is_object(others) && !schema_descend(check, key, others, item))
            return false;
    }
    return true;
}

static inline bool schema_items(const struct schema_check *check, const json_t *rule, const json_t *value) {
    size_t i;
    json_t *item;
    json_array_foreach(value, i, item) {
        char step[24];
        snprintf(step, sizeof step, "%zu", i);
        if (!schema_descend(check, step, rule, item))
            return false;
    }
    return true;
}

static inline bool schema_reference(const struct schema_check *check, const json_t *rule,
                                    const json_t *value) {
    static const char prefix[] = "#/$defs/";
    const char *const name = json_string_value(rule);
    const json_t *const target =
        strncmp(name, prefix, sizeof prefix - 1) == 0
            ? json_object_get(json_object_get(check->root, "$defs"), name + sizeof prefix - 1)
            : NULL;
    return target != NULL ? schema_visit(check, target, value)
                          : schema_problem(check, "the schema refers to what it lacks:", name);
}

static inline bool schema_rule(const struct schema_check *check, const json_t *schema, const char *keyword,
                               const json_t *rule, const json_t *value) {
    static const char *const notes[] = {"$schema", "$defs", "title", "description", "additionalProperties"};
    for (size_t i = 0; i < sizeof notes / sizeof notes[0]; i++)
        if (strcmp(keyword, notes[i]) == 0)
            return true;
    if (strcmp(keyword, "$ref") == 0)
        return schema_reference(check, rule, value);
    if (strcmp(keyword, "type") == 0)
        return schema_type(check, rule, value);
    if (strcmp(keyword, "enum") == 0)
        return schema_enum(check, rule, value);
    if (strcmp(keyword, "const") == 0)
        return json_equal(rule, value) ? true : schema_problem(check, "has another value", "");
    if (strcmp(keyword, "pattern") == 0)
        return schema_pattern(check, rule, value);
    if (strcmp(keyword, "required") == 0)
        return schema_required(check, rule, value);
    if (strcmp(keyword, "properties") == 0)
        return schema_object(check, schema, value);
    if (strcmp(keyword, "items") == 0)
        return schema_items(check, rule, value);
    if (strcmp(keyword, "minimum") == 0)
        return json_number_value(value) >= json_number_value(rule)
                   ? true
                   : schema_problem(check, "is too small", "");
    if (strcmp(keyword, "minItems") == 0)
        return json_array_size(value) >= (size_t)json_integer_value(rule)
                   ? true
                   : schema_problem(check, "is too short", "");
    if (strcmp(keyword, "maxItems") == 0)
        return json_array_size(value) <= (size_t)json_integer_value(rule)
                   ? true
                   : schema_problem(check, "is too long", "");
    return schema_problem(check, "this check does not know the keyword", keyword);
}

static inline bool schema_visit(const struct schema_check *check, const json_t *schema, const json_t *value) {
    const char *keyword;
    json_t *rule;
    json_object_foreach((json_t *)schema, keyword, rule) {
        if (!schema_rule(check, schema, keyword, rule, value))
            return false;
    }
    return true;
}

static inline bool schema_accepts(char problem[SCHEMA_TEXT], const json_t *schema, const json_t *value) {
    const struct schema_check check = {schema, problem, ""};
    problem[0] = '\0';
    return schema_visit(&check, schema, value);
}

#endif
