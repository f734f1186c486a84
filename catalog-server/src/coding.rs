//! In which form a client wants an answer's bytes (RFC 9110, 12.5.3). Pure.

use http::header::ACCEPT_ENCODING;
use http::{HeaderMap, HeaderValue};

/// What a client may ask for, the better one first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Coding {
    /// RFC 8878.
    Zstd,
    /// RFC 1952.
    Gzip,
}

impl Coding {
    /// Of those with the same weight ours comes first; without the header: none.
    pub(crate) fn wanted(headers: &HeaderMap) -> Option<Self> {
        let all: Vec<_> = headers.get_all(ACCEPT_ENCODING).iter().filter_map(|value| value.to_str().ok()).collect();
        let all = all.join(",");
        let offers: Vec<_> = all.split(',').filter_map(offer).collect();
        let weight = |name: &str| {
            let named = offers.iter().find(|(offered, _)| offered.eq_ignore_ascii_case(name));
            named.or_else(|| offers.iter().find(|(offered, _)| *offered == "*")).map_or(0, |(_, weight)| *weight)
        };
        let (zstd, gzip) = (weight("zstd"), weight("gzip").max(weight("x-gzip")));
        let plain =
            offers.iter().find(|(offered, _)| offered.eq_ignore_ascii_case("identity")).map(|(_, weight)| *weight);
        match zstd.max(gzip) {
            0 => None,
            most if plain.is_some_and(|plain| plain > most) => None,
            most if most == zstd => Some(Self::Zstd),
            _ => Some(Self::Gzip),
        }
    }

    /// As it stands in `Content-Encoding`.
    pub(crate) fn name(self) -> HeaderValue {
        HeaderValue::from_static(match self {
            Self::Zstd => "zstd",
            Self::Gzip => "gzip",
        })
    }
}

/// A name and its weight in thousandths.
fn offer(text: &str) -> Option<(&str, u32)> {
    let mut parts = text.split(';').map(str::trim);
    let name = parts.next().filter(|name| !name.is_empty())?;
    let weight = parts.find_map(|part| part.strip_prefix("q=").or_else(|| part.strip_prefix("Q=")));
    let weight: f32 = weight.map_or(Some(1.0), |text| text.parse().ok())?;
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "it is clamped to what fits")]
    Some((name, (weight.clamp(0.0, 1.0) * 1_000.0) as u32))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wanted(accept: &str) -> Option<Coding> {
        Coding::wanted(&HeaderMap::from_iter([(ACCEPT_ENCODING, HeaderValue::from_str(accept).unwrap())]))
    }

    #[test]
    fn the_client_chooses_and_of_equals_zstd_is_taken() {
        assert_eq!(wanted("gzip, deflate, br, zstd"), Some(Coding::Zstd));
        assert_eq!(wanted("gzip, deflate"), Some(Coding::Gzip));
        assert_eq!(wanted("zstd;q=0.5, gzip;q=0.8"), Some(Coding::Gzip));
        assert_eq!(wanted("zstd;q=0, *"), Some(Coding::Gzip));
        assert_eq!(wanted("identity;q=0.5, gzip;q=0.5"), Some(Coding::Gzip));
        assert_eq!(wanted("identity;q=0, x-gzip;q=0.1"), Some(Coding::Gzip));
        for none in ["identity", "", "br", "gzip;q=0", "gzip;q=x", "*;q=0", "identity, gzip;q=0.9", "gzip;q=nan"] {
            assert_eq!(wanted(none), None, "{none}");
        }
        assert_eq!(Coding::wanted(&HeaderMap::new()), None);
    }
}
