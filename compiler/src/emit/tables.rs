//! Text offsets and what is known of each in, a table of [`wasmc_contract::trap`]'s format out.

use wasmc_contract::record::Record;
use wasmc_contract::trap::{BLOCK_ENTRIES, Block};

use crate::link::Table;

/// Writes the table.
pub(super) fn write<T: Copy + Into<u32>>(table: &Table<T>) -> Vec<u8> {
    let count = table.offsets.len();
    let mut bytes = Vec::with_capacity(8 + count.div_ceil(BLOCK_ENTRIES) * Block::SIZE + count * 2);
    (count as u32).write(&mut |part| bytes.extend_from_slice(part));
    0u32.write(&mut |part| bytes.extend_from_slice(part));
    let mut stream = Vec::with_capacity(count * 2);
    for (offsets, values) in table.offsets.chunks(BLOCK_ENTRIES).zip(table.values.chunks(BLOCK_ENTRIES)) {
        let (mut offset, mut value) = (offsets[0], values[0].into());
        let block = Block { offset, value, stream_offset: stream.len() as u32 };
        block.write(&mut |part| bytes.extend_from_slice(part));
        for (next_offset, next_value) in offsets.iter().zip(values).skip(1) {
            let next_value = (*next_value).into();
            let step = u64::from(next_offset - offset) * 2;
            if next_value == value {
                unsigned(&mut stream, step);
            } else {
                unsigned(&mut stream, step + 1);
                signed(&mut stream, i64::from(next_value) - i64::from(value));
            }
            (offset, value) = (*next_offset, next_value);
        }
    }
    bytes.append(&mut stream);
    bytes
}

fn unsigned(bytes: &mut Vec<u8>, mut value: u64) {
    while value >= 0x80 {
        bytes.push(value as u8 | 0x80);
        value >>= 7;
    }
    bytes.push(value as u8);
}

fn signed(bytes: &mut Vec<u8>, mut value: i64) {
    while !(-0x40..0x40).contains(&value) {
        bytes.push(value as u8 | 0x80);
        value >>= 7;
    }
    bytes.push(value as u8 & 0x7f);
}

#[cfg(test)]
mod tests {
    use super::*;
    use wasmc_contract::trap::AddressMap;

    #[test]
    fn what_is_written_is_read_back() {
        let numbers = |count: u32| (0..count).map(|n| (n * 3 + n * n % 200, (n / 3).wrapping_mul(0x9e37_79b9)));
        for count in [0, 1, 63, 64, 65, 1000] {
            let (mut offsets, values): (Vec<u32>, Vec<u32>) = numbers(count).unzip();
            offsets.sort_unstable();
            offsets.dedup();
            let table = Table { values: values[..offsets.len()].to_vec(), offsets };
            let bytes = write(&table);
            let map = AddressMap::parse(&bytes).unwrap();
            assert_eq!(map.len(), table.offsets.len());
            assert!(map.iter().eq(table.offsets.iter().copied().zip(table.values.iter().copied())));
            for (offset, value) in table.offsets.iter().zip(&table.values) {
                assert_eq!(map.find(*offset), Some(*value));
            }
        }
    }
}
