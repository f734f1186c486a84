//! How much memory a pod asks for, and how much of it the cache may have.

use std::collections::BTreeMap;

use k8s_openapi::api::core::v1::ResourceRequirements;
use k8s_openapi::apimachinery::pkg::api::resource::Quantity;

const MEBIBYTE: u64 = 1 << 20;
/// What a server takes beside its cache: answers in work, connections, the program.
const BESIDE_CACHE: u64 = 256 * MEBIBYTE;

/// What is asked for where the Catalog says nothing: little, and a limit in which the cache has room. There is no limit
/// for the CPU, since a throttled server is slow without anybody's gain.
pub(super) fn resources(cache_bytes: u64) -> ResourceRequirements {
    let quantity = |text: String| Quantity(text);
    let limit = (cache_bytes + BESIDE_CACHE).div_ceil(MEBIBYTE);
    ResourceRequirements {
        requests: Some(BTreeMap::from([
            ("cpu".to_owned(), quantity("100m".into())),
            ("memory".to_owned(), quantity("128Mi".into())),
        ])),
        limits: Some(BTreeMap::from([("memory".to_owned(), quantity(format!("{limit}Mi")))])),
        claims: None,
    }
}

/// The cache as asked for, but at most half of the memory that the pod may take, so that it is not killed for it.
pub(super) fn cache(asked: u64, resources: Option<&ResourceRequirements>) -> u64 {
    let limit = resources.and_then(|resources| resources.limits.as_ref()).and_then(|limits| limits.get("memory"));
    limit.and_then(bytes).map_or(asked, |limit| asked.min(limit / 2))
}

/// A quantity in bytes, rounded down; `None` if it is written in a way that is not usual for memory.
fn bytes(Quantity(text): &Quantity) -> Option<u64> {
    const UNITS: [(&str, u64); 8] = [
        ("Ki", 1 << 10),
        ("Mi", 1 << 20),
        ("Gi", 1 << 30),
        ("Ti", 1 << 40),
        ("k", 1_000),
        ("M", 1_000_000),
        ("G", 1_000_000_000),
        ("T", 1_000_000_000_000),
    ];
    let (number, unit) =
        UNITS.iter().find_map(|(name, unit)| Some((text.strip_suffix(name)?, *unit))).unwrap_or((text, 1));
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    let scale = 10_u64.checked_pow(u32::try_from(fraction.len()).ok()?)?;
    let digits: u64 = format!("{whole}{fraction}").parse().ok()?;
    Some(digits.checked_mul(unit)? / scale)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn limited(memory: &str) -> ResourceRequirements {
        let limits = BTreeMap::from([("memory".to_owned(), Quantity(memory.into()))]);
        ResourceRequirements { limits: Some(limits), ..ResourceRequirements::default() }
    }

    #[test]
    fn quantities_are_read_as_kubernetes_writes_them() {
        for (text, expected) in
            [("512Mi", Some(512 << 20)), ("1.5Gi", Some(3 << 29)), ("500M", Some(500_000_000)), ("1024", Some(1024))]
        {
            assert_eq!(bytes(&Quantity(text.into())), expected, "{text}");
        }
        for text in ["", "Mi", "1e9", "-1Gi", "x"] {
            assert_eq!(bytes(&Quantity(text.into())), None, "{text}");
        }
    }

    #[test]
    fn the_cache_takes_at_most_half_of_the_limit() {
        assert_eq!(cache(256 << 20, None), 256 << 20);
        assert_eq!(cache(256 << 20, Some(&limited("1Gi"))), 256 << 20);
        assert_eq!(cache(256 << 20, Some(&limited("256Mi"))), 128 << 20);
    }

    #[test]
    fn the_limit_that_nobody_set_has_room_for_the_cache() {
        let Quantity(limit) = &resources(256 << 20).limits.unwrap()["memory"];
        assert_eq!(limit, "512Mi");
    }
}
