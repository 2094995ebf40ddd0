//! Copies from segments: to tables and memories, bounds checked first.

use wasmc_contract::metadata::segment_mode;

use super::InstanceData;

impl InstanceData {
    /// `memory.init`; `None`, and nothing done, if either side is out of bounds.
    pub(crate) fn initialise_memory(
        &self,
        memory: u32,
        segment: u32,
        destination: u64,
        source: u64,
        length: u64,
    ) -> Option<()> {
        let inner = &*self.image.inner;
        let record = inner.metadata.data_segments.at(segment as usize)?;
        let is_empty = self.dropped_data.get(segment as usize)?.get() || record.mode == segment_mode::DONE;
        let bytes = if is_empty {
            &[][..]
        } else {
            let start = usize::try_from(record.data_offset_bytes).ok()?;
            inner.data.get(start..)?.get(..usize::try_from(record.data_length_bytes).ok()?)?
        };
        let bytes = bytes.get(usize::try_from(source).ok()?..)?.get(..usize::try_from(length).ok()?)?;
        let to = self.memory(memory)?.range(destination, length)?;
        // SAFETY: the range is accessible; the image's bytes are apart from any memory.
        unsafe { std::ptr::copy_nonoverlapping(bytes.as_ptr(), to, bytes.len()) };
        Some(())
    }

    /// `table.init`; `None`, and nothing done, if either side is out of bounds (or the artifact's elements are no
    /// references, in which case some may have been copied).
    pub(crate) fn initialise_table(
        &self,
        table: u32,
        segment: u32,
        destination: u64,
        source: u64,
        length: u64,
    ) -> Option<()> {
        let inner = &*self.image.inner;
        let record = inner.metadata.element_segments.at(segment as usize)?;
        let is_empty = self.dropped_elements.get(segment as usize)?.get() || record.mode == segment_mode::DONE;
        let available = if is_empty { 0 } else { u64::from(record.elements) };
        if source.checked_add(length)? > available {
            return None;
        }
        let to = self.table(table)?.range(destination, length)?;
        let value_type = inner.types().value(record.element_type)?;
        let elements =
            inner.metadata.constants.slice(record.first_element as usize + source as usize, length as usize)?;
        for (offset, element) in elements.iter().enumerate() {
            let value = self.element(&element, value_type)?;
            // SAFETY: the range is of elements.
            unsafe { *to.add(offset) = value };
        }
        Some(())
    }
}
