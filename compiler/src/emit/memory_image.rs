//! Data segments in, memories' initial pages and the bytes that stay segments out.
//!
//! A memory gets an image if everything that is ever placed in it when instantiating is known now: it is defined here,
//! and all its active segments have constant offsets inside its minimum. Otherwise all its active segments stay what
//! they are, in their order, so that one that traps leaves exactly what came before it. An image that would be mostly
//! gaps is not made either: see [`span_max`].

use wasmc_contract::WASM_PAGE_BYTES;

use crate::module::{Constant, ConstantExpression, DataSegment, Memory, SegmentMode, WasmModule};

/// The images of a module's memories, and the bytes of segments that no image holds.
#[derive(Debug, Default)]
pub(super) struct Images {
    /// The image section.
    pub(super) bytes: Vec<u8>,
    /// By memory index.
    pub(super) memories: Vec<Image>,
    /// The data section.
    pub(super) data: Vec<u8>,
    /// By segment index: where its bytes are.
    pub(super) segments: Vec<SegmentPlace>,
}

/// The image of one memory; empty if it has none.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Image {
    /// Address in the memory of its first byte.
    pub(super) address: u64,
    /// Where it starts in the image section.
    pub(super) offset_bytes: u64,
    pub(super) length_bytes: u64,
}

/// Where a segment's bytes are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum SegmentPlace {
    /// In its memory's image.
    Image,
    /// In the data section, from this offset.
    Data(u64),
}

/// A segment whose place in its memory is known.
struct Placed<'a> {
    address: u64,
    bytes: &'a [u8],
}

/// The most bytes that an image of `data_bytes` bytes may span: gaps cost file size, and copying costs start-up time.
fn span_max(data_bytes: u64) -> u64 {
    data_bytes * 2 + (1 << 20)
}

/// Lays out the images of all memories of `module`, in whole pages of `page_bytes`.
pub(super) fn lay_out(module: &WasmModule<'_>, page_bytes: u64) -> Images {
    let mut images = Images::default();
    let mut has_image = vec![false; module.memories.len()];
    let images_allowed = !is_seen_half_done(module);
    for (index, memory) in module.memories.iter().enumerate() {
        let may_have_one = images_allowed && index >= module.imported.memories as usize;
        let placed = if may_have_one { placed(module, index as u32, memory) } else { None };
        let image = placed.and_then(|placed| images.add(&placed, page_bytes));
        has_image[index] = image.is_some();
        images.memories.push(image.unwrap_or_default());
    }
    for segment in &module.data_segments {
        let place = match segment.mode {
            SegmentMode::Active { index, .. } if has_image[index as usize] => SegmentPlace::Image,
            _ => {
                let start = images.data.len() as u64;
                images.data.extend_from_slice(segment.bytes);
                SegmentPlace::Data(start)
            }
        };
        images.segments.push(place);
    }
    images
}

/// The active segments of the memory at `index`, if all of them have their place now.
fn placed<'a>(module: &WasmModule<'a>, index: u32, memory: &Memory) -> Option<Vec<Placed<'a>>> {
    let minimum_bytes = memory.minimum_pages.checked_mul(WASM_PAGE_BYTES)?;
    let place = |(segment, offset): (&DataSegment<'a>, &ConstantExpression)| {
        let address = fitting(module, offset, segment.bytes.len() as u64, minimum_bytes)?;
        Some(Placed { address, bytes: segment.bytes })
    };
    let active = module.data_segments.iter().filter_map(|segment| match &segment.mode {
        SegmentMode::Active { index: of, offset } if *of == index => Some((segment, offset)),
        _ => None,
    });
    active.map(place).collect()
}

/// Whether a segment may trap after another has put a function of this module where others find it, so that they could
/// call it and look at memories that are not to have their contents yet.
fn is_seen_half_done(module: &WasmModule<'_>) -> bool {
    let mut is_reachable = false;
    let mut may_trap = false;
    for segment in &module.element_segments {
        if let SegmentMode::Active { index, offset } = &segment.mode {
            is_reachable |= *index < module.imported.tables;
            let count = segment.elements.len() as u64;
            may_trap |= fitting(module, offset, count, module.tables[*index as usize].minimum).is_none();
        }
    }
    for segment in &module.data_segments {
        if let SegmentMode::Active { index, offset } = &segment.mode {
            let minimum_bytes = module.memories[*index as usize].minimum_pages.saturating_mul(WASM_PAGE_BYTES);
            may_trap |= fitting(module, offset, segment.bytes.len() as u64, minimum_bytes).is_none();
        }
    }
    is_reachable && may_trap
}

/// The value of `offset` if it is known, and `length` more is within `minimum`.
fn fitting(module: &WasmModule<'_>, offset: &ConstantExpression, length: u64, minimum: u64) -> Option<u64> {
    let start = match constant(module, offset)? {
        Constant::I32(start) => u64::from(start as u32),
        Constant::I64(start) => start as u64,
        _ => return None,
    };
    (start.checked_add(length)? <= minimum).then_some(start)
}

/// The value of an expression that is one constant, or an immutable global that is.
fn constant(module: &WasmModule<'_>, expression: &ConstantExpression) -> Option<Constant> {
    match expression.as_ref() {
        [Constant::GlobalGet(global)] => {
            let global = &module.globals[*global as usize];
            // Globals refer to earlier ones only, so this ends; one level is what compilers make.
            match global.initial.as_deref() {
                Some([value]) if !global.is_mutable && !matches!(value, Constant::GlobalGet(_)) => Some(*value),
                _ => None,
            }
        }
        [value] => Some(*value),
        _ => None,
    }
}

impl Images {
    /// Adds the image that `placed` makes; `None` if it would be too large.
    fn add(&mut self, placed: &[Placed<'_>], page_bytes: u64) -> Option<Image> {
        let page_down = |address: u64| address / page_bytes * page_bytes;
        // Zeros at either end need no pages: memory starts as zeros.
        let not_zero = |segment: &Placed<'_>| {
            let first = segment.bytes.iter().position(|byte| *byte != 0)? as u64;
            let last = segment.bytes.iter().rposition(|byte| *byte != 0)? as u64;
            Some((segment.address + first, segment.address + last))
        };
        let Some(start) = placed.iter().filter_map(not_zero).map(|(first, _)| page_down(first)).min() else {
            return Some(Image::default());
        };
        let end = placed.iter().filter_map(not_zero).map(|(_, last)| page_down(last) + page_bytes).max()?;
        let data_bytes = placed.iter().map(|segment| segment.bytes.len() as u64).sum();
        if end - start > span_max(data_bytes) {
            return None;
        }
        let offset_bytes = self.bytes.len() as u64;
        let image = Image { address: start, offset_bytes, length_bytes: end - start };
        self.bytes.resize((offset_bytes + image.length_bytes) as usize, 0);
        let pages = &mut self.bytes[offset_bytes as usize..];
        for segment in placed {
            copy(pages, segment, start);
        }
        Some(image)
    }
}

/// Copies what of `segment` lies in `pages`, which start at `start`; what does not is zeros.
fn copy(pages: &mut [u8], segment: &Placed<'_>, start: u64) {
    let skipped = start.saturating_sub(segment.address).min(segment.bytes.len() as u64) as usize;
    let at = segment.address.saturating_sub(start).min(pages.len() as u64) as usize;
    let length = (segment.bytes.len() - skipped).min(pages.len() - at);
    pages[at..at + length].copy_from_slice(&segment.bytes[skipped..skipped + length]);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn image(placed: &[Placed<'_>]) -> (Option<Image>, Vec<u8>) {
        let mut images = Images::default();
        let image = images.add(placed, 4096);
        (image, images.bytes)
    }

    #[test]
    fn an_image_spans_the_pages_that_are_not_zero() {
        let zeros = vec![0; 10000];
        let (image, bytes) = image(&[
            Placed { address: 0, bytes: &zeros },
            Placed { address: 9000, bytes: b"late" },
            Placed { address: 9002, bytes: b"T" },
        ]);
        let image = image.unwrap();
        assert_eq!((image.address, image.length_bytes), (8192, 4096));
        assert_eq!(&bytes[9000 - 8192..][..4], b"laTe");
    }

    #[test]
    fn a_later_segment_of_zeros_overwrites() {
        let (image, bytes) =
            image(&[Placed { address: 4000, bytes: &[7; 200] }, Placed { address: 4090, bytes: &[0; 20] }]);
        assert_eq!(image.unwrap().length_bytes, 8192);
        assert_eq!((bytes[4089], bytes[4090], bytes[4109], bytes[4110]), (7, 0, 0, 7));
    }

    #[test]
    fn gaps_are_capped_and_nothing_is_no_image() {
        assert!(image(&[Placed { address: 0, bytes: b"a" }, Placed { address: 1 << 24, bytes: b"b" }]).0.is_none());
        assert_eq!(image(&[]).0.unwrap().length_bytes, 0);
        assert_eq!(image(&[Placed { address: 5, bytes: &[0; 3] }]).0.unwrap().length_bytes, 0);
    }
}
