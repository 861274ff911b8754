/* SPDX-License-Identifier: MIT */
/* The body of provisioning templates: sections, resources, functions (docs/protocol.md 7). The samples of AWS's developer guide
 * are here in their own words. */
// LINK: cloud_core jansson
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "cloud/core/provisioning/template_body.h"
#include "cloud/core/provisioning/template_function.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CERTIFICATE                                                                                          \
    "\"certificate\":{\"Type\":\"AWS::IoT::Certificate\",\"Properties\":{\"CertificateId\":"                 \
    "{\"Ref\":\"AWS::IoT::Certificate::Id\"},\"Status\":\"Active\"}}"
#define BODY(configuration)                                                                                  \
    "{\"Parameters\":{\"SerialNumber\":{\"Type\":\"String\"},\"Location\":{\"Type\":\"String\","             \
    "\"Default\":\"WA\"},\"List\":{\"Type\":\"String\",\"Default\":\"a,b,c\"}},\"Mappings\":"                \
    "{\"LocationTable\":{\"Seattle\":{\"LocationUrl\":\"https://example.aws\",\"Ports\":[\"1\",\"2\"]},"     \
    "\"WA\":{\"LocationUrl\":\"https://wa.example.aws\"}}},\"Resources\":{" CERTIFICATE                      \
    "},\"DeviceConfiguration\":{\"x\":" configuration "}}"
#define RESOURCES(more) "{\"Parameters\":{\"P\":{\"Type\":\"String\"}},\"Resources\":{" CERTIFICATE more "}}"

static json_t *read_body(const char *text, enum template_use use, struct core_error *error)
{
    *error = (struct core_error){.code = CORE_OK};
    return template_body_read(slice_from(text), use, error);
}

static void expect_bad(const char *text, enum template_use use, const char *sentence)
{
    struct core_error error;
    json_t *body = read_body(text, use, &error);
    if (body || error.code != CORE_INVALID_REQUEST || !strstr(error.message, sentence)) {
        fail_msg("%s\ngave: %s\nwanted: %s", text, body ? "no error" : error.message, sentence);
    }
}

static void expect_good(const char *text, enum template_use use)
{
    struct core_error error;
    json_t *body = read_body(text, use, &error);
    if (!body) {
        fail_msg("%s\ngave: %s", text, error.message);
    }
    json_decref(body);
}

/* The value of DeviceConfiguration's x as JSON, or the error's sentence. */
static const char *evaluate(const char *body_text, const char *parameters_text)
{
    static char out[70000];
    struct core_error error;
    json_t *body = read_body(body_text, TEMPLATE_OF_FLEET, &error);
    if (!body) {
        fail_msg("%s\ngave: %s", body_text, error.message);
    }
    json_t *parameters = json_loads(parameters_text, 0, NULL);
    json_t *evaluated = template_body_evaluate(body, parameters, "0123", &error);
    char *text = evaluated
                     ? json_dumps(json_object_get(json_object_get(evaluated, "DeviceConfiguration"), "x"),
                                  JSON_COMPACT | JSON_ENCODE_ANY)
                     : NULL;
    snprintf(out, sizeof out, "%s", text ? text : error.message);
    assert_true(evaluated || error.code == CORE_INVALID_REQUEST);
    free(text);
    json_decref(evaluated);
    json_decref(parameters);
    json_decref(body);
    return out;
}

#define EXPECT(function, parameters, wanted) assert_string_equal(evaluate(BODY(function), parameters), wanted)
#define EXPECT_ERROR(function, parameters, wanted)                                                           \
    assert_non_null(strstr(evaluate(BODY(function), parameters), wanted))

/* --- Functions --- */

static void parameters_and_their_defaults(void **state)
{
    (void)state;
    EXPECT("{\"Ref\":\"SerialNumber\"}", "{\"SerialNumber\":\"7\"}", "\"7\"");
    EXPECT("{\"Ref\":\"Location\"}", "{\"Location\":\"OR\"}", "\"OR\"");
    EXPECT("{\"Ref\":\"Location\"}", "{}", "\"WA\"");
    EXPECT("{\"Ref\":\"AWS::IoT::Certificate::Id\"}", "{}", "\"0123\"");
    EXPECT("\"plain ${SerialNumber}\"", "{}", "\"plain ${SerialNumber}\"");
    EXPECT_ERROR("{\"Ref\":\"SerialNumber\"}", "{\"Other\":\"7\"}", "parameter 'SerialNumber' has no value");
    /* a device cannot choose its certificate */
    EXPECT("{\"Ref\":\"AWS::IoT::Certificate::Id\"}", "{\"AWS::IoT::Certificate::Id\":\"ff\"}", "\"0123\"");
}

static void join(void **state)
{
    (void)state;
    EXPECT("{\"Fn::Join\":[\"\",[\"ThingPrefix_\",{\"Ref\":\"SerialNumber\"}]]}", "{\"SerialNumber\":\"7\"}",
           "\"ThingPrefix_7\"");
    EXPECT("{\"Fn::Join\":[\"-\",[\"a\",\"b\",\"c\"]]}", "{}", "\"a-b-c\"");
    EXPECT("{\"Fn::Join\":[\"-\",[]]}", "{}", "\"\"");
    EXPECT("{\"Fn::Join\":[\"+\",{\"Fn::Split\":[\",\",{\"Ref\":\"List\"}]}]}", "{}", "\"a+b+c\"");
    EXPECT_ERROR("{\"Fn::Join\":[\"\",[{\"Fn::Split\":[\",\",\"a,b\"]}]]}", "{}", "entry 0 is none");
    EXPECT_ERROR("{\"Fn::Join\":[\"\",{\"Ref\":\"List\"}]}", "{}", "needs a list");
    expect_bad(BODY("{\"Fn::Join\":[\"\"]}"), TEMPLATE_OF_FLEET, "the form of Fn::Join");
    expect_bad(BODY("{\"Fn::Join\":[{\"Ref\":\"List\"},[\"a\"]]}"), TEMPLATE_OF_FLEET,
               "the form of Fn::Join");
    expect_bad(BODY("{\"Fn::Join\":[\"\",[1]]}"), TEMPLATE_OF_FLEET, "the form of Fn::Join");
}

static void split_and_select(void **state)
{
    (void)state;
    EXPECT("{\"Fn::Select\":[\"0\",[\"a\",\"b\"]]}", "{}", "\"a\"");
    EXPECT("{\"Fn::Select\":[1,[\"a\",\"b\"]]}", "{}", "\"b\"");
    EXPECT("{\"Fn::Select\":[{\"Ref\":\"SerialNumber\"},{\"Fn::Split\":[\",\",{\"Ref\":\"List\"}]}]}",
           "{\"SerialNumber\":\"2\"}", "\"c\"");
    EXPECT("{\"Fn::Select\":[1,{\"Fn::Split\":[\"||\",\"a||b||\"]}]}", "{}", "\"b\"");
    EXPECT("{\"Fn::Select\":[2,{\"Fn::Split\":[\"||\",\"a||b||\"]}]}", "{}", "\"\"");
    EXPECT("{\"Fn::Select\":[0,{\"Fn::Split\":[\"-\",\"\"]}]}", "{}", "\"\"");
    EXPECT_ERROR("{\"Fn::Select\":[2,[\"a\",\"b\"]]}", "{}", "the list has 2");
    EXPECT_ERROR("{\"Fn::Select\":[{\"Ref\":\"SerialNumber\"},[\"a\"]]}", "{\"SerialNumber\":\"x\"}",
                 "not there");
    EXPECT_ERROR("{\"Fn::Select\":[{\"Ref\":\"SerialNumber\"},[\"a\"]]}", "{\"SerialNumber\":\"-1\"}",
                 "not there");
    EXPECT_ERROR("{\"Fn::Select\":[0,{\"Ref\":\"List\"}]}", "{}", "Fn::Select needs a list");
    expect_bad(BODY("{\"Fn::Select\":[-1,[\"a\"]]}"), TEMPLATE_OF_FLEET, "the form of Fn::Select");
    expect_bad(BODY("{\"Fn::Select\":[\"x\",[\"a\"]]}"), TEMPLATE_OF_FLEET, "the form of Fn::Select");
    expect_bad(BODY("{\"Fn::Split\":[\"\",\"a\"]}"), TEMPLATE_OF_FLEET, "the form of Fn::Split");
}

static void find_in_map(void **state)
{
    (void)state;
    EXPECT("{\"Fn::FindInMap\":[\"LocationTable\",{\"Ref\":\"Location\"},\"LocationUrl\"]}", "{}",
           "\"https://wa.example.aws\"");
    EXPECT("{\"Fn::FindInMap\":[\"LocationTable\",{\"Ref\":\"Location\"},\"LocationUrl\"]}",
           "{\"Location\":\"Seattle\"}", "\"https://example.aws\"");
    EXPECT("{\"Fn::Select\":[1,{\"Fn::FindInMap\":[\"LocationTable\",\"Seattle\",\"Ports\"]}]}", "{}",
           "\"2\"");
    EXPECT_ERROR("{\"Fn::FindInMap\":[\"LocationTable\",{\"Ref\":\"Location\"},\"LocationUrl\"]}",
                 "{\"Location\":\"Mars\"}", "finds no 'Mars'");
    expect_bad(BODY("{\"Fn::FindInMap\":[\"Nowhere\",\"a\",\"b\"]}"), TEMPLATE_OF_FLEET,
               "finds no 'Nowhere'");
    expect_bad(BODY("{\"Fn::FindInMap\":[\"LocationTable\",\"Seattle\",\"Nothing\"]}"), TEMPLATE_OF_FLEET,
               "finds no 'Nothing'");
    expect_bad(BODY("{\"Fn::FindInMap\":[\"LocationTable\",\"Seattle\"]}"), TEMPLATE_OF_FLEET,
               "the form of Fn::FindInMap");
}

static void sub(void **state)
{
    (void)state;
    EXPECT("{\"Fn::Sub\":\"lamp-${SerialNumber}-${Location}.\"}", "{\"SerialNumber\":\"7\"}",
           "\"lamp-7-WA.\"");
    EXPECT("{\"Fn::Sub\":[\"${a}${SerialNumber}${a}\",{\"a\":{\"Ref\":\"Location\"}}]}",
           "{\"SerialNumber\":\"7\"}", "\"WA7WA\"");
    EXPECT("{\"Fn::Sub\":\"${!iot:Connection.Thing.ThingName} $x {y} $\"}", "{}",
           "\"${iot:Connection.Thing.ThingName} $x {y} $\"");
    EXPECT("{\"Fn::Sub\":\"${AWS::IoT::Certificate::Id}\"}", "{}", "\"0123\"");
    EXPECT("{\"Fn::Sub\":\"\"}", "{}", "\"\"");
    /* what was put in is not looked at again */
    EXPECT("{\"Fn::Sub\":\"${SerialNumber}\"}", "{\"SerialNumber\":\"${Location}\"}", "\"${Location}\"");
    EXPECT_ERROR("{\"Fn::Sub\":\"${SerialNumber}\"}", "{}", "'SerialNumber' has no value");
    expect_bad(BODY("{\"Fn::Sub\":\"${Unknown}\"}"), TEMPLATE_OF_FLEET,
               "'Unknown', which Parameters does not declare");
    expect_bad(BODY("{\"Fn::Sub\":\"a${\"}"), TEMPLATE_OF_FLEET, "without its '}'");
    expect_bad(BODY("{\"Fn::Sub\":\"a${}\"}"), TEMPLATE_OF_FLEET, "without a name");
    expect_bad(BODY("{\"Fn::Sub\":[\"a\"]}"), TEMPLATE_OF_FLEET, "the form of Fn::Sub");
    expect_bad(BODY("{\"Fn::Sub\":[\"a\",{\"b\":1}]}"), TEMPLATE_OF_FLEET, "the form of Fn::Sub");
}

static void no_other_functions(void **state)
{
    (void)state;
    expect_bad(BODY("{\"Fn::Base64\":\"a\"}"), TEMPLATE_OF_FLEET, "no function 'Fn::Base64'");
    expect_bad(BODY("{\"Ref\":\"Location\",\"b\":\"c\"}"), TEMPLATE_OF_FLEET, "'b' is one too many");
    expect_bad(BODY("{\"Ref\":\"Other\"}"), TEMPLATE_OF_FLEET, "'Other', which Parameters does not declare");
    expect_bad(BODY("{\"Ref\":1}"), TEMPLATE_OF_FLEET, "the form of Ref");
    expect_bad(BODY("{\"Ref\":\"AWS::IoT::Certificate::CommonName\"}"), TEMPLATE_OF_FLEET, "just-in-time");
}

/* --- Hostile bodies --- */

static void depth_has_an_end(void **state)
{
    (void)state;
    for (int levels = 10; levels <= 2000; levels *= 14) {
        char *text = calloc(1, 100000), *at = text;
        at += sprintf(
            at, "{\"Parameters\":{},\"Resources\":{" CERTIFICATE
                ",\"policy\":{\"Type\":\"AWS::IoT::Policy\",\"Properties\":{\"PolicyDocument\":{\"a\":");
        for (int i = 0; i < levels; i++) {
            at += sprintf(at, "[");
        }
        for (int i = 0; i < levels; i++) {
            at += sprintf(at, "]");
        }
        sprintf(at, "}}}}}");
        if (levels < TEMPLATE_DEPTH_MAX) {
            expect_good(text, TEMPLATE_OF_FLEET);
        } else {
            expect_bad(text, TEMPLATE_OF_FLEET, levels < 1000 ? "nested deeper than 32 levels" : "");
        }
        free(text);
    }
}

/* A small template must not become a large text: 10 KB of "${L}" with 4 KB behind each would be 10 MB. */
static void text_has_an_end(void **state)
{
    (void)state;
    char *body = calloc(1, 20000), *at = body;
    char *value = calloc(1, 4097), *parameters = malloc(5000);
    memset(value, 'x', 4096);
    sprintf(parameters, "{\"SerialNumber\":\"%s\"}", value);
    at += sprintf(at, "{\"Parameters\":{\"SerialNumber\":{\"Type\":\"String\"}},\"Resources\":{" CERTIFICATE
                      "},\"DeviceConfiguration\":{\"x\":{\"Fn::Sub\":\"");
    for (int i = 0; i < 500; i++) {
        at += sprintf(at, "${SerialNumber}");
    }
    sprintf(at, "\"}}}");
    assert_non_null(strstr(evaluate(body, parameters), "more than 65536 bytes"));
    assert_int_equal(strlen(evaluate(body, "{\"SerialNumber\":\"12\"}")), 1002);
    free(parameters);
    free(value);
    free(body);
}

/* Nor must it become much work: four levels of twenty variables each that are all empty are 160000 values without a byte of text, and ten
 * levels would be hours. The same with a device's own text of nothing but delimiters. */
static void work_has_an_end(void **state)
{
    (void)state;
    char *body = calloc(1, 20000), *at = body;
    at += sprintf(at, "{\"Resources\":{" CERTIFICATE "},\"DeviceConfiguration\":{\"x\":");
    for (int level = 0; level < 4; level++) {
        at += sprintf(at, "{\"Fn::Sub\":[\"");
        for (int i = 0; i < 20; i++) {
            at += sprintf(at, "${a}");
        }
        at += sprintf(at, "\",{\"a\":");
    }
    sprintf(at, "\"\"}]}}]}}]}}]}}}");
    assert_non_null(strstr(evaluate(body, "{}"), "more than 50000 values"));

    char *commas = calloc(1, 4097), *parameters = malloc(5000);
    memset(commas, ',', 4096);
    sprintf(parameters, "{\"P\":\"%s\"}", commas);
    at = body;
    at += sprintf(at, "{\"Parameters\":{\"P\":{\"Type\":\"String\"}},\"Resources\":{" CERTIFICATE
                      "},\"DeviceConfiguration\":{");
    for (int i = 0; i < 13; i++) { /* not more bytes than a text may have: each is split anew */
        at += sprintf(at, "\"s%d\":{\"Fn::Select\":[\"1\",{\"Fn::Split\":[\",\",{\"Ref\":\"P\"}]}]},", i);
    }
    sprintf(at, "\"x\":\"last\"}}");
    assert_non_null(strstr(evaluate(body, parameters), "more than 50000 values"));
    assert_string_equal(evaluate(body, "{\"P\":\"a,b\"}"), "\"last\"");
    free(parameters);
    free(commas);
    free(body);
}

static void what_is_no_template(void **state)
{
    (void)state;
    expect_bad("", TEMPLATE_OF_FLEET, "no JSON object");
    expect_bad("[]", TEMPLATE_OF_FLEET, "no JSON object");
    expect_bad("{\"Resources\":{}", TEMPLATE_OF_FLEET, "no JSON object");
    expect_bad("{\"Resources\":{},\"Resources\":{}}", TEMPLATE_OF_FLEET, "duplicate");
    expect_bad("{}", TEMPLATE_OF_FLEET, "no AWS::IoT::Certificate");
    expect_bad("{\"Resources\":{}}", TEMPLATE_OF_FLEET, "no AWS::IoT::Certificate");
    expect_bad("{\"Resources\":[]}", TEMPLATE_OF_FLEET, "section 'Resources'");
    expect_bad("{\"Resources\":{\"Ref\":\"a\"}}", TEMPLATE_OF_FLEET, "section 'Resources'");
    expect_bad("{\"Outputs\":{}}", TEMPLATE_OF_FLEET, "'Outputs' where it may have: Parameters Resources");
    char *long_text = calloc(1, TEMPLATE_BODY_MAX + 2);
    memset(long_text, ' ', TEMPLATE_BODY_MAX + 1);
    expect_bad(long_text, TEMPLATE_OF_FLEET, "at most 10240 bytes");
    free(long_text);
}

/* --- Sections and resources --- */

static void parameters_section(void **state)
{
    (void)state;
#define FORM "{\"Parameters\":{\"%s\":%s},\"Resources\":{" CERTIFICATE "}}"
    char text[1000];
    static const struct {
        const char *name, *value, *sentence;
    } bad[] = {
        {"P", "{}", "needs the form"},
        {"P", "\"x\"", "needs the form"},
        {"P", "{\"Type\":\"Number\"}", "needs the form"},
        {"P", "{\"Type\":\"String\",\"Default\":1}", "a Default that is no text"},
        {"P", "{\"Type\":\"String\",\"Allowed\":\"x\"}", "'Allowed'"},
        {"AWS::IoT::Certificate::Country", "{\"Type\":\"String\"}", "just-in-time"},
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        snprintf(text, sizeof text, FORM, bad[i].name, bad[i].value);
        expect_bad(text, TEMPLATE_OF_FLEET, bad[i].sentence);
    }
    snprintf(text, sizeof text, FORM, "AWS::IoT::Certificate::Id", "{\"Type\":\"String\"}");
    expect_good(text, TEMPLATE_OF_FLEET); /* as AWS's console writes it */
}

static void resources(void **state)
{
    (void)state;
#define THING(properties, more)                                                                              \
    RESOURCES(",\"thing\":{\"Type\":\"AWS::IoT::Thing\",\"Properties\":" properties more "}")
#define POLICY(properties)                                                                                   \
    RESOURCES(",\"policy\":{\"Type\":\"AWS::IoT::Policy\",\"Properties\":" properties "}")
    static const struct {
        const char *text, *sentence;
    } bad[] = {
        {RESOURCES(",\"a\":{\"Type\":\"AWS::S3::Bucket\",\"Properties\":{}}"), "resource 'a' needs a Type"},
        {RESOURCES(",\"a\":{\"Properties\":{}}"), "resource 'a' needs a Type"},
        {RESOURCES(",\"a\":1"), "resource 'a' needs a Type"},
        {RESOURCES(",\"a\":{\"Type\":\"AWS::IoT::Thing\"}"), "needs Properties"},
        {RESOURCES(",\"a\":{\"Type\":\"AWS::IoT::Thing\",\"Properties\":{},\"DependsOn\":\"x\"}"),
         "'DependsOn'"},
        {THING("{\"Name\":\"x\"}", ""), "no property 'Name'"},
        {THING("{\"ThingName\":1}", ""), "property 'ThingName' must be a text"},
        {THING("{\"AttributePayload\":{\"a\":1}}", ""), "value of 'a' must be a text"},
        {THING("{\"AttributePayload\":[]}", ""), "'AttributePayload' must be an object"},
        {THING("{\"ThingGroups\":[\"g\"]}", ""), "does not model thing groups"},
        {THING("{\"PackageVersions\":{}}", ""), "'PackageVersions' is not modelled"},
        {THING("{}", ",\"OverrideSettings\":{\"Colour\":\"FAIL\"}"), "cannot name 'Colour'"},
        {THING("{}", ",\"OverrideSettings\":{\"ThingTypeName\":\"MERGE\"}"),
         "'ThingTypeName' cannot be MERGE"},
        {THING("{}", ",\"OverrideSettings\":{\"ThingTypeName\":\"KEEP\"}"), "must be DO_NOTHING"},
        {THING("{}", ",\"OverrideSettings\":[]"), "both as objects"},
        {POLICY("{}"), "PolicyName or PolicyDocument, and not both"},
        {POLICY("{\"PolicyName\":\"p\",\"PolicyDocument\":\"{}\"}"),
         "PolicyName or PolicyDocument, and not both"},
        {POLICY("{\"PolicyDocument\":[]}"), "must be a policy"},
        {POLICY("{\"PolicyName\":\"p\"},\"OverrideSettings\":{\"PolicyName\":\"FAIL\"}"),
         "cannot name 'PolicyName'"},
        {RESOURCES(",\"two\":{\"Type\":\"AWS::IoT::Certificate\",\"Properties\":{}}"), "more than 1"},
        {"{\"Resources\":{\"c\":{\"Type\":\"AWS::IoT::Certificate\",\"Properties\":"
         "{\"CertificateSigningRequest\":\"x\"}}}}",
         "cannot be in a template of fleet provisioning"},
        {"{\"Resources\":{\"c\":{\"Type\":\"AWS::IoT::Certificate\",\"Properties\":{}}}}",
         "needs a CertificateId"},
        {"{\"Mappings\":{\"a\":1},\"Resources\":{" CERTIFICATE "}}", "the map 'a'"},
        {"{\"Mappings\":{\"a\":{\"b\":1}},\"Resources\":{" CERTIFICATE "}}", "the key 'b'"},
        {"{\"Mappings\":{\"a\":{\"b\":{\"c\":{\"Ref\":\"P\"}}}},\"Resources\":{" CERTIFICATE "}}",
         "no function"},
        {"{\"DeviceConfiguration\":{\"a\":1},\"Resources\":{" CERTIFICATE "}}", "'a' must be a text"},
        {"{\"DeviceConfiguration\":{\"a\":{\"b\":\"c\"}},\"Resources\":{" CERTIFICATE "}}",
         "'a' must be a text"},
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        expect_bad(bad[i].text, TEMPLATE_OF_FLEET, bad[i].sentence);
    }
    expect_good(THING("{\"ThingName\":{\"Ref\":\"P\"},\"ThingGroups\":[]}",
                      ",\"OverrideSettings\":{\"AttributePayload\":\"MERGE\",\"ThingTypeName\":\"REPLACE\","
                      "\"ThingGroups\":\"DO_NOTHING\"}"),
                TEMPLATE_OF_FLEET);
    expect_good(POLICY("{\"PolicyDocument\":\"{}\"}"),
                TEMPLATE_OF_FLEET); /* whether it is a policy, policies say */
}

/* RegisterThing over HTTP: certificates in other ways, no mappings, no configuration. */
static void of_register_thing(void **state)
{
    (void)state;
#define WITH(properties)                                                                                     \
    "{\"Resources\":{\"c\":{\"Type\":\"AWS::IoT::Certificate\",\"Properties\":" properties "}}}"
    expect_good(WITH("{\"CertificateSigningRequest\":\"x\"}"), TEMPLATE_OF_REGISTER_THING);
    expect_good(WITH("{\"CertificateId\":\"x\"}"), TEMPLATE_OF_REGISTER_THING);
    expect_bad(WITH("{\"CertificateId\":\"x\",\"CertificateSigningRequest\":\"x\"}"),
               TEMPLATE_OF_REGISTER_THING, "and not both");
    expect_bad(WITH("{\"CertificatePem\":\"x\"}"), TEMPLATE_OF_REGISTER_THING,
               "'CertificatePem' is not modelled");
    expect_bad(BODY("\"y\""), TEMPLATE_OF_REGISTER_THING,
               "'Mappings' where it may have: Parameters Resources");
}

/* The sample of the developer guide, "Fleet provisioning template example" (its thing groups apart, which are not modelled). */
static void the_sample_of_the_guide(void **state)
{
    (void)state;
    static const char sample[] =
        "{\"Parameters\":{\"SerialNumber\":{\"Type\":\"String\"},\"DeviceLocation\":{\"Type\":\"String\"}},"
        "\"Mappings\":{\"LocationTable\":{\"Seattle\":{\"LocationUrl\":\"https://example.aws\"}}},"
        "\"Resources\":{\"thing\":{\"Type\":\"AWS::IoT::Thing\",\"Properties\":{\"AttributePayload\":"
        "{\"version\":\"v1\",\"serialNumber\":\"serialNumber\"},\"ThingTypeName\":{\"Fn::Join\":[\"\","
        "[\"ThingPrefix_\",{\"Ref\":\"SerialNumber\"}]]},\"BillingGroup\":\"LightBulbBillingGroup\"},"
        "\"OverrideSettings\":{\"AttributePayload\":\"MERGE\",\"ThingTypeName\":\"REPLACE\","
        "\"ThingGroups\":\"DO_NOTHING\"}}," CERTIFICATE ",\"policy\":{\"Type\":\"AWS::IoT::Policy\","
        "\"Properties\":{\"PolicyDocument\":{\"Version\":\"2012-10-17\",\"Statement\":[{\"Effect\":\"Allow\","
        "\"Action\":[\"iot:Publish\"],\"Resource\":[\"arn:aws:iot:us-east-1:123456789012:topic/foo/"
        "bar\"]}]}}}},"
        "\"DeviceConfiguration\":{\"FallbackUrl\":\"https://www.example.com/test-site\",\"x\":"
        "{\"Fn::FindInMap\":[\"LocationTable\",{\"Ref\":\"DeviceLocation\"},\"LocationUrl\"]}}}";
    assert_string_equal(evaluate(sample, "{\"SerialNumber\":\"1\",\"DeviceLocation\":\"Seattle\"}"),
                        "\"https://example.aws\"");
}

/* --- Parameters of devices --- */

static void device_parameters(void **state)
{
    (void)state;
    static const struct {
        const char *text, *sentence;
    } cases[] = {
        {"null", NULL},
        {"{}", NULL},
        {"{\"a\":\"\"}", NULL},
        {"[]", "an object"},
        {"\"x\"", "an object"},
        {"{\"a\":1}", "value of 'a'"},
        {"{\"\":\"x\"}", "a name has"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct core_error error = {.code = CORE_OK};
        json_t *value = json_loads(cases[i].text, JSON_DECODE_ANY, NULL);
        assert_int_equal(template_check_parameters("parameters", value, &error) != CORE_OK,
                         cases[i].sentence != NULL);
        assert_true(!cases[i].sentence || strstr(error.message, cases[i].sentence));
        json_decref(value);
    }
    struct core_error error = {.code = CORE_OK};
    json_t *many = json_object();
    for (int i = 0; i < 101; i++) {
        char name[20];
        snprintf(name, sizeof name, "p%d", i);
        json_object_set_new(many, name, json_string("v"));
    }
    assert_int_equal(template_check_parameters("parameters", many, &error), CORE_INVALID_REQUEST);
    json_object_del(many, "p0");
    error.code = CORE_OK;
    assert_int_equal(template_check_parameters("parameters", many, &error), CORE_OK);
    char *big = calloc(1, 4098);
    memset(big, 'x', 4097);
    json_object_set_new(many, "p1", json_string(big));
    assert_int_equal(template_check_parameters("parameters", many, &error), CORE_INVALID_REQUEST);
    free(big);
    json_object_set_new(many, "p1", json_stringn_nocheck("a\0b", 3)); /* JSON has none, CBOR may */
    error.code = CORE_OK;
    assert_int_equal(template_check_parameters("parameters", many, &error), CORE_INVALID_REQUEST);
    json_decref(many);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(parameters_and_their_defaults),
        cmocka_unit_test(join),
        cmocka_unit_test(split_and_select),
        cmocka_unit_test(find_in_map),
        cmocka_unit_test(sub),
        cmocka_unit_test(no_other_functions),
        cmocka_unit_test(depth_has_an_end),
        cmocka_unit_test(text_has_an_end),
        cmocka_unit_test(work_has_an_end),
        cmocka_unit_test(what_is_no_template),
        cmocka_unit_test(parameters_section),
        cmocka_unit_test(resources),
        cmocka_unit_test(of_register_thing),
        cmocka_unit_test(the_sample_of_the_guide),
        cmocka_unit_test(device_parameters),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
