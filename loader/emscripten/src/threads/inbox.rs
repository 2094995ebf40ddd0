//! What was sent to one thread and not yet received. None of it carries anything: what is there already is not kept twice.

use std::collections::{HashSet, VecDeque};

use wasmc_loader::HostError;
use wasmc_wasi::{HostMemory, Kept};

/// What one thread sends another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Message {
    /// There is something in its queue of calls.
    Queue,
    /// There is something for it in the queue at this address; `ends_thread` if the thread may be over then.
    Proxied { queue: u32, ends_thread: bool },
    /// There is something in its mailbox.
    Mailbox,
    /// It is to end, as by `pthread_exit`.
    Cancel,
}

/// One thread's messages, in the order in which they came.
pub(super) struct Inbox {
    messages: VecDeque<Message>,
    /// The same, to be found.
    present: HashSet<Message>,
    /// What they take: there are as many as a program has addresses.
    kept: Kept,
}

/// What a message takes, about.
const MESSAGE_BYTES: u64 = 64;

impl Inbox {
    pub(super) fn new(memory: &HostMemory) -> Self {
        Self { messages: VecDeque::new(), present: HashSet::new(), kept: Kept::new(memory) }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.messages.is_empty()
    }

    /// Puts a message there, unless it is there already.
    ///
    /// # Errors
    ///
    /// If there are too many: the program ends.
    pub(super) fn push(&mut self, message: Message) -> Result<(), HostError> {
        if self.present.contains(&message) {
            return Ok(());
        }
        if !self.kept.set((self.messages.len() as u64 + 1) * MESSAGE_BYTES) {
            return Err("the program sends a thread more than the host keeps for it".into());
        }
        self.present.insert(message);
        self.messages.push_back(message);
        Ok(())
    }

    /// The next message.
    pub(super) fn pop(&mut self) -> Option<Message> {
        /// Room for more is given back when nothing is in it.
        const FEW: usize = 16;
        let message = self.messages.pop_front()?;
        self.present.remove(&message);
        if self.messages.is_empty() {
            self.messages.shrink_to(FEW);
            self.present.shrink_to(FEW);
        }
        // Less is never too much.
        self.kept.set(self.messages.len() as u64 * MESSAGE_BYTES);
        Some(message)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_is_there_once_until_it_is_received() {
        let proxied = |queue| Message::Proxied { queue, ends_thread: false };
        let mut inbox = Inbox::new(&HostMemory::default());
        for message in [Message::Mailbox, proxied(8), Message::Mailbox, proxied(16), proxied(8), Message::Cancel] {
            inbox.push(message).expect("room");
        }
        assert_eq!(inbox.pop(), Some(Message::Mailbox));
        // What is received now does not do what is sent from here on.
        inbox.push(Message::Mailbox).expect("room");
        let rest: Vec<_> = std::iter::from_fn(|| inbox.pop()).collect();
        assert_eq!(rest, [proxied(8), proxied(16), Message::Cancel, Message::Mailbox]);
        assert!(inbox.is_empty() && inbox.kept.bytes() == 0);
    }
}
