//! Moves bytes of guests, in either direction at the same speed.
//!
//! Not every C library does: musl's `memmove` goes backwards with an instruction that handles a few bytes at a time.

#[cfg(target_arch = "aarch64")]
use std::arch::aarch64::uint8x16_t as Vector;
#[cfg(target_arch = "x86_64")]
use std::arch::x86_64::__m128i as Vector;

/// Up to here a loop is as fast as what the C library does forwards, and starts faster.
const SHORT_BYTES_MAX: usize = 512;

/// Moves `length` bytes, which may overlap.
///
/// # Safety
///
/// Both ranges must be accessible. Others may change them meanwhile: what is read then is any mix of old and new bytes.
#[inline]
pub(crate) unsafe fn move_bytes(from: *const u8, to: *mut u8, length: usize) {
    // Forwards is right if the bytes move down, or so far up that they do not overlap.
    let is_forward = to.addr().wrapping_sub(from.addr()) >= length;
    // SAFETY: the caller's promise.
    unsafe {
        if is_forward && length > SHORT_BYTES_MAX {
            std::ptr::copy(from, to, length);
        } else if is_forward {
            move_forwards(from, to, length);
        } else {
            move_backwards(from, to, length);
        }
    }
}

type Block = [Vector; 4];
const BLOCK_BYTES: usize = size_of::<Block>();

/// # Safety
///
/// As [`move_bytes`], for a whole block.
#[inline(always)]
unsafe fn move_block(from: *const u8, to: *mut u8) {
    // SAFETY: the caller's promise. All is read before anything is written.
    unsafe {
        let block = from.cast::<Block>().read_unaligned();
        to.cast::<Block>().write_unaligned(block);
    }
}

/// # Safety
///
/// As [`move_bytes`]; `to` must not lie inside what is yet to be read.
unsafe fn move_forwards(from: *const u8, to: *mut u8, length: usize) {
    let mut done = 0;
    // SAFETY: the caller's promise; blocks are read from the start on, and what is left is less than one.
    unsafe {
        while length - done >= BLOCK_BYTES {
            move_block(from.add(done), to.add(done));
            done += BLOCK_BYTES;
        }
        move_few(from.add(done), to.add(done), length - done);
    }
}

/// # Safety
///
/// As [`move_bytes`]; `to` must lie above `from`.
unsafe fn move_backwards(from: *const u8, to: *mut u8, length: usize) {
    let mut left = length;
    // SAFETY: the caller's promise; blocks are read from the end on, and what is left is less than one.
    unsafe {
        while left >= BLOCK_BYTES {
            left -= BLOCK_BYTES;
            move_block(from.add(left), to.add(left));
        }
        move_few(from, to, left);
    }
}

/// Moves less than a block: two pieces that may overlap, or two pairs, are read before anything is written.
///
/// # Safety
///
/// As [`move_bytes`].
#[inline(always)]
unsafe fn move_few(from: *const u8, to: *mut u8, length: usize) {
    /// The first and the last bytes.
    ///
    /// # Safety
    ///
    /// As [`move_bytes`]; there must be as many bytes as `T` has.
    #[inline(always)]
    unsafe fn ends<T>(from: *const u8, to: *mut u8, length: usize) {
        let last = length - size_of::<T>();
        // SAFETY: the caller's promise; a piece is a number, of any bits.
        unsafe {
            let (first, second) = (from.cast::<T>().read_unaligned(), from.add(last).cast::<T>().read_unaligned());
            to.cast::<T>().write_unaligned(first);
            to.add(last).cast::<T>().write_unaligned(second);
        }
    }
    // SAFETY: the caller's promise; each piece is as long as what there is.
    unsafe {
        match length {
            0 => {}
            1 => *to = *from,
            2..4 => ends::<u16>(from, to, length),
            4..8 => ends::<u32>(from, to, length),
            8..16 => ends::<u64>(from, to, length),
            16..32 => ends::<Vector>(from, to, length),
            _ => ends::<[Vector; 2]>(from, to, length),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_move_as_the_standard_library_moves_them() {
        let original: Vec<u8> = (0..3000_u32).map(|index| (index * 7 + index / 256) as u8).collect();
        let lengths = (0..200).chain([255, 256, 257, 511, 512, 513, 1000, 1025]);
        for length in lengths {
            for distance in [0_isize, 1, 3, 15, 16, 17, 63, 64, 65, 200, 700, -1, -5, -16, -33, -64, -300, -700] {
                let (from, to) = (1000, 1000_usize.saturating_add_signed(distance));
                let (mut found, mut expected) = (original.clone(), original.clone());
                expected.copy_within(from..from + length, to);
                // SAFETY: both ranges are within the bytes.
                unsafe { move_bytes(found.as_ptr().add(from), found.as_mut_ptr().add(to), length) };
                assert!(found == expected, "{length} bytes by {distance}");
            }
        }
    }
}
