//! Fixed-size little-endian records, read in place from bytes that may be hostile.
//!
//! Nothing is decoded up front: a list stays the bytes it was mapped from, and one record is read when it is asked
//! for. Reading cannot fail once the list's length is known, and the list's length is checked when it is made.

/// A record of fixed size that can be read from and written to bytes.
pub trait Record: Sized + Copy {
    /// The record's size in bytes.
    const SIZE: usize;

    /// Reads the record from the start of `bytes`, or `None` if they are too few.
    fn read(bytes: &[u8]) -> Option<Self>;

    /// Gives the record's bytes, in order, to `sink`.
    fn write(&self, sink: &mut impl FnMut(&[u8]));
}

macro_rules! integer_records {
    ($($integer:ty),*) => {$(
        impl Record for $integer {
            const SIZE: usize = size_of::<$integer>();

            #[inline]
            fn read(bytes: &[u8]) -> Option<Self> {
                Some(<$integer>::from_le_bytes(*bytes.first_chunk()?))
            }

            fn write(&self, sink: &mut impl FnMut(&[u8])) {
                sink(&self.to_le_bytes());
            }
        }
    )*};
}

integer_records!(u8, u16, u32, u64, i32, i64);

/// Defines a `#[repr(C)]` record of integer or record fields, with no padding allowed.
#[macro_export]
macro_rules! record {
    ($(#[$meta:meta])* pub struct $name:ident { $($(#[$field_meta:meta])* pub $field:ident: $type:ty,)* }) => {
        $(#[$meta])*
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
        #[repr(C)]
        pub struct $name { $($(#[$field_meta])* pub $field: $type,)* }

        impl $crate::record::Record for $name {
            const SIZE: usize = 0 $(+ <$type as $crate::record::Record>::SIZE)*;

            #[inline]
            fn read(bytes: &[u8]) -> Option<Self> {
                let mut at = 0;
                let record = Self { $($field: {
                    let value = <$type as $crate::record::Record>::read(bytes.get(at..)?)?;
                    at += <$type as $crate::record::Record>::SIZE;
                    value
                },)* };
                debug_assert_eq!(at, Self::SIZE);
                Some(record)
            }

            fn write(&self, sink: &mut impl FnMut(&[u8])) {
                $(self.$field.write(sink);)*
            }
        }

        // A record's bytes and its layout in memory are one and the same.
        const _: () = assert!(core::mem::size_of::<$name>() == <$name as $crate::record::Record>::SIZE);
    };
}

/// A list of records lying one after the other in `bytes`.
#[derive(Clone, Copy, Debug)]
pub struct Records<'a, T> {
    bytes: &'a [u8],
    kind: core::marker::PhantomData<T>,
}

impl<T> Default for Records<'_, T> {
    fn default() -> Self {
        Self { bytes: &[], kind: core::marker::PhantomData }
    }
}

impl<'a, T: Record> Records<'a, T> {
    /// The records that fill `bytes`, or `None` if the length is not a multiple of the record's size.
    #[inline]
    pub fn new(bytes: &'a [u8]) -> Option<Self> {
        bytes.len().is_multiple_of(T::SIZE).then_some(Self { bytes, kind: core::marker::PhantomData })
    }

    /// How many records there are.
    #[inline]
    pub fn len(&self) -> usize {
        self.bytes.len() / T::SIZE
    }

    /// Whether there are none.
    #[inline]
    pub fn is_empty(&self) -> bool {
        self.bytes.is_empty()
    }

    /// The record at `index`, or `None` past the end.
    #[inline]
    pub fn at(&self, index: usize) -> Option<T> {
        T::read(self.bytes.get(index.checked_mul(T::SIZE)?..)?)
    }

    /// `count` records from `start`, or `None` if they reach past the end.
    #[inline]
    pub fn slice(&self, start: usize, count: usize) -> Option<Self> {
        let bytes = self.bytes.get(start.checked_mul(T::SIZE)?..)?.get(..count.checked_mul(T::SIZE)?)?;
        Some(Self { bytes, kind: core::marker::PhantomData })
    }

    /// All records in order.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = T> + Clone + use<'a, T> {
        let bytes = self.bytes;
        bytes.chunks_exact(T::SIZE).map(|chunk| {
            // A chunk has exactly the record's size.
            T::read(chunk).expect("a whole record")
        })
    }

    /// The number of records for which `is_before` holds, given that those come first.
    pub fn partition_point(&self, mut is_before: impl FnMut(T) -> bool) -> usize {
        let (mut low, mut high) = (0, self.len());
        while low < high {
            let middle = low + (high - low) / 2;
            match self.at(middle) {
                Some(record) if is_before(record) => low = middle + 1,
                _ => high = middle,
            }
        }
        low
    }
}

#[cfg(test)]
#[expect(unreachable_pub, reason = "the macro defines public records only")]
mod tests {
    use super::*;

    record! {
        /// A sample.
        pub struct Sample {
            /// First.
            pub first: u32,
            /// Second.
            pub second: u32,
        }
    }

    #[test]
    fn a_list_is_read_in_place() {
        let bytes = [1, 0, 0, 0, 2, 0, 0, 0, 3, 0, 0, 0, 4, 0, 0, 0];
        let list = Records::<Sample>::new(&bytes).unwrap();
        assert_eq!(list.len(), 2);
        assert_eq!(list.at(1), Some(Sample { first: 3, second: 4 }));
        assert_eq!(list.at(2), None);
        assert_eq!(list.partition_point(|sample| sample.first < 2), 1);
        assert!(Records::<Sample>::new(&bytes[1..]).is_none());
        assert!(list.slice(1, 2).is_none());
    }
}
