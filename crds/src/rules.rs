//! The rules on single values that several fields share, as schemas.
//!
//! They are CEL and not `pattern`, since a rule can say in words what it wants. Every string has a maximum length and
//! every list a maximum of items: the apiserver refuses rules whose cost it can't bound. A rule that reads a duration
//! first checks its form, because the apiserver goes on to the other rules when one fails.

use schemars::{Schema, SchemaGenerator, json_schema};
use serde_json::{Value, json};

/// Hours, minutes and seconds in that order, each at most once. Its empty match is excluded beside it.
macro_rules! duration_form {
    ($value:literal) => {
        concat!("(", $value, " != '' && ", $value, ".matches('^([0-9]{1,6}h)?([0-9]{1,6}m)?([0-9]{1,8}s)?$'))")
    };
}

/// On the spec of a Token: at least five minutes lie between the issue of a credential and its renewal.
pub(crate) const SPARE_BEFORE_RENEWAL: &str = concat!(
    "!has(self.renewBefore) || !",
    duration_form!("self.renewBefore"),
    " || !",
    duration_form!("self.ttl"),
    " || duration(self.renewBefore) + duration('5m') <= duration(self.ttl)"
);

/// On the spec of a Token: a replaced credential can't outlive a whole new one.
pub(crate) const OVERLAP_WITHIN_TTL: &str = concat!(
    "!has(self.overlap) || !",
    duration_form!("self.overlap"),
    " || !",
    duration_form!("self.ttl"),
    " || duration(self.overlap) <= duration(self.ttl)"
);

const DURATION: (&str, &str) =
    (duration_form!("self"), "must be a duration in hours, minutes and seconds, such as 720h, 90m or 1h30m");

fn string(max_length: u32, rules: &[(&str, &str)]) -> Schema {
    json_schema!({ "type": "string", "maxLength": max_length, "x-kubernetes-validations": validations(rules) })
}

fn list(max_items: u32, item_length: u32, rules: &[(&str, &str)]) -> Schema {
    json_schema!({
        "type": "array",
        "maxItems": max_items,
        "items": { "type": "string", "maxLength": item_length, "x-kubernetes-validations": validations(rules) },
        "x-kubernetes-list-type": "set",
    })
}

fn validations(rules: &[(&str, &str)]) -> Vec<Value> {
    rules.iter().map(|(rule, message)| json!({ "message": message, "rule": rule })).collect()
}

pub(crate) fn duration(_: &mut SchemaGenerator) -> Schema {
    string(32, &[DURATION])
}

pub(crate) fn ttl(_: &mut SchemaGenerator) -> Schema {
    let range = concat!(
        "!",
        duration_form!("self"),
        " || (duration(self) >= duration('10m') && duration(self) <= duration('8760h'))"
    );
    string(32, &[DURATION, (range, "must be from 10m to 8760h")])
}

pub(crate) fn age(_: &mut SchemaGenerator) -> Schema {
    let least = concat!("!", duration_form!("self"), " || duration(self) >= duration('1m')");
    string(32, &[DURATION, (least, "must be at least 1m")])
}

pub(crate) fn size(_: &mut SchemaGenerator) -> Schema {
    string(16, &[("self.matches('^[1-9][0-9]{0,5}(Ki|Mi|Gi)$')", "must be a size such as 256Mi or 1Gi")])
}

/// A name of an object, RFC 1123 subdomain.
pub(crate) fn subdomain(_: &mut SchemaGenerator) -> Schema {
    string(
        253,
        &[(
            "self.matches('^[a-z0-9]([a-z0-9-]*[a-z0-9])?([.][a-z0-9]([a-z0-9-]*[a-z0-9])?)*$')",
            "must be a name of a Kubernetes object (a-z, 0-9, - and .)",
        )],
    )
}

/// A name of a namespace, RFC 1123 label.
pub(crate) fn label(_: &mut SchemaGenerator) -> Schema {
    string(
        63,
        &[(
            "self.matches('^[a-z0-9]([a-z0-9-]*[a-z0-9])?$')",
            "must be a name of a Kubernetes namespace (a-z, 0-9 and -)",
        )],
    )
}

pub(crate) fn secret_key(_: &mut SchemaGenerator) -> Schema {
    string(253, &[("self.matches('^[-._a-zA-Z0-9]+$')", "must be a key of a Secret (letters, digits, -, _ and .)")])
}

/// Contract, section 1: warehouse names.
pub(crate) fn warehouse_name(_: &mut SchemaGenerator) -> Schema {
    string(
        63,
        &[(
            "self.matches('^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$')",
            "must be a warehouse name (a-z, 0-9 and -, neither first nor last a -)",
        )],
    )
}

const LOCATION: [(&str, &str); 4] = [
    ("self.startsWith('s3://') || self.startsWith('file://')", "must start with s3:// or file://"),
    (
        "!self.startsWith('s3://') || self.matches('^s3://[a-z0-9][a-z0-9.-]{1,61}[a-z0-9](/.*)?$')",
        "must name a bucket and may name a prefix: s3://bucket/prefix",
    ),
    (
        "!self.startsWith('file://') || self.matches('^file://[.]?/[^/]')",
        "must be file:///path, or file://./path for a path in the state directory of cargo dev",
    ),
    (
        r"!self.matches('[\\x00-\\x20\\x7f?#%\\\\]|[^:/]//|:////|/[.][.](/|$)|([^/]|//)/[.](/|$)')",
        "must not contain spaces, ?, #, %, \\, //, or . and .. as parts of the path",
    ),
];

/// Contract, section 5: the root of a warehouse, in a form that needs no normalisation.
pub(crate) fn location(_: &mut SchemaGenerator) -> Schema {
    let immutable = ("self == oldSelf", "is immutable: make another Warehouse");
    let rules: Vec<_> = LOCATION.into_iter().chain([immutable]).collect();
    string(1024, &rules)
}

pub(crate) fn locations(_: &mut SchemaGenerator) -> Schema {
    list(16, 1024, &LOCATION)
}

const ORIGIN: (&str, &str) = (
    r"self.matches('^https?://([A-Za-z0-9.-]+|\\[[0-9A-Fa-f:.]+\\])(:[0-9]{1,5})?$')",
    "must be http://host[:port] or https://host[:port], without a path",
);

pub(crate) fn origin(_: &mut SchemaGenerator) -> Schema {
    string(512, &[ORIGIN])
}

pub(crate) fn origins(_: &mut SchemaGenerator) -> Schema {
    list(32, 512, &[ORIGIN])
}

pub(crate) fn namespaces(_: &mut SchemaGenerator) -> Schema {
    list(
        64,
        512,
        &[(
            r"self.matches('^[^.\\x00-\\x1f]+([.][^.\\x00-\\x1f]+)*$')",
            "must be a dotted path of namespaces, such as sales or sales.eu",
        )],
    )
}

pub(crate) fn properties(_: &mut SchemaGenerator) -> Schema {
    json_schema!({
        "type": "object",
        "maxProperties": 64,
        "additionalProperties": { "type": "string", "maxLength": 4096 },
    })
}
