//! Cuts the bytes of Postgres and its clients into messages, as far as a proxy needs it (Postgres documentation, "Message
//! Formats"): the first packets are a length and a body; all later ones a type byte, a length that counts itself, and a
//! body.

use bytes::{Buf, Bytes, BytesMut};

/// `SSLRequest` and `GSSENCRequest`: asked before the start-up packet, answered by one byte.
const ENCRYPTION_REQUESTS: [u32; 2] = [80_877_103, 80_877_104];

/// The bytes that have come from one side, cut into messages.
#[derive(Debug, Default)]
pub(crate) struct Frames {
    /// What has come and is not a whole message yet.
    pub(crate) buffer: BytesMut,
    started: bool,
}

/// One whole message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Message {
    /// As it came, to be passed on.
    pub(crate) bytes: Bytes,
    /// False for the packets of the start.
    typed: bool,
}

impl Frames {
    /// For what Postgres says to a client that asks for no encryption: there all messages have a type.
    pub(crate) fn of_postgres() -> Self {
        Self { started: true, ..Self::default() }
    }

    /// The next whole message, if it is there.
    pub(crate) fn next(&mut self) -> Option<Message> {
        let typed = self.started;
        let prefix = usize::from(typed);
        let length = usize::try_from(self.buffer.get(prefix..prefix + 4)?.get_u32()).ok()?;
        let end = prefix + length.max(4);
        if self.buffer.len() < end {
            return None;
        }
        let bytes = self.buffer.split_to(end).freeze();
        self.started = typed || !asks_for_encryption(&bytes);
        Some(Message { bytes, typed })
    }
}

fn asks_for_encryption(packet: &[u8]) -> bool {
    packet.len() == 8 && packet.get(4..8).is_some_and(|mut code| ENCRYPTION_REQUESTS.contains(&code.get_u32()))
}

impl Message {
    /// True for the simple query `COMMIT`.
    pub(crate) fn is_commit(&self) -> bool {
        let text = self.bytes.get(5..).unwrap_or_default();
        let text = text.strip_suffix(&[0]).unwrap_or(text).trim_ascii();
        let text = text.strip_suffix(b";").unwrap_or(text);
        self.typed && self.bytes.first() == Some(&b'Q') && text.eq_ignore_ascii_case(b"COMMIT")
    }

    /// True for Postgres' `NotificationResponse`.
    pub(crate) fn is_notification(&self) -> bool {
        self.typed && self.bytes.first() == Some(&b'A')
    }

    /// True once the connection is past its start.
    pub(crate) fn is_work(&self) -> bool {
        self.typed
    }
}

#[cfg(test)]
mod tests {
    use bytes::BufMut;

    use super::*;

    fn query(text: &str) -> Vec<u8> {
        let mut bytes = vec![b'Q'];
        bytes.put_u32(u32::try_from(text.len() + 5).expect("short"));
        bytes.put_slice(text.as_bytes());
        bytes.put_u8(0);
        bytes
    }

    fn startup(code: u32, body: &[u8]) -> Vec<u8> {
        let mut bytes = Vec::new();
        bytes.put_u32(u32::try_from(body.len() + 8).expect("short"));
        bytes.put_u32(code);
        bytes.put_slice(body);
        bytes
    }

    #[test]
    fn messages_come_whole_however_the_bytes_arrive() {
        let mut stream = startup(80_877_103, b"");
        stream.extend(startup(196_608, b"user\0x\0\0"));
        stream.extend(query("BEGIN"));
        stream.extend(query("commit;"));
        let mut frames = Frames::default();
        let mut seen = Vec::new();
        for byte in &stream {
            frames.buffer.put_u8(*byte);
            seen.extend(frames.next());
        }
        assert_eq!(seen.iter().map(|m| m.bytes.len()).sum::<usize>(), stream.len());
        assert_eq!(seen.iter().map(Message::is_work).collect::<Vec<_>>(), [false, false, true, true]);
        assert_eq!(seen.iter().map(Message::is_commit).collect::<Vec<_>>(), [false, false, false, true]);
    }

    #[test]
    fn only_the_query_commit_is_a_commit() {
        for (text, expected) in [
            ("COMMIT", true),
            (" Commit ; ", false),
            ("COMMIT;", true),
            ("SELECT 'COMMIT'", false),
            ("ROLLBACK", false),
        ] {
            let message = Message { bytes: query(text).into(), typed: true };
            assert_eq!(message.is_commit(), expected, "{text}");
        }
    }
}
