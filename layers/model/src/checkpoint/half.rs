//! IEEE 754 half precision, the format of the published weights.

/// The value of a half-precision number; every one is exact in single precision.
pub(super) fn widen(bits: u16) -> f32 {
    let sign = u32::from(bits & 0x8000) << 16;
    let exponent = u32::from(bits >> 10 & 0x1f);
    let fraction = u32::from(bits & 0x3ff);
    match exponent {
        // Subnormal: a multiple of 2⁻²⁴; the fraction has 10 bits, so the product is exact.
        0 => f32::from_bits(sign | (f32::from(bits & 0x3ff) * 2_f32.powi(-24)).to_bits()),
        0x1f => f32::from_bits(sign | 0x7f80_0000 | fraction << 13),
        _ => f32::from_bits(sign | (exponent + 112) << 23 | fraction << 13),
    }
}

#[cfg(test)]
mod tests {
    use super::widen;

    #[test]
    fn every_finite_number_is_its_fraction_times_its_power_of_two() {
        for bits in 0..=u16::MAX {
            let (exponent, fraction) = (i32::from(bits >> 10 & 0x1f), f64::from(bits & 0x3ff));
            if exponent == 0x1f {
                continue;
            }
            let magnitude = match exponent {
                0 => fraction * 2_f64.powi(-24),
                _ => (1024.0 + fraction) * 2_f64.powi(exponent - 25),
            };
            let expected = if bits & 0x8000 == 0 { magnitude } else { -magnitude };
            assert_eq!(f64::from(widen(bits)), expected, "{bits:#06x}");
        }
    }

    #[test]
    fn infinities_and_not_a_number_stay_what_they_are() {
        assert_eq!(widen(0x7c00), f32::INFINITY);
        assert_eq!(widen(0xfc00), f32::NEG_INFINITY);
        assert!(widen(0x7e00).is_nan());
        assert!(widen(0x8000).is_sign_negative());
    }
}
