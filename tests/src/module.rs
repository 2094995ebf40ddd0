//! WebAssembly modules made byte by byte: large ones, which text would make slow, and odd ones, which no tool writes.

/// A module under construction: each section is a count of entries and their bytes.
#[derive(Clone, Debug, Default)]
pub struct Module {
    sections: Vec<(u8, u32, Vec<u8>)>,
}

/// Section numbers.
#[expect(missing_docs, reason = "the names are the specification's")]
pub mod section {
    pub const TYPE: u8 = 1;
    pub const FUNCTION: u8 = 3;
    pub const MEMORY: u8 = 5;
    pub const GLOBAL: u8 = 6;
    pub const EXPORT: u8 = 7;
    pub const CODE: u8 = 10;
}

/// `number` as unsigned LEB128.
pub fn unsigned(mut number: u64) -> Vec<u8> {
    let mut bytes = Vec::new();
    loop {
        let low = (number & 0x7f) as u8;
        number >>= 7;
        if number == 0 {
            bytes.push(low);
            return bytes;
        }
        bytes.push(low | 0x80);
    }
}

impl Module {
    /// Adds an entry to a section. Sections come in the order in which they are first used.
    pub fn entry(&mut self, section: u8, bytes: &[u8]) {
        let found = self.sections.iter_mut().find(|(number, ..)| *number == section);
        match found {
            Some((_, count, contents)) => {
                *count += 1;
                contents.extend_from_slice(bytes);
            }
            None => self.sections.push((section, 1, bytes.to_vec())),
        }
    }

    /// Adds the type `() -> i32`.
    pub fn type_of_number(&mut self) {
        self.entry(section::TYPE, &[0x60, 0, 1, 0x7f]);
    }

    /// Adds a function's type index; its body is to follow.
    pub fn function(&mut self, type_index: u32) {
        self.entry(section::FUNCTION, &unsigned(type_index.into()));
    }

    /// Adds an exported function's name.
    pub fn export(&mut self, name: &str, function: u32) {
        let mut bytes = unsigned(name.len() as u64);
        bytes.extend_from_slice(name.as_bytes());
        bytes.push(0);
        bytes.extend(unsigned(function.into()));
        self.entry(section::EXPORT, &bytes);
    }

    /// Adds a body without locals; the final `end` is added.
    pub fn body(&mut self, instructions: &[u8]) {
        let mut bytes = unsigned(instructions.len() as u64 + 2);
        bytes.push(0);
        bytes.extend_from_slice(instructions);
        bytes.push(0x0b);
        self.entry(section::CODE, &bytes);
    }

    /// The module's bytes.
    pub fn finish(self) -> Vec<u8> {
        let mut bytes = b"\0asm\x01\0\0\0".to_vec();
        for (number, count, contents) in self.sections {
            let count = unsigned(count.into());
            bytes.push(number);
            bytes.extend(unsigned((count.len() + contents.len()) as u64));
            bytes.extend(count);
            bytes.extend(contents);
        }
        bytes
    }
}
