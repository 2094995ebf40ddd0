//! Rounding, for CPUs whose baseline has no instruction for it. By arithmetic alone: the standard library would call
//! the C library's mathematics, which a C program would then have to link.

macro_rules! rounding {
    ($float:ident: $nearest:ident $trunc:ident $floor:ident $ceil:ident) => {
        /// To the nearest integer, ties to even.
        pub(super) extern "C" fn $nearest(value: $float) -> $float {
            // From 2^(precision - 1) on each value is an integer; adding that and taking it away again rounds a smaller
            // one as the CPU rounds, to nearest.
            const INTEGERS: $float = (1_u64 << ($float::MANTISSA_DIGITS - 1)) as $float;
            let magnitude = value.abs();
            if magnitude < INTEGERS {
                // The zero of a small negative value is negative.
                ((magnitude + INTEGERS) - INTEGERS).copysign(value)
            } else if value.is_nan() {
                // Made quiet by its bits: the optimizer may take any arithmetic with a NaN for the NaN itself.
                $float::from_bits(value.to_bits() | 1 << ($float::MANTISSA_DIGITS - 2))
            } else {
                value
            }
        }

        /// Towards zero.
        pub(super) extern "C" fn $trunc(value: $float) -> $float {
            let nearest = $nearest(value).abs();
            let magnitude = if nearest > value.abs() { nearest - 1.0 } else { nearest };
            magnitude.copysign(value)
        }

        /// Downwards.
        pub(super) extern "C" fn $floor(value: $float) -> $float {
            let nearest = $nearest(value);
            if nearest > value { (nearest - 1.0).copysign(value) } else { nearest }
        }

        /// Upwards.
        pub(super) extern "C" fn $ceil(value: $float) -> $float {
            let nearest = $nearest(value);
            if nearest < value { (nearest + 1.0).copysign(value) } else { nearest }
        }
    };
}

rounding!(f32: nearest_f32 trunc_f32 floor_f32 ceil_f32);
rounding!(f64: nearest_f64 trunc_f64 floor_f64 ceil_f64);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rounding_agrees_with_the_standard_library() {
        let mut values = vec![0.0, -0.0, 0.5, 1.5, 2.5, -0.5, -1.5, 0.49999999999999994, 4503599627370495.5, 8388607.5];
        values.extend([f64::MAX, f64::MIN_POSITIVE, f64::INFINITY, 1e-310, 8388608.5, 16777217.0, 4503599627370497.5]);
        let mut state = 1_u64;
        for _ in 0..100_000 {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            values.push(f64::from_bits(state));
            values.push((state >> 11) as f64 / f64::from(1 << 20));
        }
        for value in values.iter().flat_map(|value| [*value, -value]) {
            if !value.is_nan() {
                assert_eq!(nearest_f64(value).to_bits(), value.round_ties_even().to_bits(), "{value:e}");
                assert_eq!(trunc_f64(value).to_bits(), value.trunc().to_bits(), "{value:e}");
                assert_eq!(floor_f64(value).to_bits(), value.floor().to_bits(), "{value:e}");
                assert_eq!(ceil_f64(value).to_bits(), value.ceil().to_bits(), "{value:e}");
                let value = value as f32;
                assert_eq!(nearest_f32(value).to_bits(), value.round_ties_even().to_bits(), "{value:e}");
                assert_eq!(trunc_f32(value).to_bits(), value.trunc().to_bits(), "{value:e}");
                assert_eq!(floor_f32(value).to_bits(), value.floor().to_bits(), "{value:e}");
                assert_eq!(ceil_f32(value).to_bits(), value.ceil().to_bits(), "{value:e}");
            }
        }
    }

    #[test]
    fn nans_become_quiet() {
        let signaling = f32::from_bits(0xffa0_0000);
        for round in [nearest_f32, trunc_f32, floor_f32, ceil_f32] {
            assert_eq!(round(signaling).to_bits(), 0xffe0_0000);
        }
        let signaling = f64::from_bits(0x7ff4_0000_0000_0000);
        for round in [nearest_f64, trunc_f64, floor_f64, ceil_f64] {
            assert_eq!(round(signaling).to_bits(), 0x7ffc_0000_0000_0000);
        }
    }
}
